import { expect, test } from 'vitest';
import { countedFen, DENOMINATIONS_FEN } from './denominations.ts';

test('a drawer is worth what lies in it, and an empty one nothing', () => {
  expect(countedFen({})).toBe(0);
  expect(countedFen({ 10000: 3, 2000: 1, 100: 4, 10: 7 })).toBe(324_70);
});

test('every note and coin counts', () => {
  const one = Object.fromEntries(DENOMINATIONS_FEN.map((fen) => [fen, 1]));
  expect(countedFen(one)).toBe(186_60);
});
