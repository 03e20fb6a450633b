import {
  createLengthStream,
  type Received,
  type StreamDecoder,
  type Verdict,
  verdictOf,
  type Whole,
} from '../stream.ts';
import { crc16, hasCrc16 } from './crc16.ts';
import { EXCEPTION_BIT, FUNCTION, MAX_RTU_BYTES, type ModbusRequest } from './messages.ts';
import { replyLength } from './reply.ts';
import { decodeRequest, requestLength } from './request.ts';

/** With the CRC: an exception, a request to read or an echoed write, and what the others have beside their data. */
const EXCEPTION_BYTES = 5;
const SHORT_BYTES = 8;
const REPLY_OVERHEAD = 5;
const WRITE_OVERHEAD = 9;

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
    headerBytes: 2,
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

/** The header promises one length to a request and another to a reply: the shorter is tried first. */
function judgeEither(candidate: Uint8Array): Verdict<ModbusLineFrame> {
  const asReply = replyLength(candidate);
  const asRequest = requestLength(candidate) ?? asReply;
  if (asReply === null || asRequest === null) return 'noise';
  const { length } = candidate;
  if ((length === asReply || length === asRequest) && hasCrc16(candidate)) {
    return { message: { unit: candidate[0] ?? 0, functionCode: candidate[1] ?? 0 } };
  }
  const shorter = Math.min(asReply, asRequest);
  const longer = Math.max(asReply, asRequest);
  if (shorter > length) return { needBytes: shorter };
  return longer > length ? { needBytes: longer } : 'rejected';
}

/** By function code: what its header can promise. */
const NO_FUNCTION = 0;
const EXCEPTION = 1;
const READ = 2;
const WRITE_MANY = 3;
const WRITE_ONE = 4;
const SHAPES = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code > EXCEPTION_BIT) return EXCEPTION;
  if (code === FUNCTION.readRegisters) return READ;
  if (code === FUNCTION.writeRegisters) return WRITE_MANY;
  return code === FUNCTION.writeCoil || code === FUNCTION.writeRegister ? WRITE_ONE : NO_FUNCTION;
});

/** Where the frame at `at` ends, if one stands there whole before `limit`; 0 if none. The shorter length is tried first. */
function endOf(bytes: Uint8Array, at: number, limit: number, shape: number): number {
  switch (shape) {
    case EXCEPTION:
      return endAt(bytes, at, EXCEPTION_BYTES, limit);
    case READ: {
      const asReply = REPLY_OVERHEAD + (bytes[at + 2] ?? 0);
      const shorter = Math.min(asReply, SHORT_BYTES);
      return endAt(bytes, at, shorter, limit) || endAt(bytes, at, asReply + SHORT_BYTES - shorter, limit);
    }
    case WRITE_MANY:
      return endAt(bytes, at, SHORT_BYTES, limit) || endAt(bytes, at, WRITE_OVERHEAD + (bytes[at + 6] ?? 0), limit);
    case WRITE_ONE:
      return endAt(bytes, at, SHORT_BYTES, limit);
    default:
      return 0;
  }
}

const endAt = (bytes: Uint8Array, at: number, length: number, limit: number): number =>
  length <= MAX_RTU_BYTES && at + length <= limit && crc16(bytes, at, at + length) === 0 ? at + length : 0;

function takeWhole(bytes: Uint8Array, at: number): Whole<ModbusLineFrame> | null {
  const functionCode = bytes[at + 1] ?? 0;
  const end = endOf(bytes, at, bytes.length, SHAPES[functionCode] ?? NO_FUNCTION);
  if (end === 0) return null;
  for (let inside = at + 1; inside + EXCEPTION_BYTES < end; inside++) {
    const shape = SHAPES[bytes[inside + 1] ?? 0] ?? NO_FUNCTION;
    if (shape !== NO_FUNCTION && endOf(bytes, inside, end - 1, shape) !== 0) return null;
  }
  return { message: { unit: bytes[at] ?? 0, functionCode }, end };
}
