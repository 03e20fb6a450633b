import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { crc16, withCrc16 } from '../modbus/crc16.ts';
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES } from './messages.ts';

const HEAD = Uint8Array.of(0x7b, 0x7b);
const TAIL = Uint8Array.of(0x7d, 0x7d);

/** `7B7B | command | body | CRC-16/Modbus over command and body, low byte first | 7D7D` (vendor's 4G document, "safe"). */
export function seal(command: number, body: Uint8Array): Uint8Array {
  const frame = concatBytes(HEAD, withCrc16(concatBytes(Uint8Array.of(command), body)), TAIL);
  if (frame.length > MAX_FRAME_BYTES)
    throw protocolError('frame.too_long', `over ${MAX_FRAME_BYTES} bytes`, { bytes: frame.length });
  return frame;
}

/** `body` is a view of the frame. @throws frame.truncated, frame.too_long, frame.bad_delimiter, frame.bad_checksum */
export function open(frame: Uint8Array): { readonly command: number; readonly body: Uint8Array } {
  const { length } = frame;
  if (length < MIN_FRAME_BYTES)
    throw protocolError('frame.truncated', `at least ${MIN_FRAME_BYTES} bytes, got ${length}`);
  if (length > MAX_FRAME_BYTES)
    throw protocolError('frame.too_long', `over ${MAX_FRAME_BYTES} bytes`, { bytes: length });
  if (frame[0] !== 0x7b || frame[1] !== 0x7b) throw protocolError('frame.bad_delimiter', 'does not begin with 7B7B');
  if (frame[length - 2] !== 0x7d || frame[length - 1] !== 0x7d) {
    throw protocolError('frame.bad_delimiter', 'does not end with 7D7D');
  }
  if (crc16(frame, 2, length - 2) !== 0) throw protocolError('frame.bad_checksum', 'wrong CRC');
  return { command: frame[2] ?? 0, body: frame.subarray(3, -4) };
}
