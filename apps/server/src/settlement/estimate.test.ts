import { type NanoYuan, roundToFen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { purseBalances } from '../ledger/index.ts';
import { estimateBalance } from './estimate.ts';
import { DAY, steps, swapMarket } from './test-support/swap.ts';

const clock = testClock(minute(0));
const ctx = { ...(await testContext(clock)), clock };
const PRICE = 853_200n;
const costOf = (use: number) => Number(roundToFen((BigInt(use) * PRICE) as NanoYuan));

async function market(rule: unknown = null, settlementPeriod = 'monthly') {
  clock.set(minute(20 * DAY));
  const made = await swapMarket(ctx, rule, { settlementPeriod });
  const { marketId, accountId } = made;
  const count = async () => {
    const [row] = await ctx.db.query(
      `select (select count(*) from ledger_tx where market_id = $1) as posted,
              (select count(*) from charge where market_id = $1) as charges,
              (select count(*) from meter_settlement where market_id = $1) as cursors`,
      [marketId],
    );
    return row;
  };
  const balance = async () => Number((await purseBalances(ctx.db, marketId, [accountId]))[0]?.balanceFen ?? 0n);
  return { ...made, count, balance, estimate: () => estimateBalance(ctx, marketId, accountId) };
}

test('what was read and is not settled is taken off for the eye only, up to the last good reading', async () => {
  const { first, read, estimate, count, settle, balance } = await market();
  expect(await estimate()).toMatchObject({ postedFen: 0, unsettledFen: 0, estimatedFen: 0, dataAt: null });
  await read(first, [0, 1_000], [60, 1_500], [DAY, 13_000]);
  const before = await count();
  const estimated = await estimate();
  expect(estimated).toMatchObject({
    postedFen: 0,
    unsettledFen: costOf(12_000),
    estimatedFen: -costOf(12_000),
    dataAt: minute(DAY).toISOString(),
  });
  expect(await count()).toEqual(before);
  // The month ends, and what was estimated is charged.
  clock.set(minute(31 * DAY));
  await settle();
  expect(await balance()).toBe(estimated.estimatedFen);
  expect(await estimate()).toMatchObject({ postedFen: -costOf(12_000), unsettledFen: 0 });
});

test('a reading on hold counts for nothing, and the data are as old as the last one before it', async () => {
  const { first, read, estimate } = await market();
  await read(first, [0, 1_000], [60, 1_500], [120, 900], [180, 2_500]);
  expect(await estimate()).toMatchObject({ unsettledFen: costOf(500), dataAt: minute(60).toISOString() });
});

test('where there is no price there is no estimate, and the books are shown all the same', async () => {
  const { first, read, estimate, marketId } = await market();
  await read(first, [0, 1_000], [60, 1_500]);
  await ctx.db.query('update price_plan set market_default = false where market_id = $1', [marketId]);
  expect(await estimate()).toMatchObject({ postedFen: 0, unsettledFen: null, estimatedFen: null });
});

test('of an account that is not there nothing is estimated', async () => {
  const { marketId } = await market();
  await expect(estimateBalance(ctx, marketId, uuidV7(minute(0)))).rejects.toMatchObject({ code: 'accounts.not_found' });
});

test('whatever is read, replaced and settled on the way, the estimate is what a settlement then charges', async () => {
  const event = fc.record({
    kind: fc.constantFrom('read', 'read', 'read', 'swap', 'settle'),
    after: fc.integer({ min: 30, max: 600 }),
    use: fc.integer({ min: 0, max: 3_000 }),
  });
  const property = fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 9 }), async (events) => {
    const made = await market(steps(4_000, '0.5', '0.9'), 'each_reading');
    let [meterId, at, register] = [made.first, 0, 0];
    await made.read(meterId, [0, 0]);
    for (const { kind, after, use } of events) {
      at += after;
      register += use;
      if (kind === 'settle') await made.settle();
      else if (kind === 'read') await made.read(meterId, [at, register]);
      else {
        meterId = await made.swap(meterId, { at, final: { register }, start: 70 });
        register = 70;
      }
    }
    const [first, second] = [await made.estimate(), await made.estimate()];
    expect(second).toEqual(first);
    await made.settle();
    expect(await made.balance()).toBe(first.estimatedFen);
    expect(await made.estimate()).toMatchObject({ unsettledFen: 0, dataAt: first.dataAt });
  });
  await fc.assert(property, { numRuns: 25 });
}, 120_000);
