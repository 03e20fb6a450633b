const POLYNOMIAL = 0xa001;

/** Entry b is the register after the byte b on a register of zero. */
export const CRC16_TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >> 1) ^ POLYNOMIAL : register >> 1;
  return register;
});

const tableAfter = (table: Uint16Array): Uint16Array =>
  table.map((register) => (register >> 8) ^ (CRC16_TABLE[register & 0xff] ?? 0));

/** The register after a byte and so many zero bytes: four bytes are taken in one step, each by the table of its place. */
const AFTER_ONE = tableAfter(CRC16_TABLE);
const AFTER_TWO = tableAfter(AFTER_ONE);
const AFTER_THREE = tableAfter(AFTER_TWO);

/** CRC-16 of Modbus over serial line (V1.02, 6.2.2): reflected 8005, start FFFF. On the wire its low byte comes first. */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let register = 0xffff;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    register =
      (AFTER_THREE[(register ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^
      (AFTER_TWO[(register >> 8) ^ (bytes[at + 1] ?? 0)] ?? 0) ^
      (AFTER_ONE[bytes[at + 2] ?? 0] ?? 0) ^
      (CRC16_TABLE[bytes[at + 3] ?? 0] ?? 0);
  }
  for (; at < to; at++) register = (register >> 8) ^ (CRC16_TABLE[(register ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return register;
}

/** The bytes followed by their CRC. */
export function withCrc16(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + 2);
  whole.set(bytes);
  new DataView(whole.buffer).setUint16(bytes.length, crc16(bytes), true);
  return whole;
}

/** Whether the last two bytes are the CRC of those before: the CRC over all of them is then zero. */
export const hasCrc16 = (bytes: Uint8Array): boolean => bytes.length > 2 && crc16(bytes) === 0;
