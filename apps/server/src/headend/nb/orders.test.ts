import { expect, test } from 'vitest';
import { MAX_ORDERS } from './answers.ts';
import { seriesOf } from './orders.ts';

test('no two writes of thirty-two wishes in a row carry the same series, wherever the count stands', () => {
  for (const first of [0n, 1n, 250n, 2n ** 40n]) {
    const series = Array.from({ length: 32 }, (_, wish) =>
      Array.from({ length: MAX_ORDERS }, (_, attempt) => seriesOf({ wantedSeq: first + BigInt(wish) }, attempt + 1)),
    ).flat();
    expect(new Set(series).size).toBe(32 * MAX_ORDERS);
    expect(series.every((one) => one >= 0 && one <= 0xff)).toBe(true);
  }
});
