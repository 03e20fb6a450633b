import { uuidV7 } from '@openprepay/kernel';
import type { SettingKind } from '@openprepay/protocols/driver';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { enqueueSetting } from '../../commands/index.ts';
import { PRIORITY } from '../reachable.ts';
import { commandNow, exceptionsOf, START, seedMarket, stateOf, type TestMeter } from '../test-support/market.ts';
import { type BusMeter, ScriptedBus } from '../test-support/scripted-bus.ts';
import { SettingDelivery } from './settings.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
  clock.set(START);
});

interface Scene {
  readonly meter: TestMeter;
  readonly played: BusMeter;
  readonly delivery: SettingDelivery;
}

async function scene(settings: BusMeter['settings']): Promise<Scene> {
  const [meter] = (await seedMarket(ctx.db, { electricity: 1 })).electricity;
  if (!meter) throw new Error('no meter');
  const bus = new ScriptedBus(ctx);
  const played = await bus.add(meter);
  Object.assign(played.settings, settings);
  const delivery = new SettingDelivery(bus.env, [1, 2]);
  running.push(bus, delivery);
  return { meter, played, delivery };
}

async function order(meter: TestMeter, kind: SettingKind, value: object): Promise<string> {
  const [id = ''] = await ctx.db.tx((tx) =>
    enqueueSetting(tx, [
      {
        marketId: meter.marketId,
        meterId: meter.meterId,
        kind,
        value: { ...value },
        cause: 'operator',
        operatorId: uuidV7(START),
        createdAt: clock.now(),
        expiresAt: new Date(clock.now().getTime() + 3_600_000),
      },
    ]),
  );
  return id;
}

const becomes = (commandId: string, now: object) =>
  vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject(now), { timeout: 5_000 });

const attemptsOf = (commandId: string) =>
  ctx.db.query(
    `select attempt, step, outcome, convert_from(asked.bytes, 'UTF8') as asked, reply.bytes is not null as answered
     from command_attempt
     left join frame asked on asked.market_id = command_attempt.market_id and asked.frame_id = request_frame_id
     left join frame reply on reply.market_id = command_attempt.market_id and reply.frame_id = reply_frame_id
     where command_id = $1 order by attempt, step desc`,
    [commandId],
  );

test('a setting is written, and confirmed by the meter’s own read-back, with every frame on record', async () => {
  const { meter, played, delivery } = await scene({ keep_power: { on: false } });
  const id = await order(meter, 'keep_power', { on: true });
  delivery.poke(meter.meterId);
  await becomes(id, { state: 'confirmed', attempts: 1 });
  expect(played.settings.keep_power).toEqual({ on: true });
  expect(played.asked).toEqual([
    { question: 'write keep_power', priority: PRIORITY.command },
    { question: 'read keep_power', priority: PRIORITY.command },
  ]);
  expect(await attemptsOf(id)).toEqual([
    { attempt: 1, step: 'write', outcome: 'acknowledged', asked: 'write keep_power', answered: true },
    { attempt: 1, step: 'read_back', outcome: 'read_agrees', asked: 'read keep_power', answered: true },
  ]);
});

test('prices agree as amounts, whatever their zeros', async () => {
  const { meter, played, delivery } = await scene({ price_table: { prices: [] } });
  const id = await order(meter, 'price_table', { prices: ['0.85', '1'] });
  delivery.poke(meter.meterId);
  await vi.waitFor(() => expect(played.questions()).toContain('write price_table'));
  played.settings.price_table = { prices: ['0.8500', '1.0000'] };
  await becomes(id, { state: 'confirmed' });
});

test('a meter that forgets what it is told is told four times, then a person has to look', async () => {
  const { meter, played, delivery } = await scene({ alarm_amounts: { alarm1Fen: 1, alarm2Fen: 1 } });
  played.forgetful = true;
  const id = await order(meter, 'alarm_amounts', { alarm1Fen: 2_000, alarm2Fen: 500 });
  delivery.poke(meter.meterId);
  await becomes(id, { state: 'failed', attempts: 4 });
  expect(played.questions().filter((question) => question.startsWith('write'))).toHaveLength(4);
  expect(await exceptionsOf(ctx.db, meter)).toEqual(['setting_not_confirmed']);
});

test('a clock is set to the time of the write, and the drift on record is that of the read-back', async () => {
  const { meter, played, delivery } = await scene({ clock: undefined as never });
  played.driftS = -400;
  const id = await order(meter, 'clock', {});
  clock.advance(600_000);
  delivery.poke(meter.meterId);
  await becomes(id, { state: 'confirmed' });
  expect(played.driftS).toBe(0);
  await vi.waitFor(async () =>
    expect(await stateOf(ctx.db, meter)).toMatchObject({ clock_drift_s: 0, clock_checked_at: clock.now() }),
  );
});

test('a silent meter keeps its order, is left alone, and is read first when it is back', async () => {
  const { meter, played, delivery } = await scene({ keep_power: { on: false } });
  played.silent = true;
  const id = await order(meter, 'keep_power', { on: true });
  delivery.poke(meter.meterId);
  await becomes(id, { state: 'sent', attempts: 1 });
  delivery.ensure(meter.meterId);
  await delivery.stop();
  expect(played.questions()).toEqual(['write keep_power']);
  expect(await exceptionsOf(ctx.db, meter)).toEqual([]);
});

test('after a restart the meter is asked first, and not told again what it already has', async () => {
  const { meter, played, delivery } = await scene({ keep_power: { on: true } });
  const id = await order(meter, 'keep_power', { on: true });
  await ctx.db.query(`update command set state = 'sent', attempts = 1, sent_at = created_at where command_id = $1`, [
    id,
  ]);
  delivery.ensure(meter.meterId);
  await becomes(id, { state: 'confirmed', attempts: 1 });
  expect(played.questions()).toEqual(['read keep_power']);
});

test('a newer order of the same kind takes the place of one under way; other kinds follow in turn', async () => {
  const { meter, played, delivery } = await scene({ keep_power: { on: false }, clock: undefined as never });
  const first = await order(meter, 'keep_power', { on: true });
  clock.advance(1_000);
  const set = await order(meter, 'clock', {});
  const second = await order(meter, 'keep_power', { on: false });
  delivery.poke(meter.meterId);
  await becomes(second, { state: 'confirmed' });
  await becomes(set, { state: 'confirmed' });
  expect(await commandNow(ctx.db, first)).toMatchObject({ state: 'superseded', attempts: 0 });
  expect(played.settings.keep_power).toEqual({ on: false });
});

test('a meter that cannot be told fails at once', async () => {
  const { meter, played, delivery } = await scene({});
  const id = await order(meter, 'price_table', { prices: ['1'] });
  delivery.poke(meter.meterId);
  await becomes(id, { state: 'failed', attempts: 0 });
  expect(played.asked).toEqual([]);
});
