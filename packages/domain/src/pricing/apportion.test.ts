import { expect, test } from 'vitest';
import { apportion } from './apportion.ts';

test('what is left over goes by one to the largest remainders, the first of equals first', () => {
  expect(apportion(1n, [1n, 1n, 1n])).toEqual([1n, 0n, 0n]);
  expect(apportion(5n, [1n, 1n, 1n])).toEqual([2n, 2n, 1n]);
  expect(apportion(10n, [1n, 3n, 2n])).toEqual([2n, 5n, 3n]);
});

test('nothing is divided among anybody or nobody; something is not divided among nobody', () => {
  expect([apportion(0n, [2n, 1n]), apportion(0n, [0n, 0n]), apportion(0n, [])]).toEqual([[0n, 0n], [0n, 0n], []]);
  expect(() => apportion(3n, [0n, 0n])).toThrow(
    expect.objectContaining({ message: 'something is divided among somebody', details: { whole: 3n } }),
  );
});

test.each([
  [-1n, [1n]],
  [1n, [2n, -1n]],
  [-1n, [-1n]],
])('%s among %s is refused', (whole, weights) => {
  expect(() => apportion(whole, weights)).toThrow(
    expect.objectContaining({ message: 'shares are never negative', details: { whole } }),
  );
});
