import { expect, test } from 'vitest';
import { nextMonthStart, pastMonths, thisMonth, wallInstant } from './months.ts';

const ZONE = 'Asia/Shanghai';
// 1 January 2027, 00:30 in the market.
const now = new Date('2026-12-31T16:30:00Z');

test('months are those of the market’s zone', () => {
  expect(pastMonths(now, ZONE, 3)).toEqual(['2026-12', '2026-11', '2026-10']);
  expect(thisMonth(now, ZONE)).toBe('2027-01');
  expect(nextMonthStart(now, ZONE)).toBe('2027-02-01T00:00');
});

test('a time of the wall clock is an instant, or none', () => {
  expect(wallInstant('2027-02-01T00:00', ZONE)?.toISOString()).toBe('2027-01-31T16:00:00.000Z');
  for (const bad of ['', '2027-02-01', '2027-02-30T00:00']) expect(wallInstant(bad, ZONE)).toBeNull();
});
