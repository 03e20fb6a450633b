import { expect, test } from 'vitest';
import { benchDecode } from './decode.ts';
import { compare, outerRanks } from './pairs.ts';

test('every benchmark runs, and ours finds what its baseline finds', () => {
  const results = benchDecode({ pairs: 3, rounds: 1, warmUpRounds: 1 });
  expect(results).toHaveLength(5);
  for (const { low, median, high, oursPerS } of results) {
    expect(low).toBeGreaterThan(0);
    expect(median).toBeGreaterThanOrEqual(low);
    expect(high).toBeGreaterThanOrEqual(median);
    expect(oursPerS).toBeGreaterThan(0);
  }
});

test.each([
  [5, 0],
  [11, 1],
  [21, 5],
  [41, 13],
])('the interval of the median of %i pairs leaves out %i at either end', (pairs, out) => {
  expect(outerRanks(pairs)).toBe(out);
});

test('ten times the work is found to be the slower', () => {
  const spin = (times: number) => () => {
    let sum = 0;
    for (let at = 0; at < times * 100_000; at++) sum += at % 7;
    return sum;
  };
  const { median } = compare(spin(10), spin(1), 1, { pairs: 11, rounds: 3, warmUpRounds: 5 });
  expect(median).toBeGreaterThan(0);
  expect(median).toBeLessThan(0.7);
});
