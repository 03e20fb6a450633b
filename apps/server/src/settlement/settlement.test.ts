import { type Fen, fen, type NanoYuan, roundToFen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { flatRule, type MarketOptions, minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { openAccounts } from '../accounts/index.ts';
import { topUp } from '../counter/index.ts';
import { ledgerLines, purseBalances } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import { createPlans } from '../prices/index.ts';
import { intake, releaseHold } from '../readings/index.ts';
import { verifyMarket } from '../verify/index.ts';
import { settleMarket, startSettlement } from './index.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const PRICE = 853_200n;
const clock = testClock(minute(100_000));
const ctx: Context = await testContext(clock);

const costOf = (use: bigint, price = PRICE): Fen => roundToFen((use * price) as NanoYuan);

async function newMarket(options: MarketOptions = {}) {
  const market = await seedMarket(ctx.db, options);
  const { marketId } = market;
  const first = market.meters[0] ?? { meterId: '', stallId: '', accountId: '' };
  return {
    ...market,
    first,
    /** Readings of the first meter: minute and total. */
    read: (...values: readonly (readonly [minutes: number, total: number])[]) =>
      intake(
        ctx.db,
        values.map(([minutes, total]) => reportOf(market, first.meterId, minutes, total)),
      ),
    /** The same of every meter. */
    readAll: (minutes: number, total: number) =>
      intake(
        ctx.db,
        market.meters.map(({ meterId }) => reportOf(market, meterId, minutes, total)),
      ),
    settle: () => settleMarket(ctx, marketId),
    balance: async (accountId = first.accountId) =>
      (await purseBalances(ctx.db, marketId, [accountId]))[0]?.balanceFen ?? fen(0),
    charges: async () =>
      (
        await ctx.db.query<{ from_value: bigint; to_value: bigint; plan_version: number }>(
          'select from_value, to_value, plan_version from charge where market_id = $1 order by meter_id, from_at',
          [marketId],
        )
      ).map((row) => `${row.from_value}–${row.to_value} v${row.plan_version}`),
    async prove() {
      const failed = (await verifyMarket(ctx.db, clock, marketId)).filter((check) => !check.ok);
      expect(failed).toEqual([]);
    },
  };
}

test('the first reading opens, every later one is charged to the account, and the stall page can show why', async () => {
  const market = await newMarket();
  await market.read([0, 1_000]);
  expect(await market.settle()).toEqual({ charges: 0, skipped: [] });
  await market.read([30, 2_234], [60, 2_234]);
  await market.settle();
  expect(await market.balance()).toBe(-costOf(1_234n));
  expect((await ledgerLines(ctx.db, market.marketId, market.first.accountId, 5))[0]).toMatchObject({
    kind: 'charge',
    purse: 'utility',
    amountFen: -105,
    operatorName: null,
    charge: {
      meterSerial: 'S0',
      kind: 'electricity',
      fromAt: minute(0).toISOString(),
      toAt: minute(60).toISOString(),
      fromValue: 1_000,
      toValue: 2_234,
      planName: 'standard',
      planVersion: 1,
      unitPrice: '0.853200',
    },
  });
  await market.prove();
});

test('settling again, with nothing new, changes nothing', async () => {
  const market = await newMarket();
  await market.read([0, 0], [30, 5_000]);
  await market.settle();
  const before = [await market.charges(), await market.balance()];
  expect(await market.settle()).toEqual({ charges: 0, skipped: [] });
  expect([await market.charges(), await market.balance()]).toEqual(before);
});

test('use that costs less than a fen is charged when it adds up to one', async () => {
  const market = await newMarket();
  for (let i = 0; i <= 20; i++) {
    await market.read([i * 30, i]);
    await market.settle();
  }
  expect(await market.charges()).toHaveLength(20);
  expect(await market.balance()).toBe(-costOf(20n));
  await market.prove();
});

test('water is charged by the litre at the price of a cubic metre', async () => {
  const market = await newMarket({ kind: 'water', prices: [[0, '4.100000']] });
  await market.read([0, 0], [30, 1_500]);
  await market.settle();
  expect(await market.balance()).toBe(-615n);
  await market.prove();
});

test('however and whenever readings are settled, in any order of arrival, a life of use costs round(use × price)', async () => {
  const step = fc.record({
    use: fc.integer({ min: 0, max: 6_000 }),
    settle: fc.boolean(),
  });
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
    const market = await newMarket({ prices: [[0, '0.853217']] });
    let total = 500;
    await market.read([0, total]);
    for (const [index, { use, settle }] of steps.entries()) {
      total += use;
      await market.read([(index + 1) * 30, total]);
      if (settle) await market.settle();
    }
    await market.settle();
    expect(await market.balance()).toBe(-costOf(BigInt(total - 500), 853_217n));
    await market.prove();
  });
  await fc.assert(property, { numRuns: 15 });
});

