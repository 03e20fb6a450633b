import { type NanoYuan, quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyRule, quarter, register, ruleOf, versionOf } from '../../test/pricing-arbitraries.ts';
import { type BillingState, type Charge, chargeReadings, newBilling } from './charge.ts';
import { type Correction, correctInterval } from './correction.ts';
import type { MeterValue } from './meter-value.ts';
import { type PriceRule, parseRule } from './rule.ts';

const ZONE = 'Asia/Shanghai';
const TIMEOUT_MS = 120_000;
const at = (count: number, total: number): MeterValue => ({ readAt: quarter(count), total: quantity(total) });
const shown = ({ uses }: Correction) => uses.map(({ step, tariff, use }) => [step, tariff, use]);

const steps = parseRule({
  kind: 'steps',
  period: 'month',
  steps: [{ upTo: 1_000, parts: [{ name: 'energy', price: '0.5' }] }, { parts: [{ name: 'energy', price: '0.8' }] }],
});

test('more than was said is priced where the period stands now, over the border of a step', () => {
  const state: BillingState = {
    billingPeriod: '2026-04',
    periodFrom: quarter(0),
    use: quantity(900),
    exact: 450_000_000n as NanoYuan,
  };
  const said = { from: at(0, 5_000), to: at(4, 5_200) };
  const more = correctInterval(state, versionOf(steps), said, { ...said, to: at(4, 5_400) }, ZONE);
  expect(shown(more)).toEqual([
    [1, null, 100n],
    [2, null, 100n],
  ]);
  expect(more.after).toEqual({ ...state, use: 1_100n, exact: 580_000_000n });
  const less = correctInterval(more.after, versionOf(steps), { ...said, to: at(4, 5_400) }, said, ZONE);
  expect(shown(less)).toEqual([
    [1, null, -100n],
    [2, null, -100n],
  ]);
  expect(less.after).toEqual(state);
});

test('an interval that was right is corrected by nothing', () => {
  const said = { from: at(0, 5_000), to: at(4, 5_200) };
  const state = { ...newBilling(at(0, 5_000)), billingPeriod: '2026-04', use: quantity(200) };
  expect(correctInterval(state, versionOf(steps), said, said, ZONE)).toMatchObject({ uses: [], amountFen: 0n });
});

test.each([
  ['more than was charged is taken back', [5_000, 5_200], [5_000, 5_100], 100],
  ['the use that was said is negative', [5_200, 5_100], [5_000, 5_100], 500],
  ['the true use is negative', [5_000, 5_200], [5_200, 5_100], 500],
  ['both are', [5_200, 5_100], [5_200, 5_100], 500],
] as const)('nothing is corrected where %s', (_, [saidFrom, saidTo], [trueFrom, trueTo], use) => {
  const state = { ...newBilling(at(0, 5_000)), use: quantity(use) };
  const said = { from: at(0, saidFrom), to: at(4, saidTo) };
  const truth = { from: at(0, trueFrom), to: at(4, trueTo) };
  expect(() => correctInterval(state, versionOf(steps), said, truth, ZONE)).toThrow(
    expect.objectContaining({ message: 'what is taken back was charged', details: { state, said, truth } }),
  );
});

/** What the charges of each billing period, and the correction of one, come to. */
function exactByPeriod(charges: readonly Charge[], correction?: Correction): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { before, after } of [...charges, ...(correction ? [correction] : [])]) {
    const period = after.billingPeriod ?? '';
    sums.set(period, (sums.get(period) ?? 0n) + after.exact - before.exact);
  }
  return sums;
}

/** Asking `expect` takes longer than what is asked. */
const same = <T>(a: T, b: T) => {
  if (a !== b) expect(a).toEqual(b);
};
const fenOf = (parts: readonly { readonly amountFen: bigint }[]) => parts.reduce((sum, one) => sum + one.amountFen, 0n);

