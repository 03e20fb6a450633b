/** Two decimal digits of one byte. */
export const bcd = (value: number): number => ((Math.floor(value / 10) % 10) << 4) | (value % 10);

/** Decimal digits, two a byte, the low byte first; digits above `length` bytes fall off, as on a register. */
export function bcdLowFirst(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => bcd(Math.floor(value / 100 ** i) % 100));
}

/** The number that such bytes show; null where a byte is no two digits. */
export function fromBcdLowFirst(bytes: Uint8Array): number | null {
  let value = 0;
  for (const byte of bytes.toReversed()) {
    if (byte >> 4 > 9 || (byte & 0x0f) > 9) return null;
    value = value * 100 + (byte >> 4) * 10 + (byte & 0x0f);
  }
  return value;
}
