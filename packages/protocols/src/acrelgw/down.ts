import { protocolError } from '../errors.ts';
import { formatCompactClock, parseCompactClock } from '../named-values.ts';
import { decodeUtf8 } from '../secure.ts';
import { encodeFrame, GW_TYPE, type GwFrame } from './frame.ts';
import type { GwDown } from './messages.ts';
import { commonOf, identityIn } from './report.ts';
import { decodeTransparent, encodeTransparent, seal, unseal } from './sealed.ts';
import { plainXml, validation } from './up.ts';
import { childOf, parseXml, textIn, type XmlElement, xml } from './xml.ts';

/** The server's side. @throws frame.bad_value, frame.too_long, frame.not_decrypted without a secret where one is needed */
export function encodeDown(message: GwDown, secret: string | null): Uint8Array {
  switch (message.kind) {
    case 'auth_sequence': {
      const sequence = validation(message, 'sequence', xml('sequence', {}, message.sequence));
      return encodeFrame({ type: GW_TYPE.auth, data: plainXml(sequence) });
    }
    case 'auth_result': {
      const result = validation(message, 'result', xml('result', {}, message.passed ? 'pass' : 'fail'));
      return encodeFrame({ type: GW_TYPE.auth, data: plainXml(result) });
    }
    case 'heartbeat_time': {
      const time = xml('heart_beat', { operation: 'time' }, xml('time', {}, formatCompactClock(message.local)));
      const root = xml('root', {}, commonOf(message, 'heart_beat'), time);
      return encodeFrame({ type: GW_TYPE.heartbeat, data: plainXml(root) });
    }
    case 'transparent':
      return encodeFrame({ type: GW_TYPE.downlink, data: seal(encodeTransparent(message), secret) });
  }
}

/** @throws frame.unknown_function, frame.not_decrypted, frame.bad_payload, frame.too_long, frame.bad_value for a secret that is no key */
export function decodeDown({ type, data }: GwFrame, secret: string | null): GwDown {
  switch (type) {
    case GW_TYPE.auth:
      return decodeAuth(parseXml(decodeUtf8(data)));
    case GW_TYPE.heartbeat: {
      const root = parseXml(decodeUtf8(data));
      const local = parseCompactClock(textIn(childOf(root, 'heart_beat'), 'time') ?? '');
      if (local === null) throw protocolError('frame.bad_payload', 'no time in the answer to a heartbeat');
      return { kind: 'heartbeat_time', ...identityIn(root), local };
    }
    case GW_TYPE.downlink:
      return decodeTransparent(unseal(data, secret));
    default:
      throw protocolError('frame.unknown_function', 'no such type from a server', { type });
  }
}

function decodeAuth(root: XmlElement): GwDown {
  const identity = identityIn(root);
  const validate = childOf(root, 'id_validate');
  const operation = validate?.attributes.get('operation');
  const sequence = textIn(validate, 'sequence');
  const result = textIn(validate, 'result');
  if (operation === 'sequence' && sequence !== null) return { kind: 'auth_sequence', ...identity, sequence };
  if (operation === 'result' && result !== null) return { kind: 'auth_result', ...identity, passed: result === 'pass' };
  throw protocolError('frame.bad_payload', 'neither a sequence nor a result of an authentication', { operation });
}
