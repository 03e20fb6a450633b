import { fromHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';

/** Any meter on a point-to-point line; it answers with its own address. */
export const WILDCARD_ADDRESS = 'AAAAAAAAAAAA';
/** Every meter on the line; none answers. */
export const BROADCAST_ADDRESS = '999999999999';

const ADDRESS_BYTES = 6;
/** Character codes of the digits, all given in one call: joining short texts costs twice that. */
const DIGITS = Uint8Array.from('0123456789ABCDEF', (digit) => digit.charCodeAt(0));
const high = (wire: Uint8Array, at: number): number => DIGITS[(wire[at] ?? 0) >> 4] ?? 0;
const low = (wire: Uint8Array, at: number): number => DIGITS[(wire[at] ?? 0) & 0x0f] ?? 0;
const OMITTED = 0xaa;
/** Twelve digits; an abbreviated address has AA for the high ones it leaves out (clause 7.1.2 of the 2007 edition). */
const ADDRESS = /^(?=.{12}$)(?:AA)*(?:\d\d)*$/;

/** @throws frame.bad_bcd */
export function encodeAddress(address: string): Uint8Array {
  if (!ADDRESS.test(address)) {
    throw protocolError('frame.bad_bcd', 'not an address of 12 decimal digits', { address: address.slice(0, 32) });
  }
  return fromHex(address).reverse();
}

/** @param wire A0..A5, low byte first @throws frame.bad_length, frame.bad_bcd */
export function decodeAddress(wire: Uint8Array): string {
  if (wire.length !== ADDRESS_BYTES) throw protocolError('frame.bad_length', 'an address has 6 bytes');
  if (!isAddress(wire))
    throw protocolError('frame.bad_bcd', 'the address is not decimal', { address: addressAt(wire) });
  return addressAt(wire);
}

/** The six bytes from `from` on, the high one first, whatever they are. */
export function addressAt(wire: Uint8Array, from = 0): string {
  const top = from + ADDRESS_BYTES - 1;
  return String.fromCharCode(
    high(wire, top),
    low(wire, top),
    high(wire, top - 1),
    low(wire, top - 1),
    high(wire, top - 2),
    low(wire, top - 2),
    high(wire, top - 3),
    low(wire, top - 3),
    high(wire, top - 4),
    low(wire, top - 4),
    high(wire, from),
    low(wire, from),
  );
}

/** Whether the six bytes from `from` on can be an address: two digits each, or AA in all the high ones. */
export function isAddress(wire: Uint8Array, from = 0): boolean {
  const end = from + ADDRESS_BYTES;
  let at = from;
  while (at < end && isDecimal(wire[at] ?? 0)) at++;
  while (at < end && wire[at] === OMITTED) at++;
  return at === end;
}

const isDecimal = (byte: number): boolean => (byte & 0x0f) <= 9 && byte >> 4 <= 9;

/** Whether a frame sent to `called` is for the meter with `address`: itself, wildcard, abbreviated, or broadcast. */
export const matchesAddress = (called: string, address: string): boolean =>
  called === BROADCAST_ADDRESS || address.endsWith(called.replace(/^(?:AA)+/, ''));
