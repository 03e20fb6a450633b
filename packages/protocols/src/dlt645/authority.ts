import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import { decodeBcdLowFirst, encodeBcdLowFirst } from '../bcd.ts';
import { protocolError } from '../errors.ts';

/** PA P0 P1 P2. */
export interface Password {
  /** PA: 00 to 09, 02 is usual; 98 and 99 say that the rest is sealed by the security chip. */
  readonly level: number;
  /** Six hexadecimal digits, in practice decimal, P2 first. */
  readonly code: string;
}

/** Who may do it: the password, and in the edition of 2007 the operator, eight hexadecimal digits, C3 first. */
export interface Authority extends Password {
  readonly operator: string | null;
}

export const PASSWORD_BYTES = 4;
export const OPERATOR_BYTES = 4;
const SEALED_LEVELS: readonly number[] = [0x98, 0x99];

export const isSealed = (authority: Password): boolean => SEALED_LEVELS.includes(authority.level);

/** @throws frame.bad_value */
export function encodePassword({ level, code }: Password): Uint8Array {
  if (!Number.isInteger(level) || level < 0 || level > 0xff || !/^[0-9A-F]{6}$/i.test(code)) {
    throw protocolError('frame.bad_value', 'a password has a level of one byte and a code of six digits', { level });
  }
  return concatBytes(Uint8Array.of(level), fromHex(code).reverse());
}

/** @param wire PA P0 P1 P2 */
export function decodePassword(wire: Uint8Array): Password {
  return { level: wire[0] ?? 0, code: toHex(wire.slice(1, PASSWORD_BYTES).reverse()).toUpperCase() };
}

/** @throws frame.bad_value */
export function encodeAuthority(authority: Authority): Uint8Array {
  const { operator } = authority;
  if (operator === null) return encodePassword(authority);
  if (!/^[0-9A-F]{8}$/i.test(operator)) {
    throw protocolError('frame.bad_value', 'an operator has eight digits', { operator: operator.slice(0, 32) });
  }
  return concatBytes(encodePassword(authority), fromHex(operator).reverse());
}

/** @param wire PA P0 P1 P2, and C0..C3 where `hasOperator` @throws frame.bad_length */
export function splitAuthority(wire: Uint8Array, hasOperator: boolean): { authority: Authority; rest: Uint8Array } {
  const bytes = PASSWORD_BYTES + (hasOperator ? OPERATOR_BYTES : 0);
  if (wire.length < bytes) throw protocolError('frame.bad_length', 'no room for password and operator');
  const operator = hasOperator ? toHex(wire.slice(PASSWORD_BYTES, bytes).reverse()).toUpperCase() : null;
  return { authority: { ...decodePassword(wire), operator }, rest: wire.slice(bytes) };
}

/** Bits of the byte that names a baud rate. */
const BAUDS: readonly (readonly [byte: number, baud: number])[] = [
  [0x01, 300],
  [0x02, 600],
  [0x04, 1200],
  [0x08, 2400],
  [0x10, 4800],
  [0x20, 9600],
  [0x40, 19_200],
];

/** @throws frame.bad_value */
export function encodeBaud(baud: number): Uint8Array {
  const found = BAUDS.find((one) => one[1] === baud);
  if (!found) throw protocolError('frame.bad_value', 'no such baud rate', { baud });
  return Uint8Array.of(found[0]);
}

/** @throws frame.bad_length, frame.bad_value */
export function decodeBaud(wire: Uint8Array): number {
  if (wire.length !== 1) throw protocolError('frame.bad_length', 'a baud rate has one byte');
  const found = BAUDS.find((one) => one[0] === wire[0]);
  if (!found) throw protocolError('frame.bad_value', 'no such baud rate', { byte: wire[0] });
  return found[1];
}

/** @param digits laid out as `layout` says, for example `YYMMDDhhmmss` @throws frame.bad_bcd */
export const encodeDigits = (digits: string, layout: string): Uint8Array =>
  encodeBcdLowFirst(digits, layout.length / 2);

/** @throws frame.bad_length, frame.bad_bcd */
export function decodeDigits(wire: Uint8Array, layout: string): string {
  if (wire.length !== layout.length / 2) throw protocolError('frame.bad_length', `${layout} in ${wire.length} bytes`);
  return decodeBcdLowFirst(wire);
}
