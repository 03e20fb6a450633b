import { CRC16_TABLE } from '../modbus/crc16.ts';

const POLYNOMIAL = 0xa001;
/** The reflected register's bit 7 is x⁸ and its bit 0 is x¹⁵, so a step to the right multiplies by x. */
const BYTE_TOP = 0x80;

/** Index by the high byte of a table entry, for running the register backwards. */
const BACKWARDS = new Uint8Array(256);
for (const [byte, entry] of CRC16_TABLE.entries()) BACKWARDS[entry >> 8] = byte;

/**
 * Tells in constant time whether the CRC of any two marks in a stream fits, without computing it for each pair.
 *
 * Let A be one step of the register over a zero byte: linear and invertible. From a start at byte a with FFFF, the
 * register at byte q is Aᵠ⁻ᵃ(sₐ ⊕ FFFF) ⊕ s_q, where s is the register that ran from the stream's beginning on zero. A
 * frame is whole when this is zero (its own CRC included), that is when A⁻ᵃ(sₐ ⊕ FFFF) = A⁻ᵠ(s_q). The left side depends
 * on the start alone, the right side on the end alone: two 16-bit keys, and equal keys are a right CRC.
 */
export class CrcKeys {
  /** A⁻ⁱ(sᵢ). */
  #end = 0;
  /** A⁻ⁱ(FFFF). */
  #preset = 0xffff;
  /** A⁻ⁱ of the top bit of a byte. */
  #unit = BYTE_TOP;

  /** Key of a frame whose CRC ends before the next byte. */
  get end(): number {
    return this.#end;
  }

  /** Key of a frame whose checked part begins with the next byte. */
  get start(): number {
    return this.#end ^ this.#preset;
  }

  /** sᵢ₊₁ = A(sᵢ ⊕ byte), so the end key changes by A⁻ⁱ(byte), which is summed bit by bit from the top. */
  take(byte: number): void {
    let power = this.#unit;
    for (let bit = BYTE_TOP; bit > 0; bit >>= 1) {
      if (byte & bit) this.#end ^= power;
      power = power & 1 ? (power >> 1) ^ POLYNOMIAL : power >> 1;
    }
    this.#preset = stepBack(this.#preset);
    this.#unit = stepBack(this.#unit);
  }
}

/** A⁻¹. */
function stepBack(register: number): number {
  const low = BACKWARDS[register >> 8] ?? 0;
  return (((register ^ (CRC16_TABLE[low] ?? 0)) & 0xff) << 8) | low;
}
