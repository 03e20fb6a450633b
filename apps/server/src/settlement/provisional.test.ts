import { type Fen, fen, type NanoYuan, roundToFen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { openAccounts } from '../accounts/index.ts';
import { releaseHold } from '../readings/index.ts';
import { chargeSilentMeters, settleMarket } from './index.ts';
import { provisionalRule, setProvisionalRule } from './rule.ts';
import { DAY, OPERATOR, steps, swapMarket } from './test-support/swap.ts';

const clock = testClock(minute(0));
const ctx = { ...(await testContext(clock)), clock };
const PRICE = 853_200n;
const costOf = (use: number): Fen => roundToFen((BigInt(use) * PRICE) as NanoYuan);

/** The market opens at 08:00 in Shanghai: its days end at minute 960, 2,400, …. */
const midnight = (day: number) => 960 + day * DAY;
const AFTER_S = 86_400;

/** A stall read every midnight for ten days, so many Wh each, and then no more. */
async function silentMarket(rule: unknown = null, daily = 20_000, days = 10) {
  const market = await swapMarket(ctx, rule);
  const { marketId, first } = market;
  await ctx.db.query('update market set provisional_after_s = $2 where market_id = $1', [marketId, AFTER_S]);
  for (let day = 0; day <= days; day++) await market.read(first, [midnight(day), day * daily]);
  clock.set(minute(midnight(days) + 1));
  await market.settle();
  return {
    ...market,
    silentFrom: days,
    usedBefore: days * daily,
    /** Looks for silence so many days after the last reading. */
    after(silentDays: number) {
      clock.set(minute(midnight(days + silentDays) + 5));
      return chargeSilentMeters(ctx, marketId);
    },
    provisionals: async () =>
      (
        await ctx.db.query<Record<string, unknown>>(
          `select from_at, to_at, use, amount_fen, jsonb_array_length(days) as days, replaced_at is not null as replaced
           from provisional_charge where market_id = $1 order by created_at, from_at`,
          [marketId],
        )
      ).map((row) => Object.values(row)),
    /** What all provisional entries come to. */
    async net() {
      const [sum] = await ctx.db.query<{ fen: bigint | null }>(
        `select sum(amount_fen)::bigint as fen from posting join ledger_tx using (market_id, tx_id)
         where market_id = $1 and kind = 'provisional' and ledger_account = 'purse.utility'`,
        [marketId],
      );
      return sum?.fen ?? 0n;
    },
  };
}

test('a meter without data is charged its average at each end of a day, and its true readings take that back', async () => {
  const market = await silentMarket();
  const { marketId, first } = market;
  expect(await market.after(0.5)).toEqual({ charges: 0, skipped: [] });
  expect(await market.after(1)).toEqual({ charges: 1, skipped: [] });
  expect(await market.after(1)).toEqual({ charges: 0, skipped: [] });
  expect(await market.after(3)).toEqual({ charges: 1, skipped: [] });
  const day = (n: number) => minute(midnight(10 + n));
  expect(await market.provisionals()).toEqual([
    [day(0), day(1), 20_000n, costOf(220_000) - costOf(200_000), 7, false],
    [day(1), day(3), 40_000n, costOf(260_000) - costOf(220_000), 7, false],
  ]);
  expect(await market.cost()).toBe(costOf(260_000));
  await market.prove();

  await market.read(first, [midnight(13) + 300, 231_234]);
  await market.settle();
  expect(await market.cost()).toBe(costOf(231_234));
  expect(await market.net()).toBe(0n);
  expect((await market.provisionals()).map((row) => row[5])).toEqual([true, true]);
  const [back] = await ctx.db.query<{ count: bigint }>(
    'select count(distinct replaced_tx_id) as count from provisional_charge where market_id = $1',
    [marketId],
  );
  expect(back?.count).toBe(1n);
  await market.prove();
});

test('a market that does not say so charges nothing, nor for a meter that is heard', async () => {
  const market = await silentMarket();
  await ctx.db.query('update market set provisional_after_s = null where market_id = $1', [market.marketId]);
  expect(await market.after(20)).toEqual({ charges: 0, skipped: [] });
  await ctx.db.query('update market set provisional_after_s = $2 where market_id = $1', [market.marketId, AFTER_S]);
  await market.read(market.first, [midnight(29), 500_000], [midnight(30), 520_000]);
  clock.set(minute(midnight(30) + 1));
  await market.settle();
  expect(await market.after(20)).toEqual({ charges: 0, skipped: [] });
  expect(await market.provisionals()).toEqual([]);
});

test('data that came but is not settled yet is data', async () => {
  const market = await silentMarket();
  await market.read(market.first, [midnight(12), 230_000]);
  expect(await market.after(2)).toEqual({ charges: 0, skipped: [] });
});

test('a hold is no data; its release takes the provisional back', async () => {
  const market = await silentMarket();
  const { marketId, first } = market;
  await market.read(first, [midnight(10) + 30, 100], [midnight(11), 225_000], [midnight(12), 250_000]);
  await market.settle();
  expect(await market.after(2)).toEqual({ charges: 1, skipped: [] });
  expect(await market.cost()).toBe(costOf(240_000));
  const [hold] = await ctx.db.query<{ hold_id: string }>('select hold_id from hold where market_id = $1', [marketId]);
  const holdId = hold?.hold_id ?? '';
  await releaseHold(ctx, { marketId, holdId, action: 'reject', note: 'noise on the line', operatorId: OPERATOR });
  await market.settle();
  expect(await market.cost()).toBe(costOf(250_000));
  expect(await market.net()).toBe(0n);
  await market.prove();
});

test('readings that come for a part of the time leave the rest provisional, from the last of them', async () => {
  const market = await silentMarket();
  await market.after(3);
  await market.read(market.first, [midnight(11), 260_000]);
  await market.settle();
  expect(await market.cost()).toBe(costOf(260_000));
  expect(await market.after(3)).toEqual({ charges: 1, skipped: [] });
  // Six days of 20,000 and one of 60,000.
  expect((await market.provisionals()).at(-1)?.slice(2)).toEqual([
    51_428n,
    costOf(311_428) - costOf(260_000),
    7,
    false,
  ]);
  await market.prove();
});

test('it is priced over the steps from where the month stands, and the truth as if it had never been', async () => {
  const market = await silentMarket(steps(210_000, '0.500000', '0.800000'));
  await market.after(1);
  expect(await market.cost()).toBe(fen(11_300));
  await market.read(market.first, [midnight(11) + 60, 212_000]);
  await market.settle();
  expect(await market.cost()).toBe(fen(10_660));
  await market.prove();
});

test('fewer valid days are averaged as they are; with none nothing is charged, and the meter is named', async () => {
  const short = await silentMarket(null, 20_000, 2);
  expect(await short.after(1)).toEqual({ charges: 1, skipped: [] });
  expect((await short.provisionals())[0]?.[4]).toBe(2);
  const none = await silentMarket(null, 20_000, 0);
  expect(await none.after(2)).toMatchObject({ charges: 0, skipped: [{ code: 'settlement.no_valid_day' }] });
  expect(await none.provisionals()).toEqual([]);
  expect(await none.cost()).toBe(0n);
  await short.prove();
});

test('a tenant’s average is of his own days; what was open of the one before ends with his first reading', async () => {
  const market = await silentMarket();
  const { marketId, stallId, accountId, first } = market;
  await market.after(2);
  const handOver = minute(midnight(12) + 60);
  await ctx.db.query('update tenancy set to_at = $2 where market_id = $1', [marketId, handOver]);
  const next = { accountId: uuidV7(handOver), number: 'B', customerName: '商户', phone: null, creditLimitFen: fen(0) };
  await openAccounts(ctx.db, marketId, handOver, [{ ...next, stallIds: [stallId] }]);
  expect(await market.after(4)).toEqual({ charges: 0, skipped: [] });
  await market.read(first, [midnight(14) + 60, 300_000]);
  await market.settle();
  expect(await market.cost(accountId)).toBe(costOf(200_000));
  expect(await market.after(6)).toMatchObject({ charges: 0, skipped: [{ code: 'settlement.no_valid_day' }] });
  await market.read(first, [midnight(17), 310_000], [midnight(18), 313_000]);
  await market.settle();
  expect(await market.after(9)).toEqual({ charges: 1, skipped: [] });
  expect((await market.provisionals()).at(-1)?.slice(2, 5)).toEqual([3_000n, expect.any(BigInt), 1]);
  await market.prove();
});

test('a meter that is swapped while it is silent ends what was open, though its last reading is the settled one', async () => {
  const market = await silentMarket();
  await market.after(2);
  await market.swap(market.first, { at: midnight(10), final: 'as_read', start: 0 });
  await market.settle();
  expect(await market.cost()).toBe(costOf(200_000));
  expect(await market.net()).toBe(0n);
  await market.prove();
});

test('two workers at once, and a rerun after them, charge a time without data once', async () => {
  const market = await silentMarket();
  for (let day = 1; day <= 6; day++) {
    await Promise.all([market.after(day), chargeSilentMeters(ctx, market.marketId), market.after(day)]);
  }
  expect(await market.cost()).toBe(costOf(320_000));
  expect(await market.provisionals()).toHaveLength(6);
  await market.prove();
});

test('readings, settlements and provisional charges at the same time, 25 rounds: the truth is charged, and only it', async () => {
  const market = await silentMarket();
  const { marketId, first } = market;
  let total = 200_000;
  for (let round = 1; round <= 25; round++) {
    const day = round * 2;
    total += 11_111;
    await Promise.all([
      market.after(day),
      market.read(first, [midnight(10 + day) - 7, total]),
      settleMarket(ctx, marketId),
      chargeSilentMeters(ctx, marketId),
      settleMarket(ctx, marketId),
    ]);
  }
  await market.settle();
  expect(await market.cost()).toBe(costOf(total));
  expect(await market.net()).toBe(0n);
  await market.prove();
}, 60_000);

test('whenever silence is looked for and data comes, the truth is what is charged in the end', async () => {
  const event = fc.record({
    days: fc.integer({ min: 1, max: 3 }),
    use: fc.option(fc.integer({ min: 0, max: 60_000 })),
  });
  const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 6 }), async (events) => {
    const market = await silentMarket(steps(215_000, '0.512345', '0.876543'), 20_000, 9);
    let [day, total] = [0, 180_000];
    for (const { days, use } of events) {
      day += days;
      await market.after(day);
      if (use === null) continue;
      total += use;
      await market.read(market.first, [midnight(9 + day) + 4, total]);
      await market.settle();
      expect(await market.net()).toBe(0n);
    }
    await market.read(market.first, [midnight(9 + day) + 8, total]);
    await market.settle();
    const above = Math.max(0, total - 215_000);
    expect(await market.cost()).toBe(
      roundToFen((BigInt(total - above) * 512_345n + BigInt(above) * 876_543n) as NanoYuan),
    );
    expect(await market.net()).toBe(0n);
    await market.prove();
  });
  await fc.assert(property, { numRuns: 10 });
}, 60_000);

test('the rule is set with an audit, and never so short that an average could cut', async () => {
  const { marketId } = await silentMarket();
  const act = { marketId, operatorId: OPERATOR };
  await setProvisionalRule(ctx, act, { afterS: 172_800 });
  expect(await provisionalRule(ctx, marketId)).toEqual({ afterS: 172_800 });
  await expect(setProvisionalRule(ctx, act, { afterS: 3_600 })).rejects.toMatchObject({
    code: 'settlement.sooner_than_stale',
  });
  clock.advance(1_000);
  await setProvisionalRule(ctx, act, { afterS: null });
  const audit = await ctx.db.query('select before, after from audit where market_id = $1 order by audit_id', [
    marketId,
  ]);
  expect(audit).toEqual([
    { before: { afterS: AFTER_S }, after: { afterS: 172_800 } },
    { before: { afterS: 172_800 }, after: { afterS: null } },
  ]);
  const nowhere = { ...act, marketId: uuidV7(minute(0)) };
  await expect(setProvisionalRule(ctx, nowhere, { afterS: null })).rejects.toMatchObject({
    code: 'settlement.no_such_market',
  });
});
