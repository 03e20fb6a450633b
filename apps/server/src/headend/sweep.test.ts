import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { PRIORITY, type ReachableMeter } from './reachable.ts';
import { SWEEP_PACE, startSweep } from './sweep.ts';
import { START, seedMarket, type TestMeter } from './test-support/market.ts';
import { type BusMeter, ScriptedBus } from './test-support/scripted-bus.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const running: { stop(): Promise<void> }[] = [];
const FAST = { ...SWEEP_PACE, everyMs: 5, graceMs: 0, retryLeastMs: 20 };
const minute = (minutes: number) => new Date(START.getTime() + minutes * 60_000);

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  clock.set(START);
});

interface Scene {
  readonly bus: ScriptedBus;
  readonly meters: readonly TestMeter[];
  readonly played: readonly BusMeter[];
}

async function scene(count: number): Promise<Scene> {
  const meters = (await seedMarket(ctx.db, { electricity: count })).electricity;
  const bus = new ScriptedBus(ctx);
  const played: BusMeter[] = [];
  for (const meter of meters) played.push(await bus.add(meter));
  running.push(bus);
  return { bus, meters, played };
}

function sweep({ bus }: Scene, pace: Partial<typeof SWEEP_PACE> = {}) {
  const started = startSweep(bus.env, { ...FAST, ...pace });
  running.push(started);
  return started;
}

/** Resolves when the sweep has looked so many times more. */
const looks = async ({ bus }: Scene, count: number) => {
  const until = bus.looks + count;
  await vi.waitFor(() => expect(bus.looks).toBeGreaterThanOrEqual(until), { interval: FAST.everyMs });
};
const reads = (played: BusMeter) => played.questions().filter((question) => question === 'read').length;
const readsOf = (played: readonly BusMeter[]) => played.map(reads);
const pushed = (meter: ReachableMeter | undefined, at: Date) => {
  if (meter) meter.lastReportAt = at;
};

test('every meter is read once in each slot, each at its own place in the first half of it', async () => {
  const scenery = await scene(20);
  const { bus, played } = scenery;
  for (const meter of bus.meters) pushed(meter, minute(-34));
  sweep(scenery);
  await vi.waitFor(() => expect(readsOf(played)).toEqual(played.map(() => 1)));
  clock.set(minute(29));
  await looks(scenery, 10);
  expect(readsOf(played)).toEqual(played.map(() => 1));
  clock.set(minute(30 + 7));
  const isEarly = ({ device }: ReachableMeter) => Number.parseInt(device.meterId.slice(-4), 16) / 0xffff <= 7 / 15;
  const secondReads = bus.meters.map((meter) => (isEarly(meter) ? 2 : 1));
  await vi.waitFor(() => expect(readsOf(played)).toEqual(secondReads));
  await looks(scenery, 10);
  expect(readsOf(played)).toEqual(secondReads);
  clock.set(minute(30 + 15));
  await vi.waitFor(() => expect(readsOf(played)).toEqual(played.map(() => 2)));
  expect(new Set(played.flatMap(({ asked }) => asked.map(({ priority }) => priority)))).toEqual(
    new Set([PRIORITY.sweep]),
  );
});

test('a reading of the sweep is stored with its registers, and tells how the meter’s clock stands', async () => {
  const scenery = await scene(1);
  const [meter] = scenery.meters;
  const [played] = scenery.played;
  if (!meter || !played) throw new Error('no meter');
  played.driftS = 90;
  sweep(scenery);
  await vi.waitFor(async () => {
    const rows = await ctx.db.query('select origin, total, tariffs, read_at from reading where meter_id = $1', [
      meter.meterId,
    ]);
    expect(rows).toEqual([
      { origin: 'scheduled', total: 1_000n, tariffs: [null, null, 1_000n, null, null], read_at: minute(1.5) },
    ]);
  });
  await vi.waitFor(async () => {
    const rows = await ctx.db.query('select clock_drift_s, clock_checked_at from meter_state where meter_id = $1', [
      meter.meterId,
    ]);
    expect(rows).toEqual([{ clock_drift_s: 90, clock_checked_at: START }]);
  });
});

test('a meter that pushes is asked only in a slot that it missed', async () => {
  const scenery = await scene(1);
  const [meter] = scenery.bus.meters;
  const [played] = scenery.played;
  if (!meter || !played) throw new Error('no meter');
  pushed(meter, minute(10));
  clock.set(minute(32));
  sweep(scenery);
  await looks(scenery, 6);
  clock.set(minute(40));
  await looks(scenery, 6);
  pushed(meter, minute(40.2));
  clock.set(minute(59));
  await looks(scenery, 6);
  expect(reads(played)).toBe(0);
  clock.set(minute(74));
  await vi.waitFor(() => expect(reads(played)).toBe(1));
});

test('a bus is asked one question at a time, and other lines beside it up to the bound', async () => {
  const scenes = [await scene(4), await scene(1), await scene(1)];
  const [bus, second, third] = scenes;
  if (!bus || !second || !third) throw new Error('no scenes');
  const all = scenes.flatMap((one) => one.bus.meters);
  const env = { ...bus.bus.env, sessions: { meters: () => all.values() } };
  const under = startSweep(env, { ...FAST, maxAtOnce: 2 });
  running.push(under);
  await vi.waitFor(() => expect(scenes.flatMap((one) => readsOf(one.played))).toEqual([1, 1, 1, 1, 1, 1]));
  expect(bus.bus.mostAtOnce).toBe(1);
});

test('a meter that does not answer is tried again in its slot, more and more rarely, and never holds up the others', async () => {
  const scenery = await scene(3);
  const [dead, ...alive] = scenery.played;
  if (!dead) throw new Error('no meter');
  dead.silent = true;
  sweep(scenery);
  await vi.waitFor(() => expect(reads(dead)).toBe(4), { timeout: 5_000 });
  expect(readsOf(alive)).toEqual([1, 1]);
  dead.silent = false;
  await vi.waitFor(() => expect(reads(dead)).toBe(5), { timeout: 5_000 });
  await looks(scenery, 6);
  expect(reads(dead)).toBe(5);
});

test('a meter that was read and calls in anew in the same slot is not asked again', async () => {
  const scenery = await scene(1);
  const [meter] = scenery.bus.meters;
  const [played] = scenery.played;
  if (!meter || !played) throw new Error('no meter');
  sweep(scenery);
  await vi.waitFor(() => expect(reads(played)).toBe(1));
  scenery.bus.meters[0] = { ...meter, session: { ...meter.session }, lastReportAt: null };
  await looks(scenery, 8);
  expect(reads(played)).toBe(1);
});
