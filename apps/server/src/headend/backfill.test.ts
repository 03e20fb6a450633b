import { zonedParts } from '@openprepay/kernel';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { minute, reportOf, seedMarket, type TestMarket } from '../../test-support/market.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { verifyMarket } from '../verify/index.ts';
import { BACKFILL_PACE, startBackfill } from './backfill.ts';
import { PRIORITY } from './reachable.ts';
import { type BusMeter, ScriptedBus } from './test-support/scripted-bus.ts';

const clock: TestClock = testClock(minute(600));
const ctx = await testContext(clock);
const running: { stop(): Promise<void> }[] = [];
const FAST = { ...BACKFILL_PACE, everyMs: 5, retryLeastMs: 20 };
const ZONE = 'Asia/Shanghai';

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  clock.set(minute(600));
});

interface Scene {
  readonly bus: ScriptedBus;
  readonly market: TestMarket;
  readonly played: BusMeter;
  readonly meterId: string;
  /** Live readings, at minutes; the last of them has just come in. */
  give(...minutes: readonly number[]): Promise<void>;
  /** What the meter froze, at minutes. */
  froze(...minutes: readonly number[]): void;
  readings(): Promise<string[]>;
}

/** A meter that counts a kWh a minute. */
async function scene(model?: string): Promise<Scene> {
  const market = await seedMarket(ctx.db);
  const [first] = market.meters;
  if (!first) throw new Error('no meter');
  const { meterId } = first;
  const bus = new ScriptedBus(ctx);
  running.push(bus);
  const played = await bus.add({ marketId: market.marketId, meterId, linkKey: 'S0' }, model);
  return {
    bus,
    market,
    played,
    meterId,
    async give(...minutes) {
      await intake(
        ctx.db,
        minutes.map((at) => reportOf(market, meterId, at, at * 100)),
      );
      const [meter] = bus.meters;
      if (meter) meter.lastReportAt = minute(minutes.at(-1) ?? 0);
    },
    froze(...minutes) {
      played.frozen = minutes.map((at) => ({
        clock: zonedParts(minute(at), ZONE),
        total: BigInt(at * 100),
        tariffs: null,
      }));
    },
    async readings() {
      const rows = await ctx.db.query<{ read_at: Date; origin: string; quality: string }>(
        'select read_at, origin, quality from reading where market_id = $1 order by read_at',
        [market.marketId],
      );
      return rows.map((row) => `${(+row.read_at - +minute(0)) / 60_000} ${row.origin} ${row.quality}`);
    },
  };
}

function start({ bus }: Scene) {
  const backfill = startBackfill(bus.env, FAST);
  running.push(backfill);
  return backfill;
}

const looks = async ({ bus }: Scene, count: number) => {
  const until = bus.looks + count;
  await vi.waitFor(() => expect(bus.looks).toBeGreaterThanOrEqual(until), { interval: FAST.everyMs });
};

const becomes = (scenery: Scene, readings: readonly string[]) =>
  vi.waitFor(async () => expect(await scenery.readings()).toEqual(readings), { timeout: 5_000 });

test('what was missed comes from the meter’s own memory, behind everything else, with what the meter said', async () => {
  const scenery = await scene();
  const { played, market } = scenery;
  await scenery.give(0, 30, 180);
  scenery.froze(30, 60, 120, 180, 240);
  start(scenery);
  await becomes(scenery, [
    '0 pushed good',
    '30 pushed good',
    '60 backfilled good',
    '120 backfilled good',
    '180 pushed good',
  ]);
  expect(played.asked).toEqual([{ question: 'frozen 03-02 08:30 – 03-02 11:00', priority: PRIORITY.backfill }]);
  const frames = await ctx.db.query(
    `select count(*) as readings, count(distinct frame.frame_id) as frames from reading join frame
       on frame.market_id = reading.market_id and frame.frame_id = reading.frame_id
     where reading.market_id = $1 and origin = 'backfilled'`,
    [market.marketId],
  );
  expect(frames).toEqual([{ readings: 2n, frames: 1n }]);
});

test('what the meter does not have is asked for once, even after a restart', async () => {
  const scenery = await scene();
  await scenery.give(0, 180);
  const first = start(scenery);
  await vi.waitFor(() => expect(scenery.played.asked).toHaveLength(1));
  await first.stop();
  start(scenery);
  await scenery.give(210);
  await looks(scenery, 5);
  expect(scenery.played.asked).toHaveLength(1);
  await scenery.give(300);
  await vi.waitFor(() => expect(scenery.played.questions()).toContain('frozen 03-02 11:30 – 03-02 13:00'));
});

test('a long gap is asked for in parts, and one that broke off goes on where it was', async () => {
  const scenery = await scene();
  const { played } = scenery;
  clock.set(minute(10 * 1_440));
  await scenery.give(0, 10 * 1_440 - 5);
  await ctx.db.query('insert into meter_backfill (market_id, meter_id, done_until) values ($1, $2, $3)', [
    scenery.market.marketId,
    scenery.meterId,
    minute(2 * 1_440),
  ]);
  played.silent = true;
  start(scenery);
  await vi.waitFor(() => expect(played.asked.length).toBeGreaterThan(1));
  played.silent = false;
  await vi.waitFor(() => expect(played.questions()).toContain('frozen 03-11 08:00 – 03-12 07:55'));
  expect(played.questions()[0]).toBe('frozen 03-04 08:00 – 03-11 08:00');
});

test('nothing older than 62 days is asked for', async () => {
  const scenery = await scene();
  clock.set(minute(100 * 1_440));
  await scenery.give(0, 50 * 1_440, 100 * 1_440 - 5);
  start(scenery);
  await vi.waitFor(() => expect(scenery.played.asked).toHaveLength(8));
  expect(scenery.played.questions()[0]).toBe('frozen 04-21 08:00 – 04-28 08:00');
});

test('a meter that keeps nothing is never asked', async () => {
  const scenery = await scene('DDSY1352-NK');
  await scenery.give(0, 180);
  start(scenery);
  await looks(scenery, 5);
  expect(scenery.played.asked).toEqual([]);
});

test('use that is settled over a gap is not charged again when the gap is filled', async () => {
  const scenery = await scene();
  const { marketId } = scenery.market;
  const charged = async () =>
    (
      await ctx.db.query('select sum(amount_fen) as sum, count(*) as count from charge where market_id = $1', [
        marketId,
      ])
    )[0];
  await scenery.give(0, 30, 180);
  await settleMarket(ctx, marketId);
  const before = await charged();
  expect(before).toMatchObject({ sum: expect.stringMatching(/^[1-9]/) });
  scenery.froze(60, 90, 120, 150);
  start(scenery);
  await vi.waitFor(async () => expect(await scenery.readings()).toHaveLength(7));
  await settleMarket(ctx, marketId);
  expect(await charged()).toEqual(before);
  const failed = (await verifyMarket(ctx.db, clock, marketId)).filter((check) => !check.ok);
  expect(failed).toEqual([]);
});

test('a line that is finished makes room for the next one at once', async () => {
  const scenes = [await scene(), await scene()];
  for (const one of scenes) await one.give(0, 180);
  let looks = 0;
  const sessions = { meters: () => (looks++ === 0 ? scenes.flatMap(({ bus }) => bus.meters) : []).values() };
  const [env] = scenes.map(({ bus }) => bus.env);
  if (!env) throw new Error('no bus');
  running.push(startBackfill({ ...env, sessions }, { ...FAST, maxAtOnce: 1 }));
  await vi.waitFor(() => expect(scenes.map(({ played }) => played.asked.length)).toEqual([1, 1]));
});
