const POLYNOMIAL = 0xa001;

/** Entry b is the register after the byte b on a register of zero. */
export const CRC16_TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >> 1) ^ POLYNOMIAL : register >> 1;
  return register;
});

const STEP_BYTES = 8;

/**
 * Entry 256·n + b is the register after the byte b and n zero bytes, so that eight bytes are taken in one step, each by the
 * table of its place.
 */
const STEPS = new Uint16Array(256 * STEP_BYTES);
STEPS.set(CRC16_TABLE);
for (let entry = 256; entry < STEPS.length; entry++) {
  const before = STEPS[entry - 256] ?? 0;
  STEPS[entry] = (before >> 8) ^ (CRC16_TABLE[before & 0xff] ?? 0);
}

/** CRC-16 of Modbus over serial line (V1.02, 6.2.2): reflected 8005, start FFFF. On the wire its low byte comes first. */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let register = 0xffff;
  let at = from;
  for (; at + STEP_BYTES <= to; at += STEP_BYTES) {
    register =
      (STEPS[0x700 + ((register ^ (bytes[at] ?? 0)) & 0xff)] ?? 0) ^
      (STEPS[0x600 + ((register >> 8) ^ (bytes[at + 1] ?? 0))] ?? 0) ^
      (STEPS[0x500 + (bytes[at + 2] ?? 0)] ?? 0) ^
      (STEPS[0x400 + (bytes[at + 3] ?? 0)] ?? 0) ^
      (STEPS[0x300 + (bytes[at + 4] ?? 0)] ?? 0) ^
      (STEPS[0x200 + (bytes[at + 5] ?? 0)] ?? 0) ^
      (STEPS[0x100 + (bytes[at + 6] ?? 0)] ?? 0) ^
      (STEPS[bytes[at + 7] ?? 0] ?? 0);
  }
  for (; at < to; at++) register = (register >> 8) ^ (STEPS[(register ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
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
