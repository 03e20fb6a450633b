import { protocolError } from '../errors.ts';
import { ByteStream, type Received, type StreamDecoder } from '../stream.ts';
import { hasCrc16, withCrc16 } from './crc16.ts';
import { MAX_RTU_BYTES } from './messages.ts';

/**
 * A Modbus frame over TCP. What it carries is given as the RTU frame that would say the same, so that a meter's driver
 * need not know which of the two its line is.
 */
export interface ModbusTcpFrame {
  /** The answer repeats that of its request. */
  readonly transactionId: number;
  /** With its CRC. */
  readonly rtu: Uint8Array;
}

/** Transaction id, protocol id 0 and the number of bytes that follow (Modbus Messaging on TCP/IP V1.0b, 3.1.3). */
const HEADER_BYTES = 6;
const CRC_BYTES = 2;
/** Unit and function code. */
const MIN_BODY_BYTES = 2;
const MAX_BODY_BYTES = MAX_RTU_BYTES - CRC_BYTES;
const MAX_TRANSACTION_ID = 0xffff;

/** @throws frame.bad_value, frame.bad_checksum, frame.bad_length */
export function encodeTcp({ transactionId, rtu }: ModbusTcpFrame): Uint8Array {
  if (!Number.isInteger(transactionId) || transactionId < 0 || transactionId > MAX_TRANSACTION_ID) {
    throw protocolError('frame.bad_value', 'a transaction id has 16 bits', { transactionId });
  }
  const body = rtu.subarray(0, -CRC_BYTES);
  mustHaveBody(body.length);
  if (!hasCrc16(rtu)) throw protocolError('frame.bad_checksum', 'wrong CRC of the RTU frame');
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, transactionId);
  view.setUint16(4, body.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** @throws frame.truncated, frame.bad_delimiter, frame.bad_length */
export function decodeTcp(bytes: Uint8Array): ModbusTcpFrame {
  if (bytes.length < HEADER_BYTES) throw protocolError('frame.truncated', `at least ${HEADER_BYTES} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bodyBytes = view.getUint16(4);
  if (view.getUint16(2) !== 0) throw protocolError('frame.bad_delimiter', 'the protocol id of Modbus is 0');
  mustHaveBody(bodyBytes);
  const length = HEADER_BYTES + bodyBytes;
  if (bytes.length < length) throw protocolError('frame.truncated', `${length} bytes announced, got ${bytes.length}`);
  if (bytes.length > length) throw protocolError('frame.bad_length', `${length} bytes announced, got ${bytes.length}`);
  return { transactionId: view.getUint16(0), rtu: withCrc16(bytes.subarray(HEADER_BYTES)) };
}

function mustHaveBody(bodyBytes: number): void {
  if (bodyBytes < MIN_BODY_BYTES || bodyBytes > MAX_BODY_BYTES) {
    throw protocolError('frame.bad_length', `a body of ${MIN_BODY_BYTES} to ${MAX_BODY_BYTES} bytes`, { bodyBytes });
  }
}

export const createModbusTcpStream = (): StreamDecoder<Received<ModbusTcpFrame>> => new ModbusTcpStream();

/**
 * Frames stand one behind the other and TCP loses nothing, so only the oldest byte held may begin one: with no checksum
 * to tell them apart, a header inside a frame must not count. A header that is none costs its first byte.
 */
class ModbusTcpStream extends ByteStream<ModbusTcpFrame> {
  override reset(): void {
    this.skipTo(this.window.end);
  }

  protected override accept(byte: number): Received<ModbusTcpFrame> | null {
    const { window } = this;
    window.append(byte);
    while (window.end - window.start >= HEADER_BYTES) {
      const at = window.start;
      const isModbus = window.at(at + 2) === 0 && window.at(at + 3) === 0 && window.at(at + 4) === 0;
      const bodyBytes = window.at(at + 5);
      if (!isModbus || bodyBytes < MIN_BODY_BYTES || bodyBytes > MAX_BODY_BYTES) {
        this.skipTo(at + 1);
        continue;
      }
      if (window.end - at < HEADER_BYTES + bodyBytes) return null;
      const frame = this.cutFrame(at);
      return { message: decodeTcp(frame), frame };
    }
    return null;
  }
}
