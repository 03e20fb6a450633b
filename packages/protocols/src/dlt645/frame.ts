import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { copyOf } from '../frame-copy.ts';
import {
  createLengthStream,
  type Received,
  type StreamDecoder,
  type Verdict,
  verdictOf,
  type Whole,
} from '../stream.ts';
import { addressAt, decodeAddress, encodeAddress, isAddress } from './address.ts';

/** One frame of DL/T 645; the envelope is the same in the editions of 1997 and 2007. */
export interface Dlt645Frame {
  /** 12 digits, AA in front where abbreviated. */
  readonly address: string;
  /** C: bit 7 from the meter, bit 6 refused, bit 5 more follows, bits 4..0 function. */
  readonly control: number;
  /** As it was before 33H was added to each byte. */
  readonly data: Uint8Array;
}

export const CONTROL = { reply: 0x80, refused: 0x40, more: 0x20, function: 0x1f } as const;

const START = 0x68;
const END = 0x16;
const PREAMBLE = 0xfe;
/** Added to every data byte on the wire, so that idle line and delimiters are rare in it. */
const OFFSET = 0x33;
/** Up to and including L. */
const HEADER_BYTES = 10;
const SECOND_START_AT = 7;
const CONTROL_AT = 8;
const LENGTH_AT = 9;
/** Checksum and end. */
const TAIL_BYTES = 2;
const OVERHEAD_BYTES = HEADER_BYTES + TAIL_BYTES;
/** L ≤ 200 when reading (clause 7.1.4). What comes in may be longer: its checksum tells, and some makers go to 255. */
export const MAX_DATA_BYTES = 200;
/** L ≤ 50 when writing (clause 7.1.4). */
export const MAX_WRITE_BYTES = 50;
const MAX_LENGTH_BYTE = 0xff;
const WRITE_FUNCTIONS: readonly number[] = [0x04, 0x14];

export const isFromMeter = (frame: Dlt645Frame): boolean => (frame.control & CONTROL.reply) !== 0;
export const isRefusal = (frame: Dlt645Frame): boolean => (frame.control & CONTROL.refused) !== 0;
export const hasMore = (frame: Dlt645Frame): boolean => (frame.control & CONTROL.more) !== 0;
export const functionOf = (frame: Dlt645Frame): number => frame.control & CONTROL.function;

/** A request neither refuses nor has more to follow: such a byte is no control code, and telling so early is cheap. */
const isControl = (control: number): boolean =>
  (control & CONTROL.reply) !== 0 || (control & (CONTROL.refused | CONTROL.more)) === 0;

/** How many FE stand in front; a master sends four to wake the receiver. */
export function preambleBytesOf(bytes: Uint8Array): number {
  const start = bytes.findIndex((byte) => byte !== PREAMBLE);
  return start < 0 ? bytes.length : start;
}

/**
 * `68 A0..A5 68 C L DATA+33 CS 16`, after as many FE as asked for.
 * @throws frame.bad_value, frame.bad_bcd, frame.too_long
 */
export function encodeFrame(frame: Dlt645Frame, preambleBytes = 0): Uint8Array {
  const { control, data } = frame;
  if (!Number.isInteger(control) || control < 0 || control > 0xff || !isControl(control)) {
    throw protocolError('frame.bad_value', 'not a control code', { control });
  }
  const mostBytes = WRITE_FUNCTIONS.includes(control) ? MAX_WRITE_BYTES : MAX_DATA_BYTES;
  if (data.length > mostBytes) throw protocolError('frame.too_long', `over ${mostBytes} bytes of data`);
  const checked = concatBytes(
    Uint8Array.of(START),
    encodeAddress(frame.address),
    Uint8Array.of(START, control, data.length),
    data.map((byte) => byte + OFFSET),
  );
  return concatBytes(new Uint8Array(preambleBytes).fill(PREAMBLE), checked, Uint8Array.of(sum(checked), END));
}

/**
 * Any number of FE in front is accepted.
 * @throws frame.truncated, frame.bad_delimiter, frame.bad_length, frame.bad_checksum, frame.unknown_function, frame.bad_bcd
 */
export function decodeFrame(bytes: Uint8Array): Dlt645Frame {
  const frame = bytes.subarray(preambleBytesOf(bytes));
  if (frame.length < OVERHEAD_BYTES) {
    throw protocolError('frame.truncated', `at least ${OVERHEAD_BYTES} bytes, got ${frame.length}`);
  }
  if (frame[0] !== START || frame[SECOND_START_AT] !== START) {
    throw protocolError('frame.bad_delimiter', 'the address does not stand between 68 and 68');
  }
  const length = OVERHEAD_BYTES + (frame[LENGTH_AT] ?? 0);
  if (frame.length < length) throw protocolError('frame.truncated', `${length} bytes announced, got ${frame.length}`);
  if (frame.length > length) throw protocolError('frame.bad_length', `${length} bytes announced, got ${frame.length}`);
  if (frame[length - 1] !== END) throw protocolError('frame.bad_delimiter', 'does not end with 16');
  const expected = sum(frame.subarray(0, -2));
  const found = frame[length - 2];
  if (found !== expected) throw protocolError('frame.bad_checksum', 'wrong checksum', { found, expected });
  const control = frame[CONTROL_AT] ?? 0;
  if (!isControl(control)) throw protocolError('frame.unknown_function', 'not a control code', { control });
  return {
    address: decodeAddress(frame.subarray(1, SECOND_START_AT)),
    control,
    data: plainData(frame, HEADER_BYTES, length - TAIL_BYTES),
  };
}

