import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { concatBytes, type ZonedParts } from '@openprepay/kernel';

/*
 * What an Acrel gateway and its server say to each other over `1F1F`. Written apart from @openprepay/protocols, so that each
 * checks the other.
 */

export const TYPE = { auth: 1, heartbeat: 2, data: 3, zippedData: 4, downlink: 0xf1, answer: 0xf2 } as const;

const HEADER_BYTES = 7;
/** More than a server has to say at once. */
const DATA_BYTES_MOST = 64 * 1024;

export interface GatewayFrame {
  readonly type: number;
  readonly data: Buffer;
}

/** `1F 1F | type | length, 4 bytes, high first | data`. */
export function gatewayFrame(type: number, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.set([0x1f, 0x1f, type]);
  header.writeUInt32BE(data.length, 3);
  return concatBytes(header, data);
}

/** Cuts the server's bytes into frames; null once nothing can be understood any more. */
export function createGatewayCutter(): (chunk: Uint8Array) => readonly GatewayFrame[] | null {
  let waiting: Buffer = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    const frames: GatewayFrame[] = [];
    while (waiting.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + waiting.readUInt32BE(3);
      if (waiting.readUInt16BE(0) !== 0x1f1f || end > DATA_BYTES_MOST) return null;
      if (waiting.length < end) break;
      frames.push({ type: waiting[2] ?? 0, data: waiting.subarray(HEADER_BYTES, end) });
      waiting = waiting.subarray(end);
    }
    return frames;
  };
}

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

function message(gatewayId: string, type: string, body: string): Buffer {
  const common = `<common><building_id>MARKET</building_id><gateway_id>${gatewayId}</gateway_id><type>${type}</type></common>`;
  return utf8(`<?xml version="1.0" encoding="UTF-8"?>\n<root>${common}${body}</root>\n`);
}

export const authRequest = (gatewayId: string): Uint8Array =>
  gatewayFrame(TYPE.auth, message(gatewayId, 'id_validate', '<id_validate operation="request"/>'));

/** The server's sequence, answered: MD5 of secret and sequence. */
export function authAnswer(gatewayId: string, secret: string, sequence: string): Uint8Array {
  const md5 = createHash('md5').update(`${secret}${sequence}`).digest('hex');
  const body = `<id_validate operation="md5"><md5>${md5}</md5></id_validate>`;
  return gatewayFrame(TYPE.auth, message(gatewayId, 'id_validate', body));
}

export const heartbeat = (gatewayId: string): Uint8Array =>
  gatewayFrame(TYPE.heartbeat, message(gatewayId, 'heart_beat', '<heart_beat operation="notify"/>'));

/** What the server says when it authenticates. */
export function authStep(data: Buffer): { readonly sequence?: string; readonly passed?: boolean } {
  const text = data.toString('utf8');
  const [, sequence] = /<sequence>\s*([^<]+?)\s*<\/sequence>/.exec(text) ?? [];
  const [, result] = /<result>\s*(\w+)\s*<\/result>/.exec(text) ?? [];
  return { ...(sequence !== undefined && { sequence }), ...(result !== undefined && { passed: result === 'pass' }) };
}

/** A meter in a report; ticks are hundredths of a kWh or m³. */
export interface ReportedMeter {
  readonly id: string;
  readonly functions: Readonly<Record<string, number>>;
}

export interface GatewayReport {
  readonly gatewayId: string;
  readonly local: ZonedParts;
  readonly meters: readonly ReportedMeter[];
  readonly zipped: boolean;
}

/** A report under the secret: the XML, squeezed where the gateway does so, sealed. */
export function reportFrame({ gatewayId, local, meters, zipped }: GatewayReport, secret: string): Uint8Array {
  const two = (value: number) => String(value).padStart(2, '0');
  const { year, month, day, hour, minute, second } = local;
  const time = `${year}${[month, day, hour, minute, second].map(two).join('')}`;
  const body = meters.map(({ id, functions }) => {
    const values = Object.entries(functions).map(
      ([name, ticks]) => `<function id="${name}" error="0">${Math.floor(ticks / 100)}.${two(ticks % 100)}</function>`,
    );
    return `<meter id="${id}">${values.join('')}</meter>`;
  });
  const xml = message(gatewayId, 'data', `<data operation="report"><time>${time}</time>${body.join('')}</data>`);
  const sealed = seal(zipped ? deflateSync(xml) : xml, secret);
  return gatewayFrame(zipped ? TYPE.zippedData : TYPE.data, sealed);
}

/** `port 2 digits, address 3 digits | RTU frame in hexadecimal`; null when it is not sealed with this secret. */
export function openDownlink(data: Buffer, secret: string): { port: string; id: string; bytes: Uint8Array } | null {
  let text: string;
  try {
    const decipher = createDecipheriv('aes-128-cbc', secret, secret);
    text = Buffer.concat([decipher.update(data), decipher.final()]).toString('latin1');
  } catch {
    return null;
  }
  const [, port, address, hex] = /^(\d\d)(\d\d\d)\|((?:[0-9A-Fa-f]{2})+)$/.exec(text) ?? [];
  if (port === undefined || hex === undefined) return null;
  return { port: String(Number(port)), id: `${port}${address}`, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) };
}

export const answerFrame = (id: string, bytes: Uint8Array, secret: string): Uint8Array =>
  gatewayFrame(TYPE.answer, seal(utf8(`${id}|${Buffer.from(bytes).toString('hex')}`), secret));

/** AES-128-CBC; the secret is key and initialisation vector alike. */
function seal(plain: Uint8Array, secret: string): Buffer {
  const cipher = createCipheriv('aes-128-cbc', secret, secret);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}
