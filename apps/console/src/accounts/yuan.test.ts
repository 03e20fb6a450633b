import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endOfDay, readYuan, yuanText } from './yuan.ts';

test.each([
  ['', null],
  ['  ', null],
  ['0', 0],
  ['０.00', 0],
  ['12.5', 1_250],
  ['¥1,200', 120_000],
  ['-1', undefined],
  ['1.234', undefined],
  ['ten', undefined],
])('an amount typed as “%s”', (typed, amountFen) => {
  expect(readYuan(typed)).toBe(amountFen);
});

test('what a field shows is read as what it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000_000 }), (amountFen) => readYuan(yuanText(amountFen)) === amountFen),
  );
});

test('a day ends where the market’s next one begins', () => {
  expect(endOfDay('2026-03-31', 'Asia/Shanghai')).toBe('2026-03-31T16:00:00.000Z');
  expect(endOfDay('2026-03-29', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z');
  expect(endOfDay('', 'Asia/Shanghai')).toBeNull();
  expect(endOfDay('2026-13-01', 'Asia/Shanghai')).toBeNull();
});