function plainData(bytes: Uint8Array, from: number, to: number): Uint8Array {
  // In a slab, because a view of a small array that has no buffer yet makes one.
  const data = copyOf(bytes, from, to);
  for (let at = 0; at < data.length; at++) data[at] = (data[at] ?? 0) - OFFSET;
  return data;
}

/**
 * Frames of either edition and direction. After 500 ms of silence on a serial line, or 1 to 2 s on TCP, what is
 * buffered is no longer the beginning of a frame: the owner calls `reset`.
 */
export function createDlt645Stream(): StreamDecoder<Received<Dlt645Frame>> {
  const maxFrameBytes = OVERHEAD_BYTES + MAX_LENGTH_BYTE;
  return createLengthStream({ maxFrameBytes, startByte: START, headerBytes: HEADER_BYTES, judge, takeWhole });
}

function judge(candidate: Uint8Array): Verdict<Dlt645Frame> {
  if (candidate[SECOND_START_AT] !== START || !isControl(candidate[CONTROL_AT] ?? 0)) return 'noise';
  if (!isAddress(candidate, 1)) return 'noise';
  const length = OVERHEAD_BYTES + (candidate[LENGTH_AT] ?? 0);
  if (candidate.length < length) return { needBytes: length };
  if (candidate.at(-1) !== END || candidate.at(-2) !== sum(candidate.subarray(0, -2))) return 'rejected';
  return verdictOf(candidate, decodeFrame);
}

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const byte of bytes) total += byte;
  return total & 0xff;
}

function takeWhole(bytes: Uint8Array, at: number): Whole<Dlt645Frame> | null {
  const control = bytes[at + CONTROL_AT] ?? 0;
  if (bytes[at + SECOND_START_AT] !== START || !isControl(control)) return null;
  const end = at + OVERHEAD_BYTES + (bytes[at + LENGTH_AT] ?? 0);
  if (bytes[end - 1] !== END) return null;
  let total = 0;
  for (let one = at; one < end - TAIL_BYTES; one++) {
    const byte = bytes[one] ?? 0;
    total += byte;
    // Where the header of another may stand inside, the search has to tell which ends first.
    if (byte === START && one > at && bytes[one + SECOND_START_AT] === START) return null;
  }
  if ((total & 0xff) !== bytes[end - TAIL_BYTES]) return null;
  if (!isAddress(bytes, at + 1)) return null;
  const message = {
    address: addressAt(bytes, at + 1),
    control,
    data: plainData(bytes, at + HEADER_BYTES, end - TAIL_BYTES),
  };
  return { message, end };
}

const DATA_ID_BYTES = { '1997': 2, '2007': 4 } as const;

export type Edition = keyof typeof DATA_ID_BYTES;

/** Ids that came before, as 32 bits: a site asks for a few dozen, and making the text costs more than checking the frame. */
const DATA_ID_TEXTS: Readonly<Record<Edition, Map<number, string>>> = { '2007': new Map(), '1997': new Map() };
const MOST_DATA_ID_TEXTS = 1024;

function dataIdText(edition: Edition, id: number): string {
  const before = DATA_ID_TEXTS[edition];
  const text = (id >>> 0)
    .toString(16)
    .toUpperCase()
    .padStart(2 * DATA_ID_BYTES[edition], '0');
  if (before.size >= MOST_DATA_ID_TEXTS) before.clear();
  before.set(id, text);
  return text;
}

/** The data id at the front of `data`, high byte first as it is written, and what follows it. @throws frame.bad_length */
export function splitDataId(edition: Edition, data: Uint8Array): { dataId: string; rest: Uint8Array } {
  const bytes = DATA_ID_BYTES[edition];
  if (data.length < bytes) throw protocolError('frame.bad_length', `a data id has ${bytes} bytes, got ${data.length}`);
  let id = 0;
  for (let at = bytes - 1; at >= 0; at--) id = (id << 8) | (data[at] ?? 0);
  return { dataId: DATA_ID_TEXTS[edition].get(id) ?? dataIdText(edition, id), rest: data.subarray(bytes) };
}

/** @param dataId 4 or 8 upper-case hexadecimal digits @throws frame.bad_value */
export function encodeDataId(edition: Edition, dataId: string): Uint8Array {
  const bytes = DATA_ID_BYTES[edition];
  if (dataId.length !== 2 * bytes || !/^[0-9A-F]+$/.test(dataId)) {
    throw protocolError('frame.bad_value', `a data id of ${2 * bytes} hexadecimal digits`, { dataId });
  }
  return Uint8Array.from(dataId.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)).reverse();
}
