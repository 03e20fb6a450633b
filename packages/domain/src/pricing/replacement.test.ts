import { quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quarter, register, versions } from '../../test/pricing-arbitraries.ts';
import { type Counted, countOn, type MeterLimits } from '../readings/index.ts';
import { type BillingState, type Charge, chargeReadings, newBilling } from './charge.ts';
import type { MeterValue } from './meter-value.ts';

const ZONE = 'Asia/Shanghai';
const RUNS = { numRuns: 100_000 };
const TIMEOUT_MS = 120_000;
const same = <T>(a: T, b: T) => {
  if (a !== b) expect(a).toEqual(b);
};

const startOf = (values: readonly MeterValue[]): BillingState =>
  newBilling(values[0] ?? { readAt: quarter(0), total: quantity(0) });
const money = (charges: readonly Charge[]) => charges.reduce((sum, { amountFen }) => sum + amountFen, 0n);

/** What another device shows of the same use from then on: everything from other numbers. */
function onDevice(values: readonly MeterValue[], begins: readonly bigint[]): MeterValue[] {
  const [first] = values;
  if (first === undefined) return [];
  const moved = begins.map((begin, tariff) => begin - (first.tariffs?.[tariff] ?? 0n));
  return values.map(({ readAt, total, tariffs }) => ({
    readAt,
    total: quantity(total - first.total + begins.reduce((sum, begin) => sum + begin, 0n)),
    tariffs: tariffs?.map((value, tariff) => (value === null ? null : value + (moved[tariff] ?? 0n))) ?? null,
  }));
}

/** Every reading has its registers or none has, so that nothing hangs on which reading of two devices has them. */
const steadyRegister = fc.tuple(register, fc.boolean()).map(([values, hasRegisters]) => {
  const isWhole = hasRegisters && values.every(({ tariffs }) => tariffs);
  return isWhole ? values : values.map((value) => ({ ...value, tariffs: null }));
});

test(
  'whenever and however often a meter is replaced, its tenant pays what one meter would have cost, to the fen',
  () => {
    const begins = fc.array(fc.bigInt({ min: 0n, max: 5_000n }), { minLength: 5, maxLength: 5 });
    const swaps = fc.array(fc.option(begins), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(versions, steadyRegister, swaps, (plan, truth, given) => {
        const one = chargeReadings(startOf(truth), truth, plan, ZONE);
        const many: Charge[] = [];
        let state = startOf(truth);
        let from = 0;
        let device: readonly bigint[] | null = null;
        for (const to of truth.keys()) {
          const next = given[to] ?? null;
          if (to === from || (next === null && to < truth.length - 1)) continue;
          const segment = truth.slice(from, to + 1);
          many.push(...chargeReadings(state, device === null ? segment : onDevice(segment, device), plan, ZONE));
          // The next device goes on in the billing period of the one before.
          state = many.at(-1)?.after ?? state;
          from = to;
          device = next;
        }
        same(money(many), money(one));
        same(many.at(-1)?.after.exact, one.at(-1)?.after.exact);
        same(many.at(-1)?.after.use, one.at(-1)?.after.use);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);

test(
  'however often a register turns over between them, readings are charged as if it never did',
  () => {
    // Between two readings a register moves at most a tenth of its turn: 200.
    const limits: MeterLimits = { kind: 'water', maxPerHour: null, modulus: 2_000n, ctRatio: 1 };
    fc.assert(
      fc.property(versions, register, fc.bigInt({ min: 0n, max: 9_999n }), (plan, values, offset) => {
        const truth = values.map((value) => ({ ...value, total: quantity(value.total + offset) }));
        let before: Counted | null = null;
        const counted = truth.map((value) => {
          const shown = {
            ...value,
            total: quantity(value.total % 2_000n),
            tariffs: value.tariffs?.map((one) => (one === null ? null : one % 2_000n)) ?? null,
          };
          before = countOn(shown, { before, after: null }, limits);
          return before;
        });
        const charged = chargeReadings(startOf(counted), counted, plan, ZONE);
        const expected = chargeReadings(startOf(truth), truth, plan, ZONE);
        same(money(charged), money(expected));
        same(charged.at(-1)?.after.use, expected.at(-1)?.after.use);
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);
