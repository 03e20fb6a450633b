import {
  createLengthStream,
  type Received,
  type StreamDecoder,
  type Verdict,
  verdictOf,
  type Whole,
} from '../stream.ts';
import { crc16, hasCrc16 } from './crc16.ts';
import {
  EXCEPTION,
  EXCEPTION_BIT,
  FUNCTION,
  MAX_READ_REGISTERS,
  MAX_RTU_BYTES,
  MAX_WRITE_REGISTERS,
  type ModbusRequest,
} from './messages.ts';
import { decodeRequest, requestLength } from './request.ts';

/** With the CRC: an exception, a request to read or an echoed write, and what the others have beside their data. */
const EXCEPTION_BYTES = 5;
const SHORT_BYTES = 8;
const REPLY_OVERHEAD = 5;
const WRITE_OVERHEAD = 9;
/** Where the quantity of a request ends. */
const QUANTITY_END = 6;

/** Requests of functions 03, 05, 06 and 10 from a stream without the line's silences, as a transparent bridge has it. */
export function createModbusRequestStream(): StreamDecoder<Received<ModbusRequest>> {
  return createLengthStream({ maxFrameBytes: MAX_RTU_BYTES, startByte: null, headerBytes: 2, judge: judgeRequest });
}

/** One frame of a line on which both directions are heard. */
export interface ModbusLineFrame {
  readonly unit: number;
  readonly functionCode: number;
}

/** Replies, and requests as they echo: what either is, is for the asker to say. */
export function createModbusLineStream(): StreamDecoder<Received<ModbusLineFrame>> {
  return createLengthStream({
    maxFrameBytes: MAX_RTU_BYTES,
    startByte: null,
    headerBytes: 3,
    judge: judgeEither,
    takeWhole,
  });
}

function judgeRequest(candidate: Uint8Array): Verdict<ModbusRequest> {
  const length = requestLength(candidate);
  if (length === null) return 'noise';
  if (length > candidate.length) return { needBytes: length };
  if (!hasCrc16(candidate)) return 'rejected';
  return verdictOf(candidate, decodeRequest);
}

/** By function code: what its frames are like. Of other exceptions nobody asked. */
const NO_FUNCTION = 0;
const EXCEPTION_OF_ONE = 1;
const READ = 2;
const WRITE_MANY = 3;
const WRITE_ONE = 4;
const SHAPES = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code === FUNCTION.readRegisters) return READ;
  if (code === FUNCTION.writeRegisters) return WRITE_MANY;
  if (code === FUNCTION.writeCoil || code === FUNCTION.writeRegister) return WRITE_ONE;
  const refused = Object.values(FUNCTION).some((known) => code === (known | EXCEPTION_BIT));
  return refused ? EXCEPTION_OF_ONE : NO_FUNCTION;
});
const shapeAt = (bytes: Uint8Array, at: number): number => SHAPES[bytes[at + 1] ?? 0] ?? NO_FUNCTION;

const isCount = (bytes: number, mostRegisters: number): boolean =>
  bytes !== 0 && (bytes & 1) === 0 && bytes <= 2 * mostRegisters;

/**
 * Length of the reply whose header stands at `at`; 0 where none can. Every header that could not be one and is not ruled out
 * here is another chance in 65,536 to find a frame inside of a frame.
 */
function replyBytes(bytes: Uint8Array, at: number, shape: number): number {
  const third = bytes[at + 2] ?? 0;
  if (shape === READ) return isCount(third, MAX_READ_REGISTERS) ? REPLY_OVERHEAD + third : 0;
  if (shape === EXCEPTION_OF_ONE) return EXCEPTION[third] === undefined ? 0 : EXCEPTION_BYTES;
  return shape === NO_FUNCTION ? 0 : SHORT_BYTES;
}

/** The same of a request, as it comes back as an echo; its quantity is looked at as soon as it is there. */
function requestBytes(bytes: Uint8Array, at: number, shape: number): number {
  if (shape === WRITE_ONE) return SHORT_BYTES;
  if (shape === READ) {
    const hasQuantity = at + QUANTITY_END <= bytes.length;
    return hasQuantity && !isQuantity(bytes, at, MAX_READ_REGISTERS) ? 0 : SHORT_BYTES;
  }
  const count = bytes[at + 6] ?? 0;
  return shape === WRITE_MANY && isCount(count, MAX_WRITE_REGISTERS) && isQuantity(bytes, at, MAX_WRITE_REGISTERS)
    ? WRITE_OVERHEAD + count
    : 0;
}

const isQuantity = (bytes: Uint8Array, at: number, mostRegisters: number): boolean =>
  bytes[at + 4] === 0 && bytes[at + 5] !== 0 && (bytes[at + 5] ?? 0) <= mostRegisters;

/** The header promises one length to a request and another to a reply: the shorter is tried first. */
function judgeEither(candidate: Uint8Array): Verdict<ModbusLineFrame> {
  const shape = shapeAt(candidate, 0);
  const lengths = [replyBytes(candidate, 0, shape), requestBytes(candidate, 0, shape)];
  const { length } = candidate;
  if (lengths.includes(length) && hasCrc16(candidate)) {
    return { message: { unit: candidate[0] ?? 0, functionCode: candidate[1] ?? 0 } };
  }
  const longer = lengths.filter((one) => one > length);
  if (longer.length > 0) return { needBytes: Math.min(...longer) };
  return lengths.every((one) => one === 0) ? 'noise' : 'rejected';
}

/** Where the frame at `at` ends, if one stands there whole before `limit`; 0 if none. */
function endOf(bytes: Uint8Array, at: number, limit: number, shape: number): number {
  const asReply = replyBytes(bytes, at, shape);
  const asRequest = requestBytes(bytes, at, shape);
  const shorter = Math.min(asReply, asRequest);
  return endAt(bytes, at, shorter, limit) || endAt(bytes, at, asReply + asRequest - shorter, limit);
}

const endAt = (bytes: Uint8Array, at: number, length: number, limit: number): number =>
  length > 0 && length <= MAX_RTU_BYTES && at + length <= limit && crc16(bytes, at, at + length) === 0
    ? at + length
    : 0;

/** Whether a frame begins at `at` and is whole before `limit`. In a meter's registers one byte in ten may be its function. */
function endsBefore(bytes: Uint8Array, at: number, limit: number, shape: number): boolean {
  const asReply = replyBytes(bytes, at, shape);
  if (asReply !== 0 && at + asReply <= limit && crc16(bytes, at, at + asReply) === 0) return true;
  // Most of them are reads, and a quantity that none asks for tells at once; a header cut short is over the limit anyway.
  if (shape === READ && !isQuantity(bytes, at, MAX_READ_REGISTERS)) return false;
  const asRequest = requestBytes(bytes, at, shape);
  if (asRequest === 0 || asRequest === asReply || at + asRequest > limit) return false;
  return crc16(bytes, at, at + asRequest) === 0;
}

function takeWhole(bytes: Uint8Array, at: number): Whole<ModbusLineFrame> | null {
  const end = endOf(bytes, at, bytes.length, shapeAt(bytes, at));
  if (end === 0) return null;
  const last = end - EXCEPTION_BYTES;
  for (let inside = at + 1; inside < last; inside++) {
    const shape = SHAPES[bytes[inside + 1] ?? 0] ?? NO_FUNCTION;
    if (shape !== NO_FUNCTION && endsBefore(bytes, inside, end - 1, shape)) return null;
  }
  return { message: { unit: bytes[at] ?? 0, functionCode: bytes[at + 1] ?? 0 }, end };
}
