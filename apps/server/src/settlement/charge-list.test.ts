import type { ChargeQuery } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { listCharges } from './charge-list.ts';
import { chargeSilentMeters } from './index.ts';
import { DAY, swapMarket } from './test-support/swap.ts';

const clock = testClock(minute(0));
const ctx = { ...(await testContext(clock)), clock };
/** The market opens at 8:00 on 2 March: its days end at minute 960, 2,400, …. */
const midnight = (day: number) => 960 + day * DAY;

test('charges, averages and what was put right are one list, found by day, stall, medium and kind', async () => {
  const market = await swapMarket(ctx, null);
  const { marketId, first } = market;
  await ctx.db.query('update market set provisional_after_s = 86400 where market_id = $1', [marketId]);
  for (let day = 0; day <= 8; day++) {
    clock.set(minute(midnight(day) + 1));
    if (day === 8) await market.manual(first, midnight(day), 80_000);
    else await market.read(first, [midnight(day), day * 10_000]);
    await market.settle();
  }
  await market.correct(first, midnight(8), 79_000);
  clock.set(minute(midnight(10) + 5));
  await chargeSilentMeters(ctx, marketId);

  const list = (query: Partial<ChargeQuery> = {}) =>
    listCharges(ctx.db, marketId, { from: '2026-03-01', to: '2026-04-30', ...query });
  const all = await list();
  expect(all.charges.map(({ kind }) => kind).filter((kind) => kind !== 'charge')).toEqual([
    'provisional',
    'correction',
  ]);
  // Eight days of 10 kWh of which one was not so, and two by the average of seven.
  expect(all).toMatchObject({ total: 10, use: { electricity: 98_714, water: 0 } });
  expect(BigInt(all.amountFen)).toBe(await market.cost());
  const [average, correction, last] = all.charges;
  expect(correction).toMatchObject({ use: -1_000, amountFen: -86, toAt: minute(midnight(8)).toISOString() });
  expect(average).toMatchObject({ use: 19_714, replacedAt: null, corrected: false });
  expect(last).toMatchObject({
    stallCode: 'S0',
    meterSerial: 'S0',
    medium: 'electricity',
    use: 10_000,
    corrected: true,
  });
  for (const { txId, amountFen } of all.charges) expect(txId !== null).toBe(amountFen !== 0);

  // The charge up to the midnight that ends 3 March was made on the 4th.
  const { charges } = await list({ from: '2026-03-04', to: '2026-03-04' });
  expect(charges.map(({ toAt }) => toAt)).toEqual([minute(midnight(1)).toISOString()]);
  const totals = [
    { kind: 'provisional' },
    { text: 's0', kind: 'charge' },
    { medium: 'water' },
    { posted: false },
  ] as const;
  expect(await Promise.all(totals.map(async (query) => (await list(query)).total))).toEqual([1, 8, 0, 0]);
  const greatest = await list({ sort: 'use', descending: true, pageSize: 2 });
  expect(greatest.charges.map(({ use }) => use)).toEqual([19_714, 10_000]);

  // Its true reading comes: the average counts no more, and says since when.
  clock.set(minute(midnight(10) + 30));
  await market.read(first, [midnight(10), 95_000]);
  await market.settle();
  const now = await list({ kind: 'provisional' });
  expect(now).toMatchObject({ total: 1, amountFen: 0, charges: [{ replacedAt: clock.now().toISOString() }] });
  expect(BigInt((await list()).amountFen)).toBe(await market.cost());
});

test('a list is of two months at most, and of one market', async () => {
  const { marketId } = await swapMarket(ctx, null);
  const long = listCharges(ctx.db, marketId, { from: '2026-01-01', to: '2026-03-04' });
  await expect(long).rejects.toMatchObject({ code: 'settlement.span_too_long' });
  expect(await listCharges(ctx.db, marketId, { from: '2026-03-01', to: '2026-04-30' })).toMatchObject({ total: 0 });
});
