import { type NanoYuan, quantity, roundToFen } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newBilling } from './charge.ts';
import { averageUse, chargeProvisionally, type DayEnd, lastValidDays, type Outage } from './provisional.ts';
import { parseRule } from './rule.ts';

const ZONE = 'Asia/Shanghai';
const midnight = (day: number) => new Date(Date.UTC(2026, 2, day, -8));
/** The end of a day of March: the midnight after it. */
const end = (day: number, total: number): DayEnd => ({
  day: `2026-03-${String(day).padStart(2, '0')}`,
  readAt: midnight(day + 1),
  total: quantity(BigInt(total)),
});
const versionOf = (rule: unknown) => [{ planId: 'p', version: 1, validFrom: midnight(1), rule: parseRule(rule) }];

const flat = versionOf({ kind: 'flat', parts: [{ name: 'energy', price: '0.853217' }] });
const steps = versionOf({
  kind: 'steps',
  period: 'month',
  steps: [{ upTo: 70_000, parts: [{ name: 'energy', price: '0.50' }] }, { parts: [{ name: 'energy', price: '0.80' }] }],
});

/** Charged to the end of 9 March with 60,000 Wh used in the month. */
const outage = (days: readonly DayEnd[], more: Partial<Outage> = {}): Outage => {
  const settled = { readAt: midnight(10), total: quantity(200_000n) };
  const state = {
    billingPeriod: '2026-03',
    periodFrom: midnight(1),
    use: quantity(60_000n),
    exact: 30_000_000_000n as NanoYuan,
  };
  return {
    settledAt: settled.readAt,
    settledValue: settled.total,
    days: lastValidDays(days),
    usedSince: quantity(0),
    chargedUntil: settled.readAt,
    state,
    ...more,
  };
};

test('a day is valid with a reading on it and on the day before; the last seven count', () => {
  const ends = [end(1, 0), end(2, 10), end(4, 40), end(5, 55), end(6, 60)];
  expect(lastValidDays(ends).map(({ from, to }) => [to.day, to.total - from.total])).toEqual([
    ['2026-03-02', 10n],
    ['2026-03-05', 15n],
    ['2026-03-06', 5n],
  ]);
  const nine = Array.from({ length: 10 }, (_, i) => end(i + 1, i));
  expect(lastValidDays(nine).map(({ to }) => to.day)).toEqual(nine.slice(3).map(({ day }) => day));
  expect(lastValidDays([end(1, 0), end(3, 9)])).toEqual([]);
});

test('a month’s end is between two days like any other', () => {
  const february = { day: '2026-02-28', readAt: midnight(1), total: quantity(0n) };
  expect(lastValidDays([february, end(1, 7)])).toHaveLength(1);
});

test('use goes on at the average of the valid days, rounded down', () => {
  const three = outage([end(1, 0), end(2, 10), end(3, 30), end(4, 31)]);
  expect(averageUse(three, midnight(11))).toBe(10n);
  expect(averageUse(three, midnight(12))).toBe(20n);
  expect(averageUse(three, midnight(13))).toBe(31n);
  expect(averageUse(three, midnight(10))).toBe(0n);
});

test('it is priced over the steps from where the period stands', () => {
  const charge = chargeProvisionally(outage([end(1, 0), end(2, 20_000)]), midnight(11), steps, ZONE);
  expect(charge.uses.map(({ step, use }) => [step, use])).toEqual([
    [1, 10_000n],
    [2, 10_000n],
  ]);
  expect(charge).toMatchObject({ amountFen: 1_300n, before: { use: 60_000n }, after: { use: 80_000n } });
});

test('what was charged is not given back where the average fell meanwhile', () => {
  const thrifty = outage([end(1, 0), end(2, 100)], { usedSince: quantity(500n), chargedUntil: midnight(12) });
  expect(chargeProvisionally(thrifty, midnight(13), flat, ZONE)).toMatchObject({ amountFen: 0n, uses: [] });
});

test('however the time without data is cut, use and charge are the same', () => {
  const daily = fc.integer({ min: 0, max: 90_000 });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 30 * 86_400_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(daily, { minLength: 1, maxLength: 9 }), cuts, (uses, at) => {
      const sumTo = (count: number) => uses.slice(0, count).reduce((sum, use) => sum + use, 0);
      const days = [end(1, 0), ...uses.map((_, index) => end(index + 2, sumTo(index + 1)))];
      const start = outage(days, { state: newBilling({ readAt: midnight(10), total: quantity(200_000n) }) });
      const instants = at.toSorted((a, b) => a - b).map((ms) => new Date(midnight(10).getTime() + ms));
      let now = start;
      let amountFen = 0n;
      for (const to of instants) {
        const charge = chargeProvisionally(now, to, flat, ZONE);
        amountFen += charge.amountFen;
        now = { ...now, usedSince: charge.after.use, chargedUntil: to, state: charge.after };
      }
      const last = instants.at(-1) ?? midnight(10);
      expect(now.usedSince).toBe(averageUse(start, last));
      expect(amountFen).toBe(roundToFen((now.usedSince * 853_217n) as NanoYuan));
      expect(amountFen).toBe(chargeProvisionally(start, last, flat, ZONE).amountFen);
    }),
  );
});

test('without a valid day there is no average', () => {
  expect(() => averageUse({ days: [], settledAt: midnight(10) }, midnight(11))).toThrow(
    expect.objectContaining({ message: 'nothing is estimated from nothing' }),
  );
});
