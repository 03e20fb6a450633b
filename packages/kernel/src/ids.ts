import { toHex } from './bytes.ts';

const RANDOM_BYTES = 10;
/** Random bytes are asked for in so many at once: each question costs far more than its bytes. */
const POOL_BYTES = 819 * RANDOM_BYTES;
/** Of the 26 bits that count the ids of one instant, the first is left free at the start, so that they do not run over. */
const COUNTER_BITS = 26;
const COUNTER_MASK = 2 ** COUNTER_BITS - 1;
const START_MASK = 2 ** (COUNTER_BITS - 1) - 1;

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;
let lastMs = Number.NaN;
let counter = 0;

/**
 * UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits. Made by the program, never by the
 * database, so that a row's key is known before it is stored and inserts need no round trip. The ids that one process makes for one
 * instant, one after the other, rise (6.2, method 1), so that rows made together stand together in every index.
 * @param random in place of all but the milliseconds
 */
export function uuidV7(at: Date, random?: Uint8Array): string {
  const ms = at.getTime();
  const bytes = new Uint8Array(16);
  bytes.set(random?.subarray(0, RANDOM_BYTES) ?? nextRandom(), 6);
  if (random === undefined) count(bytes, ms);
  let left = ms;
  for (let at = 5; at >= 0; at--) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function nextRandom(): Uint8Array {
  if (used + RANDOM_BYTES > POOL_BYTES) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return pool.subarray(used - RANDOM_BYTES, used);
}

/** Writes the counter into the 12 bits after the version and the 14 after the variant. */
function count(bytes: Uint8Array, ms: number): void {
  const seed = ((bytes[6] ?? 0) << 18) | ((bytes[7] ?? 0) << 10) | ((bytes[8] ?? 0) << 2) | ((bytes[9] ?? 0) >> 6);
  counter = ms === lastMs ? (counter + 1) & COUNTER_MASK : seed & START_MASK;
  lastMs = ms;
  bytes[6] = counter >> 22;
  bytes[7] = (counter >> 14) & 0xff;
  bytes[8] = (counter >> 8) & 0x3f;
  bytes[9] = counter & 0xff;
}
