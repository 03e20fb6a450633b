import { parseRule } from '@openprepay/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { flatRule, minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { DAY, swapMarket } from '../settlement/test-support/swap.ts';
import { runShadow } from './index.ts';

const clock = testClock(minute(500_000));
const ctx = await testContext(clock);
const TIMEOUT_MS = 120_000;
/** Minutes from the start of the market, 2 March 2026 08:00 in Shanghai, to midnight before 1 April there. */
const APRIL = 30 * DAY - 480;

const parts = (price: string) => [{ name: 'energy', price }];
const steps = (period: string) => ({
  kind: 'steps',
  period,
  steps: [{ upTo: 7_000, parts: parts('0.512345') }, { parts: parts('0.8') }],
});
const calendar = {
  dayTables: {
    normal: [
      { from: '00:00', to: '09:00', tariff: 'valley' },
      { from: '09:00', to: '24:00', tariff: 'peak' },
    ],
  },
  seasons: [{ from: '01-01', to: '12-31', weekday: 'normal' }],
};
const prices = { sharp: parts('1.5'), peak: parts('1.000007'), flat: parts('0.6'), valley: parts('0.3') };
const RULES: Readonly<Record<string, unknown>> = {
  flat: flatRule('0.853217'),
  'monthly steps': steps('month'),
  'yearly steps': steps('year'),
  'times of use': { kind: 'tou', by: 'intervals', calendar, prices },
  'times of use by registers': { kind: 'tou', by: 'registers', calendar, prices },
  'steps and times of use': {
    kind: 'steps_tou',
    period: 'year',
    by: 'intervals',
    calendar,
    steps: [{ upTo: 9_000, prices }, { prices: { ...prices, peak: parts('1.2') } }],
  },
  'all beside it': {
    ...flatRule('0.7'),
    allowance: { quantity: '3', per: 'month' },
    standing: { perDay: '0.333333' },
  },
};

const question = (marketId: string, rule: unknown, month: string, chargedBy: string | null = null) =>
  runShadow(
    ctx.db,
    { marketId, kind: 'electricity', rule: parseRule(rule), month, chargedBy, limit: 100 },
    clock.now(),
  );

/** Readings so many minutes after one another with so much use, and whether the meters are settled then. */
const sweep = fc.integer({ min: 10, max: 90 });
const gap = fc.integer({ min: 1, max: 200 }).map((hours) => hours * 60);
const history = fc.array(fc.record({ minutes: fc.oneof(sweep, gap), use: fc.nat(4_000), settled: fc.boolean() }), {
  minLength: 5,
  maxLength: 40,
});

/** Peak and valley, which now and then do not quite add up, each rounded for itself. */
const registersOf = (total: bigint) => [
  null,
  total / 3n,
  null,
  total - total / 3n - (total % 7n === 0n ? 1n : 0n),
  null,
];

/** The first of two meters has registers, and most of its readings carry them. */
async function lived(rule: unknown, readings: readonly { minutes: number; use: number; settled: boolean }[]) {
  const market = await seedMarket(ctx.db, { meters: 2 });
  const { marketId } = market;
  await ctx.db.query('update price_plan_version set rule = $2 where market_id = $1', [marketId, JSON.stringify(rule)]);
  let [at, total] = [0, 0];
  for (const { minutes, use, settled } of readings) {
    await intake(
      ctx.db,
      market.meters.map(({ meterId }, index) => {
        const report = reportOf(market, meterId, at + index, total * (index + 1));
        const tariffs = index === 0 && use % 8 !== 0 ? registersOf(BigInt(total)) : null;
        return { ...report, reading: report.reading && { ...report.reading, tariffs } };
      }),
    );
    if (settled) await settleMarket(ctx, marketId);
    [at, total] = [at + minutes, total + use];
  }
  await settleMarket(ctx, marketId);
  return market;
}

test.each(Object.entries(RULES))(
  'the price that was in force makes of each past month exactly what was charged in it: %s',
  async (_, rule) => {
    await fc.assert(
      fc.asyncProperty(history, async (readings) => {
        const { marketId } = await lived(rule, readings);
        let all = 0;
        for (const month of ['2026-03', '2026-04', '2026-05', '2026-06', '2026-07', '2026-08', '2026-09']) {
          const { rows, skipped } = await question(marketId, rule, month);
          expect(skipped).toEqual([]);
          for (const { chargedFen, wouldBeFen } of rows) expect(wouldBeFen).toBe(chargedFen);
          all += rows.reduce((sum, { chargedFen }) => sum + chargedFen, 0);
        }
        const [charged] = await ctx.db.query<{ fen: bigint }>(
          'select coalesce(sum(amount_fen), 0)::bigint as fen from charge where market_id = $1',
          [marketId],
        );
        expect(BigInt(all)).toBe(charged?.fen);
      }),
      { numRuns: 8 },
    );
  },
  TIMEOUT_MS,
);

