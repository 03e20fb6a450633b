import { type NanoYuan, quantity, roundToFen } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  anyRule,
  extendedRule,
  quarter,
  register,
  ruleOf,
  versionOf,
  versions,
} from '../../test/pricing-arbitraries.ts';
import { referenceCosts } from '../../test/pricing-reference.ts';
import { type BillingState, type Charge, chargeReadings, newBilling } from './charge.ts';
import type { MeterValue } from './meter-value.ts';
import { type PricePart, unitPrice } from './parts.ts';
import { exactCost } from './use.ts';

const ZONE = 'Asia/Shanghai';
const RUNS = { numRuns: 100_000 };
const TIMEOUT_MS = 120_000;

const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n);
const total = (charges: readonly Charge[]) => sum(charges.map(({ amountFen }) => amountFen));
const startOf = (values: readonly MeterValue[]): BillingState =>
  newBilling(values[0] ?? { readAt: quarter(0), total: quantity(0) });
const same = <T>(a: T, b: T) => {
  if (a !== b) expect(a).toEqual(b);
};

test.each(['flat', 'tou', 'steps', 'steps_tou'] as const)(
  'a %s price agrees with pricing unit by unit',
  (kind) => {
    fc.assert(
      fc.property(ruleOf(kind), register, (rule, values) => {
        const charges = chargeReadings(startOf(values), values, [versionOf(rule)], ZONE);
        const expected = [...referenceCosts(rule, values).values()];
        same(sum(charges.map(({ before, after }) => after.exact - before.exact)), sum(expected));
        same(total(charges), sum(expected.map((exact) => roundToFen(exact as NanoYuan))));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'a free allowance and a standing charge beside any price agree with counting units and midnights one by one',
  () => {
    fc.assert(
      fc.property(extendedRule, register, ({ bare, rule, ...beside }, values) => {
        const charges = chargeReadings(startOf(values), values, [versionOf(rule)], ZONE);
        const expected = [...referenceCosts(bare, values, beside).values()];
        same(sum(charges.map(({ before, after }) => after.exact - before.exact)), sum(expected));
        same(total(charges), sum(expected.map((exact) => roundToFen(exact as NanoYuan))));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'with an allowance and a standing charge too, any cut of a period gives the same total',
  () => {
    fc.assert(
      fc.property(extendedRule, register, fc.integer({ min: 1, max: 6 }), ({ rule }, values, cut) => {
        const plan = [versionOf(rule)];
        const first = chargeReadings(startOf(values), values.slice(0, cut + 1), plan, ZONE);
        const rest = chargeReadings(first.at(-1)?.after ?? startOf(values), values.slice(cut), plan, ZONE);
        const whole = chargeReadings(startOf(values), values, plan, ZONE);
        const standing = (charges: readonly Charge[]) => sum(charges.map((one) => one.standing));
        same(total(first) + total(rest), total(whole));
        same(standing(first) + standing(rest), standing(whole));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'however readings are cut into settlements, whatever versions hold, the total is the same to the fen',
  () => {
    fc.assert(
      fc.property(versions, register, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (plan, values, cuts) => {
        const whole = chargeReadings(startOf(values), values, plan, ZONE);
        const pieces: Charge[] = [];
        let from = 0;
        for (const to of values.keys()) {
          if (to === from || (cuts[to] !== true && to < values.length - 1)) continue;
          const state = pieces.at(-1)?.after ?? startOf(values);
          pieces.push(...chargeReadings(state, values.slice(from, to + 1), plan, ZONE));
          from = to;
        }
        same(total(pieces), total(whole));
        same(pieces.at(-1)?.after.exact, whole.at(-1)?.after.exact);
        same(pieces.at(-1)?.after.use, whole.at(-1)?.after.use);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'charges join without a gap, are never negative, and the uses of each are its use and its exact sum',
  () => {
    fc.assert(
      fc.property(versions, register, (plan, values) => {
        const charges = chargeReadings(startOf(values), values, plan, ZONE);
        for (const [index, { from, to, before, after, uses, standing, amountFen }] of charges.entries()) {
          same(from, index === 0 ? values[0] : charges[index - 1]?.to);
          same(sum(uses.map(({ use }) => use)), to.total - from.total);
          same(exactCost(uses) + standing, after.exact - before.exact);
          same(amountFen >= 0n && uses.every(({ use }) => use > 0n), true);
        }
        same(charges.at(-1)?.to, values.at(-1));
        same(sum(charges.map(({ intervals }) => BigInt(intervals))), BigInt(values.length - 1));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'a new version never prices again what was before it',
  () => {
    fc.assert(
      fc.property(versions, anyRule, register, fc.integer({ min: 1, max: 700 }), (plan, rule, values, from) => {
        const changed = [...plan, versionOf(rule, 9, from)];
        const before = values.filter(({ readAt }) => readAt <= quarter(from));
        const old = chargeReadings(startOf(values), before, plan, ZONE);
        same(total(chargeReadings(startOf(values), before, changed, ZONE)), total(old));
        const state = old.at(-1)?.after ?? startOf(values);
        const later = chargeReadings(state, values.slice(Math.max(before.length - 1, 0)), changed, ZONE);
        same(total(chargeReadings(startOf(values), values, changed, ZONE)), total(old) + total(later));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'more use never costs less',
  () => {
    const last = fc.bigInt({ min: 0n, max: 500n });
    fc.assert(
      fc.property(fc.oneof(ruleOf('flat'), ruleOf('steps')), register, last, (rule, values, more) => {
        const plan = [versionOf(rule)];
        const end = values.at(-1);
        const raised = values.map((one) => (one === end ? { ...one, total: quantity(one.total + more) } : one));
        const less = total(chargeReadings(startOf(values), values, plan, ZONE));
        same(total(chargeReadings(startOf(values), raised, plan, ZONE)) >= less, true);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test('a unit price is the sum of its parts, and so is what is paid for them one by one', () => {
  fc.assert(
    fc.property(anyRule, register, (rule, values) => {
      const charges = chargeReadings(startOf(values), values, [versionOf(rule)], ZONE);
      for (const { uses, standing, before, after } of charges) {
        const partByPart = uses.flatMap(({ use, price }) => price.map((part: PricePart) => use * part.price));
        same(sum(partByPart) + standing, after.exact - before.exact);
        for (const { price } of uses) same(unitPrice(price), sum(price.map((part) => part.price)));
      }
    }),
    { numRuns: 20_000 },
  );
});
