import { fromHex, toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';

/** Any meter on a point-to-point line; it answers with its own address. */
export const WILDCARD_ADDRESS = 'AAAAAAAAAAAA';
/** Every meter on the line; none answers. */
export const BROADCAST_ADDRESS = '999999999999';

const ADDRESS_BYTES = 6;
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
  const address = toHex(wire.toReversed()).toUpperCase();
  if (!isAddress(wire)) throw protocolError('frame.bad_bcd', 'the address is not decimal', { address });
  return address;
}

/** Whether these six bytes can be an address: two digits each, or AA in all the high ones. */
export const isAddress = (wire: Uint8Array): boolean =>
  wire.every((byte, at) => isDecimal(byte) || wire.subarray(at).every((high) => high === OMITTED));

const isDecimal = (byte: number): boolean => (byte & 0x0f) <= 9 && byte >> 4 <= 9;

/** Whether a frame sent to `called` is for the meter with `address`: itself, wildcard, abbreviated, or broadcast. */
export const matchesAddress = (called: string, address: string): boolean =>
  called === BROADCAST_ADDRESS || address.endsWith(called.replace(/^(?:AA)+/, ''));
