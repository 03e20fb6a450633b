import { isProtocolError, protocolError } from '../errors.ts';
import { decodeUtf8, deflate, inflate } from '../secure.ts';
import { encodeFrame, GW_TYPE, type GwFrame } from './frame.ts';
import type { GwIdentity, GwUp } from './messages.ts';
import { commonOf, decodeReport, encodeReport, identityIn } from './report.ts';
import { decodeTransparent, encodeTransparent, seal, unseal } from './sealed.ts';
import { childOf, parseXml, renderXml, textIn, type XmlElement, xml } from './xml.ts';

/** A report of 256 KiB that was squeezed to a fourth: more than a gateway has meters for. */
export const MAX_XML_BYTES = 1 << 20;

/** The gateway's side. @throws frame.bad_value, frame.too_long, frame.not_decrypted without a secret where one is needed */
export function encodeUp(message: GwUp, secret: string | null): Uint8Array {
  switch (message.kind) {
    case 'auth_request':
      return encodeFrame({ type: GW_TYPE.auth, data: plainXml(validation(message, 'request')) });
    case 'auth_answer': {
      const answer = validation(message, 'md5', xml('md5', {}, message.md5));
      return encodeFrame({ type: GW_TYPE.auth, data: plainXml(answer) });
    }
    case 'heartbeat': {
      const notify = xml('heart_beat', { operation: 'notify' });
      const root = xml('root', {}, commonOf(message, 'heart_beat'), notify);
      return encodeFrame({ type: GW_TYPE.heartbeat, data: plainXml(root) });
    }
    case 'report': {
      const text = plainXml(encodeReport(message));
      const type = message.zipped ? GW_TYPE.zippedData : GW_TYPE.data;
      return encodeFrame({ type, data: seal(message.zipped ? deflate(text) : text, secret) });
    }
    case 'transparent':
      return encodeFrame({ type: GW_TYPE.answer, data: seal(encodeTransparent(message), secret) });
    case 'other':
      return encodeFrame(message);
  }
}

/**
 * What a frame from the gateway says.
 * @param secret the 16 characters shared with this gateway; null where none is known, which is enough for authentication and heartbeat
 * @throws frame.not_decrypted, frame.bad_payload, frame.too_long, frame.not_supported, frame.bad_value for a secret that is no key
 */
export function decodeUp({ type, data }: GwFrame, secret: string | null): GwUp {
  switch (type) {
    case GW_TYPE.auth:
      return decodeAuth(parseXml(decodeUtf8(data)));
    case GW_TYPE.heartbeat:
      return { kind: 'heartbeat', ...identityOfHeartbeat(data) };
    case GW_TYPE.data:
      return { ...decodeReport(parseXml(decodeUtf8(unseal(data, secret)))), zipped: false };
    case GW_TYPE.zippedData: {
      const text = decodeUtf8(inflate(unseal(data, secret), MAX_XML_BYTES));
      return { ...decodeReport(parseXml(text)), zipped: true };
    }
    case GW_TYPE.answer:
      return decodeTransparent(unseal(data, secret));
    default:
      return { kind: 'other', type, data };
  }
}

const NOBODY: GwIdentity = { buildingId: '', gatewayId: '' };

/** The connection says whose it is. What a heartbeat has inside is not published, and must not cost the gateway its life sign. */
function identityOfHeartbeat(data: Uint8Array): GwIdentity {
  try {
    return identityIn(parseXml(decodeUtf8(data)));
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return NOBODY;
  }
}

function decodeAuth(root: XmlElement): GwUp {
  const identity = identityIn(root);
  const validate = childOf(root, 'id_validate');
  const operation = validate?.attributes.get('operation');
  if (operation === 'request') return { kind: 'auth_request', ...identity };
  const md5 = textIn(validate, 'md5');
  if (operation === 'md5' && md5 !== null && /^[0-9A-Fa-f]{32}$/.test(md5))
    return { kind: 'auth_answer', ...identity, md5 };
  throw protocolError('frame.bad_payload', 'neither a request to be authenticated nor an answer in MD5', { operation });
}

/** The step of an authentication: `request`, `sequence`, `md5`, `result`. */
export const validation = (identity: GwIdentity, operation: string, ...contents: readonly XmlElement[]): XmlElement =>
  xml('root', {}, commonOf(identity, 'id_validate'), xml('id_validate', { operation, version: '2' }, ...contents));

export const plainXml = (root: XmlElement): Uint8Array => new TextEncoder().encode(renderXml(root));
