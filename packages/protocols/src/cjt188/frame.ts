import { concatBytes, fromHex, toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { createLengthStream, type Received, type StreamDecoder, type Verdict, verdictOf } from '../stream.ts';

/** One frame of CJ/T 188. */
export interface Cjt188Frame {
  /** T: 10 cold water … 19, 20 and 21 heat, 30 gas, 40 electricity, AA any. */
  readonly meterType: number;
  /** 14 digits, the maker's code first; `AAAAAAAAAAAAAA` is the point-to-point wildcard. */
  readonly address: string;
  /** C: bit 7 from the meter, bit 6 error. */
  readonly control: number;
  /** Four hexadecimal digits, canonical (`901F`), whatever the order on the wire; null in an error reply, which has none. */
  readonly dataId: string | null;
  /** Both orders occur in real meters; a reply has the order of its request. */
  readonly dataIdOrder: 'msb-first' | 'lsb-first';
  /** SER, echoed by the meter. */
  readonly series: number;
  /** What follows SER. */
  readonly data: Uint8Array;
}

export const CONTROL = { read: 0x01, readAddress: 0x03, write: 0x04, reply: 0x80, error: 0x40 } as const;
export const WILDCARD_ADDRESS = 'AAAAAAAAAAAAAA';

const START = 0x68;
const END = 0x16;
const PREAMBLE = 0xfe;
/** Up to and including L. */
const HEADER_BYTES = 11;
const LENGTH_AT = 10;
/** Header, checksum and end. */
const OVERHEAD_BYTES = HEADER_BYTES + 2;
/** L ≤ 64H when reading (clause 7.2.4 of the 2004 edition). */
const MAX_DATA_BYTES = 0x64;
const ADDRESS_BYTES = 7;

/** `68 T A0..A6 C L DATA CS 16`, after as many FE as asked for to wake the receiver. @throws frame.bad_value */
export function encodeFrame(frame: Cjt188Frame, preambleBytes = 0): Uint8Array {
  for (const byte of [frame.meterType, frame.control, frame.series]) {
    if (!Number.isInteger(byte) || byte < 0 || byte > 0xff)
      throw protocolError('frame.bad_value', 'not one byte', { byte });
  }
  const payload = concatBytes(dataIdBytes(frame), Uint8Array.of(frame.series), frame.data);
  if (payload.length > MAX_DATA_BYTES) throw protocolError('frame.too_long', `over ${MAX_DATA_BYTES} bytes of data`);
  const checked = concatBytes(
    Uint8Array.of(START, frame.meterType),
    addressBytes(frame.address),
    Uint8Array.of(frame.control, payload.length),
    payload,
  );
  const preamble = new Uint8Array(preambleBytes).fill(PREAMBLE);
  return concatBytes(preamble, checked, Uint8Array.of(sum(checked), END));
}

/**
 * Any number of FE in front is accepted.
 * @throws frame.truncated, frame.bad_delimiter, frame.bad_length, frame.too_long, frame.bad_checksum, frame.bad_bcd
 */
export function decodeFrame(bytes: Uint8Array): Cjt188Frame {
  const start = bytes.findIndex((byte) => byte !== PREAMBLE);
  const frame = start < 0 ? new Uint8Array(0) : bytes.subarray(start);
  if (frame.length < OVERHEAD_BYTES)
    throw protocolError('frame.truncated', `at least ${OVERHEAD_BYTES} bytes, got ${frame.length}`);
  if (frame[0] !== START) throw protocolError('frame.bad_delimiter', 'does not begin with 68');
  const dataBytes = frame[LENGTH_AT] ?? 0;
  if (dataBytes > MAX_DATA_BYTES)
    throw protocolError('frame.too_long', `over ${MAX_DATA_BYTES} bytes of data`, { dataBytes });
  const length = OVERHEAD_BYTES + dataBytes;
  if (frame.length < length) throw protocolError('frame.truncated', `${length} bytes announced, got ${frame.length}`);
  if (frame.length > length) throw protocolError('frame.bad_length', `${length} bytes announced, got ${frame.length}`);
  if (frame[length - 1] !== END) throw protocolError('frame.bad_delimiter', 'does not end with 16');
  const expected = sum(frame.subarray(0, -2));
  const found = frame[length - 2];
  if (found !== expected) throw protocolError('frame.bad_checksum', 'wrong checksum', { found, expected });
  const address = decodeAddress(frame.subarray(2, 2 + ADDRESS_BYTES));
  const control = frame[LENGTH_AT - 1] ?? 0;
  return { meterType: frame[1] ?? 0, address, control, ...splitData(control, frame.slice(HEADER_BYTES, -2)) };
}

export function createCjt188Stream(): StreamDecoder<Received<Cjt188Frame>> {
  const maxFrameBytes = OVERHEAD_BYTES + MAX_DATA_BYTES;
  return createLengthStream({ maxFrameBytes, startByte: START, headerBytes: HEADER_BYTES, judge });
}

function judge(candidate: Uint8Array): Verdict<Cjt188Frame> {
  const dataBytes = candidate[LENGTH_AT] ?? 0;
  if (dataBytes > MAX_DATA_BYTES) return 'noise';
  if (candidate.length < OVERHEAD_BYTES + dataBytes) return { needBytes: OVERHEAD_BYTES + dataBytes };
  if (candidate.at(-1) !== END || candidate.at(-2) !== sum(candidate.subarray(0, -2))) return 'rejected';
  return verdictOf(candidate, decodeFrame);
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

const isErrorReply = (control: number): boolean =>
  (control & (CONTROL.reply | CONTROL.error)) === (CONTROL.reply | CONTROL.error);

function splitData(
  control: number,
  payload: Uint8Array,
): Pick<Cjt188Frame, 'dataId' | 'dataIdOrder' | 'series' | 'data'> {
  const idBytes = isErrorReply(control) ? 0 : 2;
  if (payload.length < idBytes + 1) throw protocolError('frame.bad_length', 'no room for data id and series');
  const identity =
    idBytes === 0 ? { dataId: null, dataIdOrder: 'msb-first' as const } : identify(payload.subarray(0, 2));
  return { ...identity, series: payload[idBytes] ?? 0, data: payload.slice(idBytes + 1) };
}

/**
 * Data ids begin with 81, 90, A0 or D1 and end with less, so the order on the wire shows by itself. An id that fits
 * neither way is taken as it stands.
 */
function identify(wire: Uint8Array): Pick<Cjt188Frame, 'dataId' | 'dataIdOrder'> {
  const isGroup = (byte: number | undefined) => byte === 0x81 || byte === 0x90 || byte === 0xa0 || byte === 0xd1;
  const swapped = !isGroup(wire[0]) && isGroup(wire[1]);
  return {
    dataId: toHex(swapped ? wire.toReversed() : wire).toUpperCase(),
    dataIdOrder: swapped ? 'lsb-first' : 'msb-first',
  };
}

function dataIdBytes({ control, dataId, dataIdOrder }: Cjt188Frame): Uint8Array {
  if ((dataId === null) !== isErrorReply(control)) {
    throw protocolError('frame.bad_value', 'every frame has a data id, except an error reply', { control, dataId });
  }
  if (dataId === null) return new Uint8Array(0);
  if (!/^[0-9A-F]{4}$/.test(dataId))
    throw protocolError('frame.bad_value', 'a data id of four hexadecimal digits', { dataId });
  return dataIdOrder === 'msb-first' ? fromHex(dataId) : fromHex(dataId).reverse();
}

function addressBytes(address: string): Uint8Array {
  if (!isAddress(address))
    throw protocolError('frame.bad_bcd', 'an address of 14 decimal digits', { address: address.slice(0, 32) });
  return fromHex(address).reverse();
}

function decodeAddress(wire: Uint8Array): string {
  const address = toHex(wire.toReversed()).toUpperCase();
  if (!isAddress(address)) throw protocolError('frame.bad_bcd', 'the address is not decimal', { address });
  return address;
}

const isAddress = (address: string): boolean => /^\d{14}$/.test(address) || address === WILDCARD_ADDRESS;
