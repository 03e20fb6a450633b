import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';

/** How a serial-to-network modem (DTU) says which one it is, and what it sends to stay connected. */
export interface DtuConvention {
  readonly name: string;
  /**
   * The registration: a pattern, so many bytes of any kind, or exact bytes that have a key of their own.
   * A pattern is text with one group that is the key: `LOGIN:(\w{1,32})`, `(\d{15})`, `<([0-9A-F]{4,20})>`. Of regular
   * expressions it has this much and no more: a stream needs an end that does not depend on how the bytes are cut.
   */
  readonly register:
    | { readonly pattern: string }
    | { readonly bytes: number }
    | { readonly hex: string; readonly key: string };
  /** Once, when it connects, or in front of every packet, the first one included. */
  readonly on: 'connect' | 'every_packet';
  /** Exact bytes in hexadecimal that it sends to be seen alive. They are taken out wherever they stand. */
  readonly heartbeats: readonly string[];
}

/** Modems take up to 80 bytes. */
export const MAX_MARK_BYTES = 80;
/** What is taken out of the middle of a stream must not be found in a meter's frame by chance. */
const MIN_MARK_BYTES = 4;
const MAX_HEARTBEATS = 8;

/** The registration as something to be recognised byte by byte: what stands before the key, the key, what stands after. */
export interface Registration {
  readonly before: Uint8Array;
  readonly isKeyByte: (byte: number) => boolean;
  readonly minKeyBytes: number;
  readonly maxKeyBytes: number;
  readonly after: Uint8Array;
  readonly keyOf: (bytes: Uint8Array) => string;
  /** The bytes of a key, or null when it has no such key. */
  readonly bytesOf: (key: string) => Uint8Array | null;
}

export interface CompiledConvention {
  readonly name: string;
  readonly registration: Registration;
  readonly on: DtuConvention['on'];
  readonly heartbeats: readonly Uint8Array[];
}

const PATTERN =
  /^\^?([^()\\[\]{}^$]*)\((\\d|\\w|\[0-9A-Fa-f\]|\[0-9A-F\])\{(\d{1,2})(?:,(\d{1,2}))?\}\)([^()\\[\]{}^$]*)\$?$/;
const KEY_BYTES: Readonly<Record<string, RegExp>> = {
  '\\d': /^\d$/,
  '\\w': /^\w$/,
  '[0-9A-F]': /^[0-9A-F]$/,
  '[0-9A-Fa-f]': /^[0-9A-Fa-f]$/,
};
const NOTHING = new Uint8Array(0);

const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** @throws frame.bad_value for a convention that could not be recognised, or would be where it is not */
export function compileConvention(convention: DtuConvention): CompiledConvention {
  const { name, on } = convention;
  const registration = compileRegistration(convention.register);
  const heartbeats = convention.heartbeats.map((hex) => markOf(hex));
  if (heartbeats.length > MAX_HEARTBEATS) throw wrong(`at most ${MAX_HEARTBEATS} heartbeats`);
  const { before, minKeyBytes, maxKeyBytes, after } = registration;
  const least = before.length + minKeyBytes + after.length;
  if (before.length + maxKeyBytes + after.length > MAX_MARK_BYTES)
    throw wrong(`a registration of at most ${MAX_MARK_BYTES} bytes`);
  if (least < MIN_MARK_BYTES) throw wrong(`a registration of at least ${MIN_MARK_BYTES} bytes`);
  return { name, registration, on, heartbeats };
}

function compileRegistration(register: DtuConvention['register']): Registration {
  if ('hex' in register) {
    const { key } = register;
    return {
      before: markOf(register.hex),
      isKeyByte: () => false,
      minKeyBytes: 0,
      maxKeyBytes: 0,
      after: NOTHING,
      keyOf: () => key,
      bytesOf: (wanted) => (wanted === key ? NOTHING : null),
    };
  }
  if ('bytes' in register) {
    const { bytes } = register;
    if (!Number.isInteger(bytes) || bytes < 1) throw wrong('a whole number of bytes');
    return {
      before: NOTHING,
      isKeyByte: () => true,
      minKeyBytes: bytes,
      maxKeyBytes: bytes,
      after: NOTHING,
      keyOf: keyOfAnyBytes,
      bytesOf: (key) => bytesOfAnyKey(key, bytes),
    };
  }
  const [, before = '', kind = '', least = '0', most = least, after = ''] = PATTERN.exec(register.pattern) ?? [];
  const keyByte = KEY_BYTES[kind];
  if (!keyByte || Number(least) < 1 || Number(most) < Number(least)) throw wrong('a pattern such as LOGIN:(\\w{1,32})');
  const isKeyByte = (byte: number) => keyByte.test(String.fromCharCode(byte));
  return {
    before: bytesOf(before),
    isKeyByte,
    minKeyBytes: Number(least),
    maxKeyBytes: Number(most),
    after: bytesOf(after),
    keyOf: asText,
    bytesOf: (key) => {
      const bytes = /^[\x20-\x7e]*$/.test(key) ? bytesOf(key) : NOTHING;
      const fits = bytes.length >= Number(least) && bytes.length <= Number(most);
      return fits && bytes.every(isKeyByte) ? bytes : null;
    },
  };
}

/** Bytes of any kind are a key as text where they are letters and digits, else in hexadecimal. */
const keyOfAnyBytes = (bytes: Uint8Array): string => (/^[\w-]+$/.test(asText(bytes)) ? asText(bytes) : toHex(bytes));

function bytesOfAnyKey(key: string, bytes: number): Uint8Array | null {
  if (key.length === bytes && /^[\w-]+$/.test(key)) return bytesOf(key);
  return key.length === 2 * bytes && /^[0-9a-f]+$/.test(key) ? fromHex(key) : null;
}

/** What the modem sends to register under this key. @throws frame.bad_value when the convention has no such key */
export function encodeRegistration(convention: DtuConvention, key: string): Uint8Array {
  const { before, after, bytesOf: bytesOfKey } = compileConvention(convention).registration;
  const bytes = bytesOfKey(key);
  if (!bytes) throw protocolError('frame.bad_value', 'no key of this convention', { key: key.slice(0, 64) });
  return concatBytes(before, bytes, after);
}

function markOf(hex: string): Uint8Array {
  const bytes = /^(?:[0-9A-Fa-f]{2})+$/.test(hex) ? fromHex(hex) : NOTHING;
  if (bytes.length < MIN_MARK_BYTES || bytes.length > MAX_MARK_BYTES) {
    throw wrong(`${MIN_MARK_BYTES} to ${MAX_MARK_BYTES} bytes in hexadecimal`);
  }
  return bytes;
}

function bytesOf(text: string): Uint8Array {
  if (!/^[\x20-\x7e\r\n]*$/.test(text)) throw wrong('a pattern of plain characters');
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const wrong = (what: string) => protocolError('frame.bad_value', `a DTU convention needs ${what}`);

/**
 * What modems of the usual makes do unless told otherwise: the SIM card's number, the modem's, or a login line. The longer
 * number comes first, since fifteen digits may be the beginning of twenty.
 */
export const DEFAULT_CONVENTIONS: readonly DtuConvention[] = [
  { name: 'iccid', register: { pattern: '([0-9A-F]{20})' }, on: 'connect', heartbeats: [] },
  { name: 'imei', register: { pattern: '(\\d{15})' }, on: 'connect', heartbeats: [] },
  { name: 'login', register: { pattern: 'LOGIN:(\\w{1,32})' }, on: 'connect', heartbeats: [] },
];
