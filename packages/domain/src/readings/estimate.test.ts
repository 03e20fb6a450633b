import { quantity } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { estimateTotal as estimate } from './estimate.ts';

const HOUR_MS = 3_600_000;
const hour = (hours: number) => new Date(Date.UTC(2026, 2, 1) + hours * HOUR_MS);
const estimateTotal = (readings: Parameters<typeof estimate>[0], at: Date, ctRatio = 1) =>
  estimate(readings, at, ctRatio);
const value = (hours: number, total: number) => ({ readAt: hour(hours), total: quantity(total) });
/** A kWh a day for so many days, read once an hour. */
const steady = (days: number) =>
  Array.from({ length: days * 24 + 1 }, (_, hours) => value(hours, ((hours * 1_000) / 24) | 0));

test('use goes on as in the last seven days, rounded down to the unit', () => {
  const readings = [value(0, 0), ...Array.from({ length: 8 }, (_, day) => value(24 * (day + 1), 50_000 + day * 1_000))];
  expect(estimateTotal(readings, hour(24 * 8 + 12))).toBe(57_500n);
  expect(estimateTotal(readings, hour(24 * 8 + 1))).toBe(57_041n);
  expect(estimateTotal(readings, hour(24 * 8 + 1), 40)).toBe(57_040n);
  expect(estimateTotal(steady(3), hour(72 + 36))).toBe(4_500n);
});

test('a gap of more than 36 hours is no valid day, and the days before it count instead', () => {
  const readings = [value(0, 0), value(24, 1_000), value(24 * 10, 90_000), value(24 * 11, 91_000)];
  expect(estimateTotal(readings, hour(24 * 12))).toBe(92_000n);
  expect(estimateTotal([value(0, 0), value(36, 3_600)], hour(37))).toBe(3_700n);
});

test('nothing is estimated from one reading, from gaps alone, or into the past', () => {
  expect(estimateTotal([], hour(0))).toBeNull();
  expect(estimateTotal([value(0, 5)], hour(24))).toBeNull();
  expect(estimateTotal([value(0, 5), value(48, 10)], hour(72))).toBeNull();
  expect(estimateTotal(steady(2), hour(1))).toBeNull();
});

test('at the time of the last reading the estimate is that reading', () => {
  expect(estimateTotal(steady(2), hour(48))).toBe(2_000n);
});
