import { protocolError } from '../errors.ts';

const TEXT = /^[0-9A-Za-z_-]+$/;

/** Letters and digits in a field of fixed size, filled up with zero bytes. */
export function encodeText(text: string, bytes: number): Uint8Array {
  if (text.length > bytes || !TEXT.test(text)) {
    throw protocolError('frame.bad_value', `up to ${bytes} letters and digits`, { text: text.slice(0, 64) });
  }
  const field = new Uint8Array(bytes);
  field.set(new TextEncoder().encode(text));
  return field;
}

export function decodeText(field: Uint8Array): string {
  const text = tryText(field);
  if (text === null) throw protocolError('frame.bad_payload', 'not letters and digits filled up with zeros');
  return text;
}

/** Null when the field is not such a text. */
export function tryText(field: Uint8Array): string | null {
  const end = field.findLastIndex((byte) => byte !== 0) + 1;
  const text = String.fromCharCode(...field.subarray(0, end));
  return TEXT.test(text) ? text : null;
}
