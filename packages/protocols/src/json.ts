import { protocolError } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_TEXT_CHARACTERS = 256;
const MAX_JSON_CHARACTERS = 1 << 20;
/** Deeper than any message of a device or platform, and far from what a recursive reader can follow. */
const MAX_DEPTH = 16;

/**
 * JSON text, or its bytes in UTF-8. An integer beyond 2^53 comes as the text of its digits, since as a number it would
 * lose its last ones. @throws frame.bad_payload, frame.too_long
 */
export function parseJson(input: Uint8Array | string): unknown {
  if (input.length > MAX_JSON_CHARACTERS)
    throw protocolError('frame.too_long', `over ${MAX_JSON_CHARACTERS} bytes of JSON`);
  try {
    const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true }).decode(input);
    if (depthOf(text) <= MAX_DEPTH) return JSON.parse(text, keepDigits);
  } catch {
    throw protocolError('frame.bad_payload', 'not JSON');
  }
  throw protocolError('frame.bad_payload', `JSON nested over ${MAX_DEPTH} deep`);
}

function keepDigits(_name: string, value: unknown, ...context: readonly { readonly source?: string }[]): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context[0]?.source ?? '';
  return /^-?\d+$/.test(source) ? source : value;
}

/** Brackets inside of strings do not count. One pass by hand: an expression would go back over hostile text. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '"') quoted = !quoted;
    else if (quoted) at += mark === '\\' ? 1 : 0;
    else if (mark === '{' || mark === '[') deepest = Math.max(deepest, ++depth);
    else if (mark === '}' || mark === ']') depth--;
  }
  return deepest;
}

/**
 * The text of one member of an object, as the sender wrote it: what is signed is the text, and 23.0 is not 23.
 * @param text an object that `parseJson` took
 */
export function memberText(text: string, name: string): string | null {
  let depth = 0;
  let from = -1;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '"') {
      const end = endOfString(text, at);
      const [colon] = /^\s*:/.exec(text.slice(end, end + 16)) ?? [];
      if (depth === 1 && from < 0 && colon && text.slice(at, end) === `"${name}"`) from = end + colon.length;
      at = end - 1;
    } else if (mark === '{' || mark === '[') depth++;
    else if (mark === '}' || mark === ']') depth--;
    if (from >= 0 && (depth === 0 || (depth === 1 && text[at] === ','))) return text.slice(from, at).trim();
  }
  return null;
}

/** After the closing quote. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws frame.bad_payload */
export function objectOf(value: unknown, name: string): JsonObject {
  if (!isObject(value)) throw protocolError('frame.bad_payload', `${name} is not an object`);
  return value;
}

/** An id, which the platform sends as text or as a number. @throws frame.bad_payload */
export function idOf(object: JsonObject, name: string): string {
  const text = textOf(object, name);
  if (text === null) throw protocolError('frame.bad_payload', `${name} is missing`);
  return text;
}

/** Null for what the platform sends in place of nothing: absent, empty, -1, or the word "undefined". */
export function textOf(object: JsonObject, name: string): string | null {
  const value = object[name];
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (text === undefined || text === null || text === '' || text === '-1' || text === 'undefined') return null;
  if (typeof text !== 'string' || text.length > MAX_TEXT_CHARACTERS) {
    throw protocolError('frame.bad_payload', `${name} is no text of at most ${MAX_TEXT_CHARACTERS} characters`);
  }
  return text;
}

/** @throws frame.bad_payload */
export function integerOf(object: JsonObject, name: string): number {
  const value = object[name];
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw protocolError('frame.bad_payload', `${name} is no integer`);
  }
  return number;
}

/** JSON with sorted names, so that equal contents are equal text; bytes as hexadecimal, instants as their text. */
export function canonicalJson(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('hex'));
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(',')}}`;
}
