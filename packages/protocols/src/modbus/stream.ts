import { createLengthStream, type Received, type StreamDecoder, type Verdict, verdictOf } from '../stream.ts';
import { hasCrc16 } from './crc16.ts';
import { MAX_RTU_BYTES, type ModbusRequest } from './messages.ts';
import { decodeRequest, requestLength } from './request.ts';

/** Requests of functions 03, 05, 06 and 10 from a stream without the line's silences, as a transparent bridge has it. */
export function createModbusRequestStream(): StreamDecoder<Received<ModbusRequest>> {
  return createLengthStream({ maxFrameBytes: MAX_RTU_BYTES, startByte: null, headerBytes: 2, judge });
}

function judge(candidate: Uint8Array): Verdict<ModbusRequest> {
  const length = requestLength(candidate);
  if (length === null) return 'noise';
  if (length > candidate.length) return { needBytes: length };
  if (!hasCrc16(candidate)) return 'rejected';
  return verdictOf(candidate, decodeRequest);
}
