import { expect, test } from 'vitest';
import { fenOf, isWallTime, minutesText, secondsOf, wholeOf, yuanText } from './fields.ts';

test.each([
  ['0', 0],
  ['20', 2_000],
  ['0.5', 50],
  ['１２．３４', 1_234],
  ['007.1', 710],
  ['1,000', 100_000],
  ['', null],
  ['-1', null],
  ['1.234', null],
  ['ten', null],
])('%s yuan is %s fen', (typed, amountFen) => {
  expect(fenOf(typed)).toBe(amountFen);
});

test('whole numbers and minutes', () => {
  expect([wholeOf('12'), wholeOf('1.5'), wholeOf(''), wholeOf('1234567')]).toEqual([12, null, null, null]);
  expect([secondsOf('30'), secondsOf('x')]).toEqual([1_800, null]);
  expect([minutesText(1_800), minutesText(61), yuanText(2_005)]).toEqual(['30', '2', '20.05']);
});

test.each([
  ['09:30', true, true],
  ['24:00', true, true],
  ['24:00', false, false],
  ['9:30', true, false],
  ['23:60', true, false],
])('%s as a time of day, end allowed: %s', (typed, mayEnd, is) => {
  expect(isWallTime(typed, mayEnd)).toBe(is);
});
