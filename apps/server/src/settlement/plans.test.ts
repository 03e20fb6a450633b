import { type Fen, fen, type NanoYuan, roundToFen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { flatRule, type MarketOptions, minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { ledgerLines, purseBalances } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import { createPlans } from '../prices/index.ts';
import { intake } from '../readings/index.ts';
import { verifyMarket } from '../verify/index.ts';
import { settleMarket } from './index.ts';

const DAY = 1_440;
/** Minutes from the start of the market, 2 March 2026 08:00 in Shanghai, to midnight before 1 April there. */
const APRIL = 30 * DAY - 480;
const clock = testClock(minute(500_000));
const ctx: Context = await testContext(clock);

const parts = (price: string) => [{ name: 'energy', price }];
const steps = (upTo: number, period = 'month') => ({
  kind: 'steps',
  period,
  steps: [{ upTo, parts: parts('0.5') }, { parts: parts('0.8') }],
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
const prices = { sharp: parts('1.5'), peak: parts('1'), flat: parts('0.6'), valley: parts('0.3') };
const tou = (by: string) => ({ kind: 'tou', by, calendar, prices });
const stepsTou = (upTo: number) => ({
  kind: 'steps_tou',
  period: 'month',
  by: 'intervals',
  calendar,
  steps: [{ upTo, prices }, { prices: { ...prices, peak: parts('1.2'), valley: parts('0.4') } }],
});

/** A market whose accounts have a plan of these rules, by the minute each begins to hold. */
async function marketWith(
  rules: readonly (readonly [fromMinute: number, rule: unknown])[],
  options: MarketOptions = {},
) {
  const market = await seedMarket(ctx.db, options);
  const { marketId } = market;
  const planId = uuidV7(minute(0));
  const versions = rules.map(([from, rule]) => ({ validFrom: minute(from), rule }));
  await createPlans(ctx.db, marketId, [{ planId, kind: 'electricity', name: 'own', marketDefault: false, versions }]);
  await ctx.db.query('update account set electricity_plan_id = $2 where market_id = $1', [marketId, planId]);
  const { meterId, accountId } = market.meters[0] ?? { meterId: '', accountId: '' };
  return {
    ...market,
    meterId,
    accountId,
    read: (...values: readonly (readonly [minutes: number, total: number])[]) =>
      intake(
        ctx.db,
        market.meters.flatMap((meter) => values.map(([at, total]) => reportOf(market, meter.meterId, at, total))),
      ),
    settle: () => settleMarket(ctx, marketId),
    balance: async (id = accountId): Promise<Fen> =>
      (await purseBalances(ctx.db, marketId, [id]))[0]?.balanceFen ?? fen(0),
    /** The charges of the first meter: billing period, use before, and the use by step and tariff. */
    charges: async () =>
      (
        await ctx.db.query<{
          billing_period: string;
          use_before: bigint;
          uses: Record<string, string | number | null>[];
        }>(
          'select billing_period, use_before, uses from charge where market_id = $1 and meter_id = $2 order by from_at',
          [marketId, meterId],
        )
      ).map((row) => [
        row.billing_period,
        row.use_before,
        row.uses
          .map((one) => [one['use'], one['step'], one['tariff']].filter((word) => word !== null).join(' '))
          .join(),
      ]),
    async prove() {
      expect((await verifyMarket(ctx.db, clock, marketId)).filter((check) => !check.ok)).toEqual([]);
    },
  };
}

const cost = (...uses: readonly (readonly [use: number, microYuan: number])[]): Fen =>
  roundToFen(uses.reduce((sum, [use, price]) => sum + BigInt(use) * BigInt(price), 0n) as NanoYuan);

test('steps are divided at the boundary and begin anew with the first reading of the next month', async () => {
  const market = await marketWith([[0, steps(10_000)]]);
  await market.read([0, 0], [30, 4_000]);
  await market.settle();
  await market.read([60, 9_000], [90, 11_001], [APRIL - 30, 12_000], [APRIL + 10, 13_000], [APRIL + 40, 15_500]);
  await market.settle();
  expect(await market.charges()).toEqual([
    ['2026-03', 0n, '4000 1'],
    ['2026-03', 4_000n, '6000 1,3000 2'],
    ['2026-04', 0n, '2500 1'],
  ]);
  const march = cost([10_000, 500_000], [3_000, 800_000]);
  expect(await market.balance()).toBe(-(march + cost([2_500, 500_000])));
  const lines = await ledgerLines(ctx.db, market.marketId, market.accountId, 3);
  // On average: 6,000 Wh of the second charge at 0.5 and 3,000 at 0.8.
  expect(lines.map(({ charge }) => charge?.unitPrice).sort()).toEqual(['0.500000', '0.500000', '0.600000']);
  await market.prove();
});

test('the first units of a month are free, and every midnight costs the standing charge, used or not', async () => {
  const rule = { ...flatRule('0.5'), allowance: { quantity: '10', per: 'month' }, standing: { perDay: '0.3' } };
  const market = await marketWith([[0, rule]]);
  await market.read([0, 0], [DAY, 8_000]);
  await market.settle();
  await market.read([2 * DAY, 12_000], [2 * DAY + 30, 12_000]);
  await market.settle();
  await market.read([4 * DAY, 12_000]);
  await market.settle();
  expect(await market.charges()).toEqual([
    ['2026-03', 0n, '8000 1'],
    ['2026-03', 8_000n, '2000 1,2000 2'],
    ['2026-03', 12_000n, ''],
  ]);
  const lines = await ledgerLines(ctx.db, market.marketId, market.accountId, 3);
  const inOrder = lines.sort((a, b) => (a.charge?.fromAt ?? '').localeCompare(b.charge?.fromAt ?? ''));
  expect(inOrder.map(({ amountFen, charge }) => [amountFen, charge?.unitPrice, charge?.standing])).toEqual([
    [-30, '0.000000', '0.30'],
    [-130, '0.250000', '0.30'],
    [-60, null, '0.60'],
  ]);
  await market.prove();
  await ctx.db.query('update charge set standing_nano_yuan = 0 where market_id = $1', [market.marketId]);
  const broken = (await verifyMarket(ctx.db, clock, market.marketId)).filter((check) => !check.ok);
  expect(broken.map(({ name }) => name)).toContain('every charge has the standing charge of each midnight in it, once');
});

test('the steps of a year go on over its months', async () => {
  const market = await marketWith([[0, steps(10_000, 'year')]]);
  await market.read([0, 0], [60, 8_000], [APRIL + 10, 9_000], [APRIL + 40, 12_000]);
  await market.settle();
  expect(await market.charges()).toEqual([['2026', 0n, '10000 1,2000 2']]);
  await market.prove();
});

test('times of use by intervals go by the readings, by registers by what the meter counted', async () => {
  const byTime = await marketWith([[0, tou('intervals')]]);
  await byTime.read([0, 0], [30, 1_000], [90, 3_000]);
  await byTime.settle();
  // 08:30 to 09:30 goes over the border at nine.
  expect(await byTime.charges()).toEqual([['tenure', 0n, '1000 peak,2000 valley']]);
  expect(await byTime.balance()).toBe(-cost([1_000, 1_000_000], [2_000, 300_000]));
  await byTime.prove();
  const byRegister = await marketWith([[0, tou('registers')]]);
  const report = (at: number, total: number, tariffs: readonly bigint[]) => {
    const one = reportOf(byRegister, byRegister.meterId, at, total);
    return one.reading === null ? one : { ...one, reading: { ...one.reading, tariffs: [...tariffs, null] } };
  };
  await intake(ctx.db, [
    report(0, 1_000, [0n, 600n, 400n, 0n]),
    report(30, 1_300, [0n, 800n, 450n, 50n]),
    report(60, 1_400, [7n, 893n, 450n, 50n]),
  ]);
  await byRegister.settle();
  expect(await byRegister.charges()).toEqual([['tenure', 0n, '7 sharp,293 peak,50 flat,50 valley']]);
  await byRegister.prove();
});

test('a register that counted where there is no price stops that meter, by name', async () => {
  const market = await marketWith([[0, { ...tou('registers'), prices: { peak: parts('1'), valley: parts('0.3') } }]]);
  const report = (at: number, total: number) => {
    const one = reportOf(market, market.meterId, at, total);
    return one.reading === null
      ? one
      : { ...one, reading: { ...one.reading, tariffs: [BigInt(total), 0n, 0n, 0n, 0n] } };
  };
  await intake(ctx.db, [report(0, 0), report(30, 100)]);
  expect(await market.settle()).toMatchObject({ charges: 0, skipped: [{ code: 'pricing.no_tariff_price' }] });
});

test('a version changed in mid-month goes on from the use of the month, another kind begins anew', async () => {
  const market = await marketWith([
    [0, steps(10_000)],
    [60, steps(12_000)],
    [120, stepsTou(1_000)],
    [180, flatRule('1')],
    [240, tou('intervals')],
  ]);
  await market.read([0, 0], [60, 9_000], [120, 14_000], [180, 15_000], [240, 16_000], [300, 17_000]);
  await market.settle();
  expect(await market.charges()).toEqual([
    ['2026-03', 0n, '9000 1'],
    ['2026-03', 9_000n, '3000 1,2000 2'],
    ['2026-03', 14_000n, '1000 2 peak'],
    ['tenure', 0n, '1000'],
    ['tenure', 1_000n, '1000 peak'],
  ]);
  await market.prove();
});

test('a late reading between settled ones changes nothing, and the books stay proved', async () => {
  const market = await marketWith([[0, tou('intervals')]]);
  await market.read([0, 0], [120, 3_000]);
  await market.settle();
  const before = [await market.charges(), await market.balance()];
  await market.read([61, 2_900]);
  await market.settle();
  expect([await market.charges(), await market.balance()]).toEqual(before);
  await market.prove();
});

test('however readings are settled, steps × times of use over a change of month cost the same', async () => {
  const use = fc.record({ use: fc.integer({ min: 0, max: 6_000 }), settle: fc.boolean() });
  const property = fc.asyncProperty(fc.array(use, { minLength: 4, maxLength: 10 }), async (uses) => {
    const once = await marketWith([[0, stepsTou(5_000)]]);
    const often = await marketWith([[0, stepsTou(5_000)]]);
    let total = 0;
    for (const [index, { use, settle }] of [{ use: 0, settle: false }, ...uses].entries()) {
      total += use;
      const at = APRIL - 125 + index * 50;
      await once.read([at, total]);
      await often.read([at, total]);
      if (settle) await often.settle();
    }
    await Promise.all([once.settle(), often.settle()]);
    expect(await often.balance()).toBe(await once.balance());
    await often.prove();
  });
  await fc.assert(property, { numRuns: 8 });
}, 60_000);

test('two workers at once, and a rerun after them, charge steps × times of use once', async () => {
  const market = await marketWith([[0, stepsTou(20_000)]], { meters: 5 });
  await market.read([0, 0]);
  const ROUNDS = 30;
  for (let round = 1; round <= ROUNDS; round++) {
    await market.read([round * 30, round * 1_003]);
    await Promise.all([market.settle(), market.settle()]);
    expect(await market.settle()).toEqual({ charges: 0, skipped: [] });
  }
  const balances = await Promise.all(market.meters.map(({ accountId }) => market.balance(accountId)));
  expect(new Set(balances).size).toBe(1);
  const alone = await marketWith([[0, stepsTou(20_000)]]);
  await alone.read(...Array.from({ length: ROUNDS + 1 }, (_, round) => [round * 30, round * 1_003] as const));
  await alone.settle();
  expect(balances[0]).toBe(await alone.balance());
  await market.prove();
}, 60_000);

test.each([
  [
    'a step that was moved',
    `jsonb_set(uses, '{0,step}', '2')`,
    'every charge is divided exactly at the steps of its billing period',
  ],
  [
    'a tariff that was swapped',
    `jsonb_set(uses, '{0,tariff}', '"valley"')`,
    'use was in the tariffs that the readings say',
  ],
])('%s is found', async (_, damage, broken) => {
  // Everything costs the same, so that no sum gives it away.
  const same = { peak: parts('1'), valley: parts('1') };
  const rule = { ...stepsTou(1_000), steps: [{ upTo: 1_000, prices: same }, { prices: same }] };
  const market = await marketWith([[0, rule]]);
  await market.read([120, 0], [150, 600]);
  await market.settle();
  await market.prove();
  await ctx.db.query(`update charge set uses = ${damage} where market_id = $1`, [market.marketId]);
  const failed = (await verifyMarket(ctx.db, clock, market.marketId)).filter((check) => !check.ok);
  expect(failed.map(({ name }) => name)).toContain(broken);
});
