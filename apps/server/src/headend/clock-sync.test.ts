import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { saveContacts } from '../devices/index.ts';
import { clockDriftS } from './clock-drift.ts';
import { startClockSync } from './clock-sync.ts';
import { START, seedMarket } from './test-support/market.ts';
import { ScriptedBus } from './test-support/scripted-bus.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  clock.set(START);
});

test('a clock that is over a minute off is ordered to be set once a day, where the meter can be told', async () => {
  const { electricity } = await seedMarket(ctx.db, { electricity: 4 });
  const bus = new ScriptedBus(ctx);
  running.push(bus);
  const drifts = [-61, 60, 9_000, 61];
  for (const [index, meter] of electricity.entries()) {
    const played = await bus.add(meter);
    if (index < 3) Object.assign(played.settings, { clock: undefined });
  }
  const compare = () =>
    ctx.db.tx((tx) =>
      saveContacts(
        tx,
        electricity.map((meter, index) => ({ ...meter, at: clock.now(), clockDriftS: drifts[index] ?? 0 })),
      ),
    );
  const orders = async () => {
    const rows = await ctx.db.query<{ meter_id: string; cause: string; kind: string }>(
      'select meter_id, cause, kind from command order by created_at, meter_id',
    );
    return rows.map((row) => [electricity.findIndex((meter) => meter.meterId === row.meter_id), row.kind, row.cause]);
  };
  await compare();
  running.push(startClockSync(bus.env, 5));
  const once = [
    [0, 'clock', 'clock_drift'],
    [2, 'clock', 'clock_drift'],
  ];
  await vi.waitFor(async () => expect((await orders()).toSorted()).toEqual(once));
  const looks = bus.looks + 5;
  await vi.waitFor(() => expect(bus.looks).toBeGreaterThan(looks));
  expect(await orders()).toHaveLength(2);
  await ctx.db.query(`update command set state = 'failed', finished_at = created_at`);
  clock.advance(86_400_000);
  await compare();
  await vi.waitFor(async () => expect(await orders()).toHaveLength(4));
});

test('drift is in the zone of the market; a time that does not exist has none', () => {
  const shown = { year: 2026, month: 3, day: 2, hour: 10, minute: 0, second: 30, weekday: 1 };
  expect(clockDriftS(shown, 'Asia/Shanghai', START)).toBe(30);
  expect(clockDriftS({ ...shown, hour: 9 }, 'Asia/Shanghai', START)).toBe(-3_570);
  expect(clockDriftS({ ...shown, month: 13 }, 'Asia/Shanghai', START)).toBeNull();
  expect(clockDriftS(null, 'Asia/Shanghai', START)).toBeNull();
});
