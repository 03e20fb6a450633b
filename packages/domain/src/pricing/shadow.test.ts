import { fen, type NanoYuan, quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyRule, quarter, register, versionOf } from '../../test/pricing-arbitraries.ts';
import { type BillingState, chargeReadings, newBilling } from './charge.ts';
import type { MeterValue } from './meter-value.ts';
import { parseRule } from './rule.ts';
import { partOfCharge, shadowCharge } from './shadow.ts';

const ZONE = 'Asia/Shanghai';
const RUNS = { numRuns: 100_000 };
const TIMEOUT_MS = 120_000;
const startOf = (values: readonly MeterValue[]) => newBilling(values[0] ?? { readAt: quarter(0), total: quantity(0) });

test(
  'the rule that was in force makes of any stretch of a meter’s life exactly what was charged for it',
  () => {
    fc.assert(
      fc.property(anyRule, register, fc.integer({ min: 1, max: 5 }), (rule, values, cut) => {
        const version = versionOf(rule);
        const before = chargeReadings(startOf(values), values.slice(0, cut + 1), [version], ZONE);
        const opening = before.at(-1)?.after ?? startOf(values);
        const rest = values.slice(Math.min(cut, values.length - 1));
        const charged = chargeReadings(opening, rest, [version], ZONE);
        const chargedFen = fen(charged.reduce((sum, { amountFen }) => sum + amountFen, 0n));
        const stretch = { opening, usedInYear: quantity(0), readings: rest };
        const { wouldBeFen, use, after } = shadowCharge(rule, stretch, null, ZONE);
        expect(wouldBeFen).toBe(chargedFen);
        expect(use).toBe((rest.at(-1)?.total ?? 0n) - (rest[0]?.total ?? 0n));
        if (charged.length > 0) expect(after).toEqual(charged.at(-1)?.after);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'the parts of a charge on either side of a reading add up to it, and the second begins where the first ended',
  () => {
    fc.assert(
      fc.property(anyRule, register, fc.nat(5), (rule, values, cut) => {
        const version = versionOf(rule);
        const [charge] = chargeReadings(startOf(values), values, [version], ZONE);
        if (!charge) return;
        const joined = values.slice(0, charge.intervals + 1);
        const border = joined[Math.min(cut, charge.intervals)]?.readAt ?? charge.to.readAt;
        const part = (from: Date, to: Date) => partOfCharge(charge.before, version, joined, from, to, ZONE);
        const [first, second] = [part(charge.from.readAt, border), part(border, charge.to.readAt)];
        expect(first.amountFen + second.amountFen).toBe(charge.amountFen);
        expect(second.before.use).toBe(
          (joined.find(({ readAt }) => readAt >= border)?.total ?? 0n) - charge.from.total + charge.before.use,
        );
      }),
      { numRuns: 20_000 },
    );
  },
  TIMEOUT_MS,
);

const steps = (period: string) =>
  parseRule({
    kind: 'steps',
    period,
    steps: [{ upTo: 1_000, parts: [{ name: 'energy', price: '0.5' }] }, { parts: [{ name: 'energy', price: '1' }] }],
  });
const opening: BillingState = {
  billingPeriod: 'tenure',
  periodFrom: quarter(0),
  use: quantity(5_000),
  exact: 4_000_000_000n as NanoYuan,
};
const readings = [quarter(0), quarter(40)].map((readAt, index) => ({ readAt, total: quantity(9_000 + index * 800) }));
const stretch = { opening, usedInYear: quantity(600), readings };

test('steps by the month begin with the month, steps by the year with what was used in the year before it', () => {
  expect(shadowCharge(steps('month'), stretch, null, ZONE)).toMatchObject({ wouldBeFen: 40n, use: 800n });
  // 400 in the first step and 400 in the second.
  expect(shadowCharge(steps('year'), stretch, null, ZONE)).toMatchObject({ wouldBeFen: 60n, after: { use: 1_400n } });
});

test('a meter that took another’s place goes on from where the draft left that one', () => {
  const carried = { ...opening, billingPeriod: '2026-04', use: quantity(900), exact: 450_000_000n as NanoYuan };
  // 100 in the first step and 700 in the second.
  expect(shadowCharge(steps('month'), stretch, carried, ZONE)).toMatchObject({ wouldBeFen: 75n });
});

test('a stretch without readings costs nothing and leaves the period where it stood', () => {
  const carried = { ...opening, use: quantity(900) };
  const nothing = { ...stretch, readings: [] };
  expect(shadowCharge(steps('month'), nothing, null, ZONE)).toEqual({ wouldBeFen: 0n, use: 0n, after: opening });
  expect(shadowCharge(steps('month'), nothing, carried, ZONE)).toEqual({ wouldBeFen: 0n, use: 0n, after: carried });
});
