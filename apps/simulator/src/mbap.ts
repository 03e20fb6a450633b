import { concatBytes } from '@openprepay/kernel';
import { crc16 } from '@openprepay/protocols/modbus';

/** Transaction, protocol 0, length (2 bytes each); then unit and the rest of the message, without CRC. */
const MBAP_BYTES = 6;
const LENGTH_LIMIT = 254;
const CRC_BYTES = 2;

/** A message of Modbus TCP: the transaction that an answer repeats, and the RTU frame that the same would be. */
export interface MbapMessage {
  readonly transaction: Uint8Array;
  readonly frame: Uint8Array;
}

/** Cuts the bytes of one connection into messages; null once nothing on it can be understood any more. */
export function createMbapCutter(): (chunk: Uint8Array) => readonly MbapMessage[] | null {
  let waiting: Uint8Array = new Uint8Array();
  return (chunk) => {
    waiting = concatBytes(waiting, chunk);
    const messages: MbapMessage[] = [];
    while (waiting.length >= MBAP_BYTES) {
      const view = new DataView(waiting.buffer, waiting.byteOffset);
      const end = MBAP_BYTES + view.getUint16(4);
      if (view.getUint16(2) !== 0 || end > MBAP_BYTES + LENGTH_LIMIT) return null;
      if (waiting.length < end) break;
      messages.push({ transaction: waiting.slice(0, 2), frame: withCrc(waiting.subarray(MBAP_BYTES, end)) });
      waiting = waiting.slice(end);
    }
    return messages;
  };
}

/** @param frame an RTU frame, or null for none within the time: exception 0B, target device failed to respond */
export function mbapAnswer({ transaction, frame: request }: MbapMessage, frame: Uint8Array | null): Uint8Array {
  const [unit = 0, functionCode = 0] = request;
  const body = frame ? frame.subarray(0, -CRC_BYTES) : Uint8Array.of(unit, functionCode | 0x80, 0x0b);
  return concatBytes(transaction, Uint8Array.of(0, 0, 0, body.length), body);
}

export const hasCrc = (frame: Uint8Array): boolean =>
  frame.length > CRC_BYTES && withCrc(frame.subarray(0, -CRC_BYTES)).every((byte, i) => byte === frame[i]);

function withCrc(body: Uint8Array): Uint8Array {
  const crc = crc16(body);
  return concatBytes(body, Uint8Array.of(crc & 0xff, crc >> 8));
}
