import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import { decodeBcdLowFirst, encodeBcdLowFirst } from '../bcd.ts';
import { protocolError } from '../errors.ts';
import type { Format } from './format.ts';

/**
 * What an item holds: `number` a bigint of 10^-decimals, `digits`, `time` and `text` a string, `bits` a number, `bytes`
 * hexadecimal text, `record` and `list` their parts in order. Null where the wire has FF in every byte: no such phase,
 * no such record.
 */
export type DataValue = bigint | number | string | null | readonly DataValue[];

/** Bytes on the wire; null for a list, which takes all there are. */
export function sizeOf(format: Format): number | null {
  switch (format.kind) {
    case 'time':
      return format.layout.length / 2;
    case 'list':
      return null;
    case 'record':
      return format.fields.reduce<number | null>((sum, [, one]) => {
        const size = sizeOf(one);
        return sum === null || size === null ? null : sum + size;
      }, 0);
    default:
      return format.bytes;
  }
}

/** @param wire exactly the item's bytes @throws frame.bad_length, frame.bad_bcd */
export function decodeValue(format: Format, wire: Uint8Array): DataValue {
  const size = sizeOf(format);
  if (size !== null && wire.length !== size) {
    throw protocolError('frame.bad_length', `${format.kind} of ${size} bytes, got ${wire.length}`);
  }
  if (format.kind === 'list') return decodeList(format.of, wire);
  if (format.kind === 'record') return decodeRecord(format, wire);
  if (format.kind === 'bytes') return toHex(wire);
  if (isAbsent(wire, 0, wire.length)) return null;
  switch (format.kind) {
    case 'number':
      return decodeNumber(wire, 0, wire.length, format.signed);
    case 'digits':
    case 'time':
      return decodeBcdLowFirst(wire);
    case 'text':
      return String.fromCharCode(...wire.toReversed()).replace(/\0+$/, '');
    case 'bits':
      return Number.parseInt(toHex(wire.toReversed()), 16);
  }
}

/** The same for numbers one behind the other, of which `from` to `to` are one: the block that every reading asks for. */
export const decodeNumberAt = (wire: Uint8Array, from: number, to: number, signed: boolean): bigint | null =>
  isAbsent(wire, from, to) ? null : decodeNumber(wire, from, to, signed);

function isAbsent(wire: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (wire[at] !== 0xff) return false;
  return true;
}

/** @throws frame.bad_value, frame.bad_bcd when the value does not fit the format */
export function encodeValue(format: Format, value: DataValue): Uint8Array {
  if (format.kind === 'list') return concatBytes(...partsOf(value).map((one) => encodeValue(format.of, one)));
  if (format.kind === 'record') {
    const parts = partsOf(value);
    if (parts.length !== format.fields.length) throw unfit(format, value);
    return concatBytes(...format.fields.map(([, one], at) => encodeValue(one, parts[at] ?? null)));
  }
  const size = format.kind === 'time' ? format.layout.length / 2 : format.bytes;
  if (value === null) return new Uint8Array(size).fill(0xff);
  if (format.kind === 'number' && typeof value === 'bigint') return encodeNumber(format, value);
  if (format.kind === 'bits' && typeof value === 'number') return encodeBits(format, value);
  if (typeof value !== 'string') throw unfit(format, value);
  switch (format.kind) {
    case 'digits':
    case 'time':
      return encodeBcdLowFirst(value, size);
    case 'text':
      if (value.length > size || !/^[\0-\xff]*$/.test(value)) throw unfit(format, value);
      return Uint8Array.from(value.padEnd(size, '\0'), (character) => character.charCodeAt(0)).reverse();
    case 'bytes':
      if (value.length !== 2 * size || !/^[0-9a-f]*$/i.test(value)) throw unfit(format, value);
      return fromHex(value);
    default:
      throw unfit(format, value);
  }
}

function decodeList(of: Format, wire: Uint8Array): readonly DataValue[] {
  const size = sizeOf(of);
  if (size === null || wire.length % size !== 0) {
    throw protocolError('frame.bad_length', `a list of ${size} bytes each, got ${wire.length}`);
  }
  return Array.from({ length: wire.length / size }, (_, at) =>
    decodeValue(of, wire.subarray(at * size, (at + 1) * size)),
  );
}

function decodeRecord(format: Extract<Format, { kind: 'record' }>, wire: Uint8Array): readonly DataValue[] {
  let at = 0;
  return format.fields.map(([, one]) => {
    const field = wire.subarray(at, at + (sizeOf(one) ?? wire.length));
    at += field.length;
    return decodeValue(one, field);
  });
}

const SIGN = 0x80;

/** So many bytes of two digits fit a number exactly. */
const MOST_EXACT_BYTES = 7;

/** What a byte of two digits says; not a number where it is none, and nothing it is part of is one. */
const TWO_DIGITS = Float64Array.from({ length: 256 }, (_, byte) =>
  byte >> 4 <= 9 && (byte & 0x0f) <= 9 ? (byte >> 4) * 10 + (byte & 0x0f) : Number.NaN,
);
const twoDigits = (byte: number): number => TWO_DIGITS[byte] ?? Number.NaN;

/** Low byte first, two digits each; the top bit of all may be a sign. */
function decodeNumber(wire: Uint8Array, from: number, to: number, signed: boolean): bigint {
  if (to - from > MOST_EXACT_BYTES) return BigInt(decodeBcdLowFirst(wire.subarray(from, to)));
  const top = wire[to - 1] ?? 0;
  const isNegative = signed && (top & SIGN) !== 0;
  let magnitude = twoDigits(isNegative ? top & ~SIGN : top);
  for (let at = to - 2; at >= from; at--) magnitude = magnitude * 100 + twoDigits(wire[at] ?? 0);
  if (Number.isNaN(magnitude)) {
    throw protocolError('frame.bad_bcd', 'not decimal digits', { hex: toHex(wire.subarray(from, to)) });
  }
  return BigInt(isNegative ? -magnitude : magnitude);
}

function encodeNumber(format: Extract<Format, { kind: 'number' }>, value: bigint): Uint8Array {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude.toString().padStart(2 * format.bytes, '0');
  if (digits.length > 2 * format.bytes || (value < 0n && !format.signed)) throw unfit(format, value);
  const wire = encodeBcdLowFirst(digits, format.bytes);
  const top = wire.at(-1) ?? 0;
  if (format.signed && (top & SIGN) !== 0) throw unfit(format, value);
  return value < 0n ? wire.with(wire.length - 1, top | SIGN) : wire;
}

function encodeBits(format: Extract<Format, { kind: 'bits' }>, value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * format.bytes)) throw unfit(format, value);
  return fromHex(value.toString(16).padStart(2 * format.bytes, '0')).reverse();
}

/** @throws frame.bad_value when it is a single value */
export function partsOf(value: DataValue): readonly DataValue[] {
  if (!Array.isArray(value)) throw protocolError('frame.bad_value', 'a list of values is needed');
  return value;
}

const unfit = (format: Format, value: DataValue) =>
  protocolError('frame.bad_value', `does not fit ${format.kind}`, { value: String(value).slice(0, 64) });
