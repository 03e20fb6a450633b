import { concatBytes } from '@openprepay/kernel';
import { crc16 } from '@openprepay/protocols/modbus';

const DATA = 0x91;
const SERIAL_BYTES = 20;
const text = (ascii: string) => Uint8Array.from(ascii, (letter) => letter.charCodeAt(0));

/**
 * A 0x91 data frame as firmware in the field writes it: with the modem's serial or without, the Modbus reply with its
 * CRC or without. @openprepay/protocols writes one form and reads them all.
 */
export function encodeDataFrame(serial: string | null, address: string, modbus: Uint8Array): Uint8Array {
  const named = new Uint8Array(serial === null ? 0 : SERIAL_BYTES);
  if (serial !== null) named.set(text(serial));
  const checked = concatBytes(Uint8Array.of(DATA), named, text(`[[${address}((`), modbus, text('))]]'));
  const crc = crc16(checked);
  return concatBytes(text('{{'), checked, Uint8Array.of(crc & 0xff, crc >> 8), text('}}'));
}
