import { createLengthStream, type Received, type StreamDecoder, type Verdict, verdictOf } from '../stream.ts';
import { hasCrc16 } from './crc16.ts';
import { MAX_RTU_BYTES, type ModbusRequest } from './messages.ts';
import { replyLength } from './reply.ts';
import { decodeRequest, requestLength } from './request.ts';

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
  return createLengthStream({ maxFrameBytes: MAX_RTU_BYTES, startByte: null, headerBytes: 2, judge: judgeEither });
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