test('a new price holds from the first reading at or after it, and the exact sum is carried over', async () => {
  const market = await newMarket({
    prices: [
      [0, '0.500000'],
      [45, '0.700001'],
    ],
  });
  await market.read([0, 0], [30, 1_001], [60, 2_002], [90, 3_003]);
  await market.settle();
  expect(await market.charges()).toEqual(['0–2002 v1', '2002–3003 v2']);
  expect(await market.balance()).toBe(-roundToFen((2_002n * 500_000n + 1_001n * 700_001n) as NanoYuan));
  await market.prove();
});

test('an account’s own plan goes before the market’s default', async () => {
  const market = await newMarket();
  const planId = uuidV7(minute(0));
  const own = { planId, kind: 'electricity' as const, name: 'own', marketDefault: false };
  await createPlans(ctx.db, market.marketId, [{ ...own, versions: [{ validFrom: minute(0), rule: flatRule('2') }] }]);
  await ctx.db.query('update account set electricity_plan_id = $2 where market_id = $1', [market.marketId, planId]);
  await market.read([0, 0], [30, 1_000]);
  await market.settle();
  expect(await market.balance()).toBe(-200n);
  await market.prove();
});

test('a hold stops before the suspect reading; its release lets settlement go on', async () => {
  const market = await newMarket();
  await market.read([0, 10_000], [30, 11_000], [60, 4_000], [90, 12_500]);
  await market.settle();
  expect(await market.charges()).toEqual(['10000–11000 v1']);
  await market.read([120, 13_000]);
  await market.settle();
  expect(await market.charges()).toHaveLength(1);
  await market.prove();
  const [hold] = await ctx.db.query<{ hold_id: string }>('select hold_id from hold where market_id = $1', [
    market.marketId,
  ]);
  await releaseHold(ctx, {
    marketId: market.marketId,
    holdId: hold?.hold_id ?? '',
    action: 'reject',
    note: 'noise on the line',
    operatorId: OPERATOR,
  });
  await market.settle();
  expect(await market.charges()).toEqual(['10000–11000 v1', '11000–13000 v1']);
  expect(await market.balance()).toBe(-costOf(3_000n));
  await market.prove();
});

test('a reading from the future stops settlement at the time it came', async () => {
  const market = await newMarket();
  await market.read([0, 0], [30, 100]);
  await intake(ctx.db, [reportOf(market, market.first.meterId, 90_000, 300, { receivedAt: minute(60) })]);
  await market.read([90, 400]);
  await market.settle();
  expect(await market.charges()).toEqual(['0–100 v1']);
  await market.prove();
});

