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

/** Letters, digits, `_` and `-` by their byte; empty for any other. */
const CHARACTERS = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return TEXT.test(character) ? character : '';
});

/** Null when the field is not such a text. */
export function tryText(field: Uint8Array): string | null {
  let end = field.length;
  while (end > 0 && field[end - 1] === 0) end--;
  let text = '';
  for (let at = 0; at < end; at++) {
    const character = CHARACTERS[field[at] ?? 0];
    if (!character) return null;
    text += character;
  }
  return end === 0 ? null : text;
}
