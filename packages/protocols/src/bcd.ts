import { fromHex, toHex } from '@openprepay/kernel';
import { protocolError } from './errors.ts';

/** Digits of a field with two decimal digits a byte, first byte first. @throws frame.bad_bcd */
export function decodeBcd(bytes: Uint8Array): string {
  const digits = toHex(bytes);
  if (!/^\d*$/.test(digits)) throw protocolError('frame.bad_bcd', 'not decimal digits', { hex: digits });
  return digits;
}

/** Exactly `2 × bytes` digits, first byte first. @throws frame.bad_bcd */
export function encodeBcd(digits: string, bytes: number): Uint8Array {
  if (digits.length !== 2 * bytes || !/^\d*$/.test(digits)) {
    throw protocolError('frame.bad_bcd', `not ${2 * bytes} decimal digits`, { digits: digits.slice(0, 64) });
  }
  return fromHex(digits);
}

/** The low byte comes first on the wire: CJ/T 188 and DL/T 645. */
export const decodeBcdLowFirst = (bytes: Uint8Array): string => decodeBcd(bytes.toReversed());
export const encodeBcdLowFirst = (digits: string, bytes: number): Uint8Array => encodeBcd(digits, bytes).reverse();