test('who would pay more comes first, with what each was charged; the totals are of all', async () => {
  const market = await seedMarket(ctx.db, { meters: 3, prices: [[0, '1']] });
  const read = (at: number, totals: readonly number[]) =>
    intake(
      ctx.db,
      market.meters.map(({ meterId }, index) => reportOf(market, meterId, at, totals[index] ?? 0)),
    );
  await read(0, [0, 0, 0]);
  await read(DAY, [1_000, 5_000, 20_000]);
  await settleMarket(ctx, market.marketId);
  // Begins in March, so it is of March; nothing of April is.
  await read(APRIL + 60, [2_000, 10_000, 40_000]);
  await read(APRIL + 120, [102_000, 110_000, 140_000]);
  await settleMarket(ctx, market.marketId);
  const draft = {
    kind: 'steps',
    period: 'month',
    steps: [{ upTo: 10_000, parts: parts('0.9') }, { parts: parts('1.2') }],
  };
  const run = await question(market.marketId, draft, '2026-03', market.planId);
  const found = run.rows.map(({ number, use, chargedFen, wouldBeFen }) => [number, use, chargedFen, wouldBeFen]);
  expect(found).toEqual([
    ['A2', 40_000, 4_000, 4_500],
    ['A0', 2_000, 200, 180],
    ['A1', 10_000, 1_000, 900],
  ]);
  expect(run.totals).toEqual({
    accounts: 3,
    use: 52_000,
    chargedFen: 5_200,
    wouldBeFen: 5_580,
    more: 1,
    less: 2,
    same: 0,
  });
  expect((await question(market.marketId, draft, '2026-03', market.meters[0]?.meterId)).totals.accounts).toBe(0);
  expect(await ctx.db.query('select from price_plan_draft where market_id = $1', [market.marketId])).toEqual([]);
});

test('steps by the year begin with what was used since the year began, whatever was in force then', async () => {
  const { marketId } = await lived(flatRule('1'), [
    { minutes: DAY, use: 6_000, settled: true },
    { minutes: 35 * DAY, use: 2_000, settled: true },
    { minutes: DAY, use: 1_000, settled: true },
    { minutes: DAY, use: 0, settled: true },
  ]);
  // The first account used 8,000 before, so its first 7,000 of the year are behind it: 1,000 × 0.8.
  const { rows } = await question(marketId, steps('year'), '2026-04');
  expect(rows.map(({ use, wouldBeFen }) => [use, wouldBeFen])).toContainEqual([1_000, 80]);
});

test('a meter that took another’s place goes on in the steps of the draft', async () => {
  const market = await swapMarket({ ...ctx, clock }, flatRule('1'));
  await market.read(market.first, [0, 0], [DAY, 6_000]);
  const next = await market.swap(market.first, { at: 2 * DAY, final: { register: 6_500 }, start: 0 });
  await market.read(next, [3 * DAY, 2_000], [4 * DAY, 2_500]);
  await settleMarket(ctx, market.marketId);
  const [row] = (await question(market.marketId, steps('month'), '2026-03')).rows;
  // 7,000 × 0.512345 + 2,000 × 0.8
  expect(row).toMatchObject({ use: 9_000, chargedFen: 900, wouldBeFen: 519 });
});

test('a meter that the draft cannot price is named, and stops no other', async () => {
  const market = await seedMarket(ctx.db, { meters: 2 });
  const [first, second] = market.meters.map(({ meterId }) => meterId);
  const withRegisters = (meterId: string, at: number, total: number, tariffs: (bigint | null)[] | null) => {
    const report = reportOf(market, meterId, at, total);
    return { ...report, reading: report.reading && { ...report.reading, tariffs } };
  };
  for (const at of [0, 1]) {
    await intake(ctx.db, [
      withRegisters(first ?? '', at * DAY, at * 1_000, [null, null, null, null, BigInt(at * 1_000)]),
      withRegisters(second ?? '', at * DAY, at * 1_000, null),
    ]);
  }
  await settleMarket(ctx, market.marketId);
  const run = await question(market.marketId, RULES['times of use by registers'], '2026-03');
  expect(run.skipped).toEqual([{ meterId: first, serial: 'S0', code: 'pricing.no_tariff_price' }]);
  expect(run.rows).toHaveLength(1);
});

test('a month that is not over is refused', async () => {
  const { marketId } = await seedMarket(ctx.db);
  await expect(question(marketId, flatRule('1'), '2027-12')).rejects.toMatchObject({ code: 'prices.month_not_over' });
});