test('each kWh belongs to the tenant of its date: the old one up to the hand-over, the new one from it', async () => {
  const market = await newMarket();
  const { stallId, accountId } = market.first;
  const nextAccountId = uuidV7(minute(60));
  await market.read([0, 1_000], [30, 2_000]);
  await market.settle();
  await market.read([60, 3_000], [75, 3_200], [105, 4_000]);
  await ctx.db.query('update tenancy set to_at = $2 where market_id = $1', [market.marketId, minute(60)]);
  const next = { accountId: nextAccountId, number: 'B', customerName: '商户', phone: null, creditLimitFen: fen(0) };
  await openAccounts(ctx.db, market.marketId, minute(70), [{ ...next, stallIds: [stallId] }]);
  await market.settle();
  expect(await market.charges()).toEqual(['1000–2000 v1', '2000–3000 v1', '3200–4000 v1']);
  expect(await market.balance(accountId)).toBe(-costOf(2_000n));
  expect(await market.balance(nextAccountId)).toBe(-costOf(800n));
  await market.prove();
});

test('a hand-over reading closes one account and opens the next, and nothing lies between', async () => {
  const market = await newMarket();
  const { stallId, accountId } = market.first;
  const nextAccountId = uuidV7(minute(60));
  await ctx.db.query('update tenancy set to_at = $2 where market_id = $1', [market.marketId, minute(60)]);
  const next = { accountId: nextAccountId, number: 'B', customerName: '商户', phone: null, creditLimitFen: fen(0) };
  await openAccounts(ctx.db, market.marketId, minute(60), [{ ...next, stallIds: [stallId] }]);
  await market.read([0, 1_000], [60, 3_000], [90, 4_000]);
  await market.settle();
  expect(await market.balance(accountId)).toBe(-costOf(2_000n));
  expect(await market.balance(nextAccountId)).toBe(-costOf(1_000n));
  await market.prove();
});

test('months of readings while a stall was vacant do not keep the next tenant from being charged', async () => {
  const market = await newMarket();
  await market.read([0, 1_000], [30, 2_000]);
  await market.settle();
  await ctx.db.query('update tenancy set to_at = $2 where market_id = $1', [market.marketId, minute(45)]);
  await market.read(...Array.from({ length: 300 }, (_, i) => [60 + i * 30, 2_000 + i] as const));
  await market.settle();
  const accountId = uuidV7(minute(9_000));
  const next = { accountId, number: 'B', customerName: '商户', phone: null, creditLimitFen: fen(0) };
  await openAccounts(ctx.db, market.marketId, minute(9_000), [{ ...next, stallIds: [market.first.stallId] }]);
  await market.read([9_060, 5_000], [9_090, 6_000]);
  await market.settle();
  expect(await market.charges()).toEqual(['1000–2000 v1', '2298–6000 v1']);
  await market.prove();
});

test('a building settled daily is charged up to midnight, in its market’s zone', async () => {
  const market = await newMarket({ settlementPeriod: 'daily' });
  // Midnight in Shanghai is minute 960 of the market's life.
  await market.read([0, 0], [930, 1_000], [960, 1_100], [990, 1_300]);
  const day: Context = { ...ctx, clock: testClock(minute(1_200)) };
  await settleMarket(day, market.marketId);
  expect(await market.charges()).toEqual(['0–1100 v1']);
  await settleMarket({ ...ctx, clock: testClock(minute(1_200 + 1_440)) }, market.marketId);
  expect(await market.charges()).toEqual(['0–1100 v1', '1100–1300 v1']);
  await market.prove();
});

test('whatever its times of settlement, a life of use costs the same', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 1_439 }), { minLength: 0, maxLength: 3 });
  const period = fc.constantFrom('daily', 'weekly', 'monthly');
  const looks = fc.array(fc.integer({ min: 0, max: 14_400 }), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(times, period, looks, async (minutes, settlementPeriod, at) => {
    const market = await newMarket({ settlementPeriod, prices: [[0, '0.853217']] });
    const { marketId } = market;
    await ctx.db.query('update building set settlement_minutes = $2 where market_id = $1', [marketId, minutes]);
    await market.read(...Array.from({ length: 25 }, (_, i) => [i * 600, i * 333] as const));
    for (const moment of at.toSorted((a, b) => a - b)) {
      await settleMarket({ ...ctx, clock: testClock(minute(moment)) }, marketId);
    }
    await market.settle();
    expect(await market.balance()).toBe(-costOf(24n * 333n, 853_217n));
    await market.prove();
  });
  await fc.assert(property, { numRuns: 12 });
}, 60_000);

