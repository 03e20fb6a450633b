import { protocolError } from '../errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_TEXT_CHARACTERS = 256;

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
