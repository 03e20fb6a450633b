import fc from 'fast-check';
import { isProtocolError } from '../src/index.ts';

/** What `work` gives, or undefined if it refused by name. Anything else it throws fails the test. */
export function orRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isProtocolError(error)) return undefined;
    throw error;
  }
}

/** Bytes of a good message with a few of them changed, left out or put in. */
export const mutated = (good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      good,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(2)), { minLength: 1, maxLength: 4 }),
    )
    .map(([bytes, changes]) => {
      const changed = [...bytes];
      for (const [at, byte, how] of changes)
        changed.splice(at % (changed.length + 1), how === 0 ? 0 : 1, ...(how === 2 ? [] : [byte]));
      return Uint8Array.from(changed);
    });

/** The same bytes in chunks of any sizes. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
}

export const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });

export const wallClock = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map((at) => ({
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    weekday: at.getUTCDay(),
  }));