test('a building settled daily at 07:30 and 19:30 is charged up to them, and no further', async () => {
  const market = await newMarket({ settlementPeriod: 'daily' });
  const { marketId } = market;
  await ctx.db.query('update building set settlement_minutes = $2 where market_id = $1', [marketId, [450, 1_170]]);
  // The market opens at 08:00 in Shanghai: 19:30 is its minute 690, 07:30 of the next day its minute 1,410.
  await market.read([0, 0], [690, 1_000], [700, 1_100], [1_400, 1_300], [1_420, 1_500]);
  const at = (moment: number) => settleMarket({ ...ctx, clock: testClock(minute(moment)) }, marketId);
  await at(689);
  expect(await market.charges()).toEqual([]);
  await at(690);
  expect(await market.charges()).toEqual(['0–1000 v1']);
  await at(1_425);
  expect(await market.charges()).toEqual(['0–1000 v1', '1000–1300 v1']);
  await market.prove();
});

test('more readings than are settled at once cost the same', async () => {
  const market = await newMarket();
  await market.read(...Array.from({ length: 450 }, (_, i) => [i * 10, i * 7] as const));
  await market.settle();
  expect(await market.balance()).toBe(-costOf(449n * 7n));
  await market.prove();
});

test('a meter without a price is named and left; the others are charged', async () => {
  const market = await newMarket({ meters: 2, prices: [[50, '1']] });
  await market.readAll(60, 0);
  await market.readAll(90, 1_000);
  await intake(ctx.db, [reportOf(market, market.first.meterId, 30, 0)]);
  const settled = await market.settle();
  expect(settled).toMatchObject({
    charges: 1,
    skipped: [{ meterId: market.first.meterId, code: 'pricing.no_version' }],
  });
  await market.prove();
});

test('an account that is not open is not charged', async () => {
  const market = await newMarket();
  await market.read([0, 0], [30, 1_000]);
  await ctx.db.query(`update account set state = 'closed' where market_id = $1`, [market.marketId]);
  expect(await market.settle()).toEqual({ charges: 0, skipped: [] });
});

test('settlements and sales at the same time, 102 rounds, charge once, sell once and lose nothing', async () => {
  const market = await newMarket({ meters: 6 });
  const { marketId } = market;
  await market.readAll(0, 0);
  const ROUNDS = 102;
  for (let round = 1; round <= ROUNDS; round++) {
    await market.readAll(round * 30, round * 501);
    const sale = {
      marketId,
      requestId: uuidV7(minute(round)),
      accountId: market.meters[round % 6]?.accountId ?? '',
      amountFen: fen(1_000),
      method: 'cash' as const,
      memo: null,
      operatorId: OPERATOR,
    };
    await Promise.all([market.settle(), topUp(ctx, sale), market.settle(), topUp(ctx, sale), market.settle()]);
  }
  const cost = costOf(BigInt(ROUNDS * 501));
  for (const { accountId } of market.meters) {
    expect(await market.balance(accountId)).toBe(BigInt((ROUNDS / 6) * 1_000) - cost);
  }
  expect(await market.charges()).toHaveLength(6 * ROUNDS);
  await market.prove();
}, 60_000);

/** It settles every market of this file first. */
const WAIT = { timeout: 15_000 };

test('the worker settles on the signal of a reading, without being asked', async () => {
  const market = await newMarket();
  await market.read([0, 0]);
  const worker = startSettlement(ctx);
  await vi.waitFor(async () => {
    const rows = await ctx.db.query('select from meter_settlement where market_id = $1', [market.marketId]);
    expect(rows).toHaveLength(1);
  }, WAIT);
  await market.read([30, 2_000]);
  await vi.waitFor(async () => expect(await market.balance()).toBe(-costOf(2_000n)), WAIT);
  await worker.stop();
});
