import { routes } from '@openprepay/contract';
import { fen, uuidV7 } from '@openprepay/kernel';
import { Compile } from 'typebox/compile';
import { beforeAll, expect, test } from 'vitest';
import { callerOf } from '../../test-support/callers.ts';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { seedMarket, type TestMarket } from '../../test-support/market.ts';
import { openShift } from '../counter/shifts.ts';
import { topUp } from '../counter/top-up.ts';
import type { Context } from '../platform/context.ts';
import { keepHours } from './jobs.ts';
import { overviewOf } from './service.ts';

const isOverview = Compile(routes.overview.response);
/** 00:00 of 2 March on the market's clock. */
const OPENED = new Date('2026-03-01T16:00:00Z');
const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(OPENED.getTime() + hours * HOUR_MS);

let ctx: Context;
let clock: TestClock;
let market: TestMarket;
const admin = callerOf({ operatorId: uuidV7(OPENED), login: 'ann', name: 'Ann', role: 'admin' });
const cashier = callerOf({ operatorId: uuidV7(OPENED), login: 'bob', name: 'Bob', role: 'cashier' });
const kept = () => ({ marketId: market.marketId, timeZone: 'Asia/Shanghai', createdAt: OPENED });

async function read(meter: number, readAt: Date, total: number): Promise<void> {
  await ctx.db.query(
    `insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality)
     values ($1, $2, $3, $3, 'pushed', $4, 'good')`,
    [market.marketId, market.meters[meter]?.meterId, readAt, total],
  );
}

beforeAll(async () => {
  clock = testClock(OPENED);
  ctx = await testContext(clock);
  market = await seedMarket(ctx.db, { meters: 2 });
  const { marketId } = market;
  await ctx.db.query('update meter_binding set from_at = $2 where market_id = $1', [marketId, OPENED]);
  await ctx.db.query(
    `insert into meter_state (market_id, meter_id, online, switch_state) select $1, meter_id, serial = 'S0', 'on'
     from meter where market_id = $1
     on conflict (market_id, meter_id) do update set online = excluded.online, switch_state = excluded.switch_state`,
    [marketId],
  );
});

test('hours add up to the day, and today is held against yesterday at the same time', async () => {
  await read(0, at(0), 0);
  for (let hour = 0.5; hour <= 34.25; hour += 0.5) await read(0, at(hour), hour * 1_000);
  await read(1, at(20), 0);
  await read(1, at(33.5), 700);
  clock.set(at(34.25));
  for (let tick = 0; tick < 6; tick += 1) await keepHours(ctx, kept());
  const overview = await overviewOf(ctx, market.marketId, admin, null);
  expect(isOverview.Check(overview)).toBe(true);
  expect(overview.electricity).toMatchObject({ today: 10_000 + 700, yesterday: 10_250 });
  expect(overview.electricity.hours.slice(9, 12)).toEqual([
    { today: 1_700, yesterday: 1_000 },
    { today: 0, yesterday: 1_000 },
    { today: null, yesterday: 1_000 },
  ]);
  expect(overview.water.today).toBe(0);
});

test('what comes in late is put into its hour', async () => {
  await ctx.db.query('delete from reading where market_id = $1 and meter_id = $2 and read_at > $3', [
    market.marketId,
    market.meters[0]?.meterId,
    at(33),
  ]);
  await read(0, at(33.9), 40_000);
  for (let tick = 0; tick < 40; tick += 1) {
    clock.advance(1_000);
    await keepHours(ctx, kept());
  }
  const { hours } = (await overviewOf(ctx, market.marketId, admin, null)).electricity;
  expect(hours[9]?.today).toBe(40_000 - 33_000 + 700);
});

test('the online rate is of all looks in an hour; hours in which nobody looked have none', async () => {
  const { online } = await overviewOf(ctx, market.marketId, admin, null);
  expect(online).toMatchObject({ meters: 2, metersOnline: 1 });
  expect(online.hours.slice(9, 12)).toEqual([null, 500, null]);
});

test('top-ups count by the hour, and a shift that was left open yesterday waits for a person', async () => {
  const { marketId, meters } = market;
  await ctx.db.query(
    `insert into operator (operator_id, login, name, role, created_at) values ($1, 'ann', 'Ann', 'admin', $2)`,
    [admin.operatorId, OPENED],
  );
  const sell = async (amountFen: bigint) => {
    const sale = { requestId: uuidV7(clock.now()), amountFen: fen(amountFen), method: 'cash', memo: null } as const;
    await topUp(ctx, { marketId, accountId: meters[0]?.accountId ?? '', ...sale, operatorId: admin.operatorId });
  };
  clock.set(at(9));
  await openShift(ctx, marketId, admin.operatorId, fen(0));
  await sell(30_00n);
  clock.set(at(34.25));
  await sell(50_00n);
  const { topUps, waiting } = await overviewOf(ctx, marketId, admin, null);
  expect(topUps).toMatchObject({ todayFen: 50_00, yesterdayFen: 30_00, count: 1 });
  expect([topUps?.hours[9]?.yesterday, topUps?.hours[10]?.today]).toEqual([30_00, 50_00]);
  expect(waiting).toMatchObject({ oldShifts: 1, approvals: 0, unclaimed: 0 });
});

test('who looks after some buildings sees theirs, and nothing of the market’s money', async () => {
  const { marketId } = market;
  const [mine] = await ctx.db.query<{ building_id: string }>('select building_id from building where market_id = $1', [
    marketId,
  ]);
  const whole = await overviewOf(ctx, marketId, admin, null);
  const theirs = await overviewOf(ctx, marketId, admin, [mine?.building_id ?? '']);
  expect(theirs.electricity).toEqual(whole.electricity);
  expect(theirs.topUps).toBeNull();
  expect(theirs.waiting).toMatchObject({ approvals: null, unclaimed: null, oldShifts: null });
  const others = await overviewOf(ctx, marketId, admin, [uuidV7(OPENED)]);
  expect(others.electricity.today).toBe(0);
  expect(others.online).toMatchObject({ meters: 0, metersOnline: 0 });
  expect(others.supply).toEqual({ on: 0, off: 0, fault: 0, unknown: 0 });
});

test('what is not a cashier’s to do does not wait for him', async () => {
  const { waiting } = await overviewOf(ctx, market.marketId, cashier, null);
  expect(waiting.unclaimed).toBeNull();
});