/** A meter is replaced at a reading that is said wrongly, use goes on, and later the truth comes out. */
function estimatedThenCorrected(
  rule: PriceRule,
  values: readonly MeterValue[],
  replacedAt: number,
  correctedAt: number,
  saidUse: bigint,
) {
  const [before, truth] = [values[replacedAt - 1], values[replacedAt]];
  if (!before || !truth) return null;
  const version = versionOf(rule);
  const said = { readAt: truth.readAt, total: quantity(before.total + saidUse) };
  const charge = (state: BillingState, readings: readonly MeterValue[]) =>
    chargeReadings(state, readings, [version], ZONE);
  const old = charge(newBilling(values[0] ?? truth), [...values.slice(0, replacedAt), said]);
  const wrong = old.at(-1);
  if (!wrong) return null;
  const until = charge(wrong.after, values.slice(replacedAt, correctedAt + 1));
  const ofPeriod = [...old, ...until].filter(({ after }) => after.billingPeriod === wrong.after.billingPeriod);
  const standsAt = ofPeriod.at(-1)?.after ?? wrong.after;
  const correction = correctInterval(standsAt, version, { from: before, to: said }, { from: before, to: truth }, ZONE);
  const last = until.at(-1)?.after ?? wrong.after;
  const goesOn = last.billingPeriod === correction.after.billingPeriod ? correction.after : last;
  const rest = charge(goesOn, values.slice(correctedAt));
  return { charges: [...old, ...until, ...rest], correction };
}

const place = fc.tuple(fc.nat(), fc.nat(), fc.bigInt({ min: 0n, max: 400n }));

test.each(['flat', 'steps', 'tou'] as const)(
  'under a %s price an estimate and its correction cost what the truth would have, to the fen, whenever it comes out',
  (kind) => {
    fc.assert(
      fc.property(ruleOf(kind), register, place, (rule, values, [replaced, corrected, saidUse]) => {
        if (values.length < 2) return;
        const replacedAt = 1 + (replaced % (values.length - 1));
        const correctedAt = replacedAt + (corrected % (values.length - replacedAt));
        // The wrong reading has no registers: neither has the true one, so that both are divided alike.
        const bare = values.map((one, index) => (index === replacedAt ? { ...one, tariffs: null } : one));
        const truth = chargeReadings(newBilling(bare[0] ?? at(0, 0)), bare, [versionOf(rule)], ZONE);
        const outcome = estimatedThenCorrected(rule, bare, replacedAt, correctedAt, saidUse);
        if (!outcome) return;
        const [exact, expected] = [exactByPeriod(outcome.charges, outcome.correction), exactByPeriod(truth)];
        for (const period of new Set([...exact.keys(), ...expected.keys()]))
          same(exact.get(period), expected.get(period));
        same(fenOf([...outcome.charges, outcome.correction]), fenOf(truth));
      }),
      { numRuns: 100_000 },
    );
  },
  TIMEOUT_MS,
);

test(
  'a correction moves exactly the use that was wrong, and corrected back it leaves no trace, whatever the price',
  () => {
    fc.assert(
      fc.property(anyRule, register, place, (rule, values, [replaced, corrected, saidUse]) => {
        if (values.length < 2) return;
        const replacedAt = 1 + (replaced % (values.length - 1));
        const correctedAt = replacedAt + (corrected % (values.length - replacedAt));
        const correction = estimatedThenCorrected(rule, values, replacedAt, correctedAt, saidUse)?.correction;
        const [from, to] = [values[replacedAt - 1], values[replacedAt]];
        if (!correction || !from || !to) return;
        const { before, after, uses, version, amountFen } = correction;
        same(
          uses.reduce((sum, { use }) => sum + use, 0n),
          to.total - from.total - saidUse,
        );
        same(after.use - before.use, to.total - from.total - saidUse);
        const said = { from, to: { readAt: to.readAt, total: quantity(from.total + saidUse) } };
        const undone = correctInterval(after, version, { from, to }, said, ZONE);
        for (const key of Object.keys(before) as (keyof BillingState)[]) same(undone.after[key], before[key]);
        same(undone.amountFen, -amountFen);
      }),
      { numRuns: 100_000 },
    );
  },
  TIMEOUT_MS,
);
