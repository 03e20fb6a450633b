import { type HoldQuery, routes } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { Check } from 'typebox/value';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, reportOf, START, seedMarket } from '../../test-support/market.ts';
import { listHolds } from './hold-list.ts';
import { type Release, releaseHold } from './holds.ts';
import { intake } from './index.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const DAY = 24 * 60;
const clock = testClock(minute(10 * DAY));
const ctx = await testContext(clock);
await ctx.db.query(
  `insert into operator (operator_id, login, name, password_hash, role, created_at)
   values ($1, 'finance', '会计', '', 'finance', $2)`,
  [OPERATOR, START],
);

/** Four meters on hold, opened a day apart, the last of them in a building of its own. */
async function heldMarket() {
  const market = await seedMarket(ctx.db, { meters: 4 });
  const { marketId, meters } = market;
  for (const [index, { meterId }] of meters.entries()) {
    await intake(ctx.db, [reportOf(market, meterId, index * DAY, 1_000)]);
    await intake(ctx.db, [reportOf(market, meterId, index * DAY + 30, index === 1 ? 900_000 : 400)]);
  }
  const yard = uuidV7(START);
  await ctx.db.query('insert into building (market_id, building_id, name) values ($1, $2, $3)', [
    marketId,
    yard,
    'Yard',
  ]);
  await ctx.db.query(`update stall set building_id = $2 where market_id = $1 and code = 'S3'`, [marketId, yard]);
  const list = (query: HoldQuery, buildingIds: readonly string[] | null = null) =>
    listHolds(ctx.db, marketId, query, buildingIds);
  return {
    market,
    yard,
    list,
    stalls: async (query: HoldQuery, buildingIds: readonly string[] | null = null) =>
      (await list(query, buildingIds)).holds.map(({ stallCode }) => stallCode),
    async release(code: string, action: Release['action'], over: Partial<Release> = {}) {
      const [hold] = (await list({ text: code })).holds;
      const who = { marketId, holdId: hold?.holdId ?? '', operatorId: OPERATOR };
      await releaseHold(ctx, { ...who, action, note: `looked at ${code}`, ...over });
    },
  };
}

const { stalls, list, yard } = await heldMarket();

test('what is open is listed oldest first, by the page and in the order asked', async () => {
  expect(await stalls({})).toEqual(['S0', 'S1', 'S2', 'S3']);
  const page = (page: number) => stalls({ sort: 'stall', descending: true, page, pageSize: 3 });
  expect([await page(1), await page(2)]).toEqual([['S3', 'S2', 'S1'], ['S0']]);
  const { total, holds } = await list({ pageSize: 1 });
  expect([total, holds.length]).toEqual([4, 1]);
  expect(holds[0]).toMatchObject({
    building: 'Hall',
    reason: 'decrease',
    value: 400,
    registerValue: '0.400',
    saidValue: null,
    lastGoodValue: 1_000,
    lastGoodAt: minute(0).toISOString(),
    release: null,
  });
});

test.each([
  [{ reason: 'jump' }, ['S1']],
  [{ medium: 'water' }, []],
  [{ building: 'Yard' }, ['S3']],
  [{ from: '2026-03-03', to: '2026-03-04' }, ['S1', 'S2']],
  [{ text: 's2' }, ['S2']],
  [{ text: '%2' }, []],
  [{ state: 'released' }, []],
] as const)('%j leaves %j', async (query, left) => {
  expect(await stalls(query)).toEqual(left);
  expect((await list(query)).total).toBe(left.length);
});

test('whoever looks after a building sees what is held in it', async () => {
  expect(await stalls({}, [yard])).toEqual(['S3']);
  expect((await list({}, [yard])).total).toBe(1);
  expect(await stalls({ building: 'Hall' }, [yard])).toEqual([]);
});

test('what was decided is there to look back at: who, when, what and why, the latest first', async () => {
  const { stalls, list, release, yard, market } = await heldMarket();
  await release('S0', 'reject');
  clock.advance(60_000);
  await release('S3', 'replace', { register: 1_200n });
  expect(await stalls({})).toEqual(['S1', 'S2']);
  expect(await stalls({ state: 'released' })).toEqual(['S3', 'S0']);
  const page = await list({ state: 'released', sort: 'released' });
  expect(Check(routes.holds.response, page)).toBe(true);
  expect(page.holds).toMatchObject([
    { stallCode: 'S0', release: { action: 'reject', operatorName: '会计', note: 'looked at S0' } },
    { stallCode: 'S3', value: 1_200, saidValue: 400, release: { action: 'replace', at: clock.now().toISOString() } },
  ]);

  // The stall that its meter leaves afterwards is still the one that was decided about.
  const { marketId, meters } = market;
  clock.advance(60_000);
  await ctx.db.query('update meter_binding set to_at = $3 where market_id = $1 and meter_id = $2', [
    marketId,
    meters[3]?.meterId,
    clock.now(),
  ]);
  expect(await stalls({ state: 'released' }, [yard])).toEqual(['S3']);
});
