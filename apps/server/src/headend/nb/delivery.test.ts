import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { intake } from '../../readings/index.ts';
import { type Headend, startHeadend } from '../index.ts';
import { createReportQueue } from '../report-queue.ts';
import { createStats } from '../stats.ts';
import {
  commandNow,
  exceptionsOf,
  order,
  PUSH_TOKEN,
  START,
  seedMarket,
  stateOf,
  type TestMeter,
  waterAddress,
} from '../test-support/market.ts';
import { meteringPush, responsePush, ScriptedPlatform, valveReplyPush } from '../test-support/scripted-platform.ts';
import { NO_TRACE } from '../trace.ts';
import { registerNbPush } from './push.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const app = fastify();
registerNbPush(app, {
  ctx,
  stats: createStats(ctx.log),
  reports: createReportQueue({ intake: (batch) => intake(ctx.db, batch) }),
  trace: NO_TRACE,
});
const running: Headend[] = [];

async function start(): Promise<ScriptedPlatform> {
  const platform = new ScriptedPlatform(() => clock.now());
  const options = { listenHost: '127.0.0.1', listenPort: 0, fetch: platform.fetch };
  running.push(await startHeadend(ctx, options));
  return platform;
}

afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
  await ctx.db.query(`update command set state = 'expired', finished_at = created_at where finished_at is null`);
});

async function oneMeter(): Promise<TestMeter> {
  const [meter] = (await seedMarket(ctx.db, { water: 1 })).water;
  if (!meter) throw new Error('no meter');
  return meter;
}

async function push(body: object): Promise<void> {
  const answer = await app.inject({ method: 'POST', url: `/push/ctwing/${PUSH_TOKEN}`, payload: body });
  expect(answer.statusCode).toBe(200);
}

const reports = (meter: TestMeter, valve: 'on' | 'off' | 'fault') =>
  push(meteringPush({ linkKey: meter.linkKey, address: waterAddress(0) }, clock.now(), { valve }));

const becomes = (commandId: string, now: Partial<Awaited<ReturnType<typeof commandNow>>>) =>
  vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject(now), { timeout: 10_000 });

/** The last command the platform has, once it is there. */
async function cached(platform: ScriptedPlatform, count: number) {
  await vi.waitFor(() => expect(platform.commands).toHaveLength(count), { timeout: 10_000 });
  const command = platform.commands[count - 1];
  if (!command) throw new Error('no command');
  return command;
}

/** A signal for water commands without a new one: time has passed. */
const look = (meter: TestMeter) => ctx.db.tx((tx) => tx.notify('command', `${meter.marketId} ${meter.meterId}`));

test('a valve order waits on the platform and only the meter’s own later report confirms it', async () => {
  const meter = await oneMeter();
  const platform = await start();
  await reports(meter, 'on');
  clock.advance(1_000);
  const commandId = await order(ctx, meter, 'off', 7_200);
  const command = await cached(platform, 1);
  expect(command.payloadHex).toMatch(/^6810.*04a017..99..16$/);
  expect(command.ttlS).toBe(7_200);
  await becomes(commandId, { state: 'sent', platform_ref: command.id });

  clock.advance(1_800_000);
  await reports(meter, 'on');
  await push(responsePush(meter.linkKey, clock.now(), command.id, 'SENT'));
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'sent' });
  await push(responsePush(meter.linkKey, clock.now(), command.id, 'DELIVERED'));
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'acknowledged' });
  clock.advance(20_000);
  await reports(meter, 'off');
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed', attempts: 1 });
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'off', online: true });
});

test('the screens can say when the meter is expected to wake', async () => {
  const meter = await oneMeter();
  await start();
  await reports(meter, 'on');
  clock.advance(3_600_000);
  await reports(meter, 'on');
  const commandId = await order(ctx, meter, 'off');
  await becomes(commandId, { state: 'sent' });
  const rows = await ctx.db.query('select expected_at from command where command_id = $1', [commandId]);
  expect(rows).toEqual([{ expected_at: new Date(clock.now().getTime() + 3_600_000) }]);
});

test('the meter’s acknowledgement counts for the order it answers, not for a newer one', async () => {
  const meter = await oneMeter();
  const platform = await start();
  const first = await order(ctx, meter, 'off');
  const old = await cached(platform, 1);
  await becomes(first, { state: 'sent', platform_ref: old.id });
  clock.advance(1_000);
  const second = await order(ctx, meter, 'on');
  const next = await cached(platform, 2);
  await becomes(second, { state: 'sent', platform_ref: next.id });
  expect(old.status).toBe(6);
  await push(valveReplyPush(meter.linkKey, clock.now(), old.payloadHex));
  await push(responsePush(meter.linkKey, clock.now(), old.id, 'DELIVERED'));
  expect(await commandNow(ctx.db, second)).toMatchObject({ state: 'sent' });
  await push(valveReplyPush(meter.linkKey, clock.now(), next.payloadHex));
  expect(await commandNow(ctx.db, second)).toMatchObject({ state: 'acknowledged' });
  expect(await commandNow(ctx.db, first)).toMatchObject({ state: 'superseded', outcome: 'cancelled_on_platform' });
});

test('a platform that is away is tried again, and nothing counts as an attempt', async () => {
  const meter = await oneMeter();
  const platform = await start();
  platform.isAway = true;
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(async () =>
    expect(await ctx.db.query('select outcome from command_attempt where command_id = $1', [commandId])).toEqual([
      { outcome: 'platform_unreachable' },
    ]),
  );
  await becomes(commandId, { state: 'queued', attempts: 0 });
  platform.isAway = false;
  await becomes(commandId, { state: 'sent', attempts: 1 });
});

test('a meter that the platform does not know keeps nobody else’s order, and is tried again later', async () => {
  const [unknown, other] = (await seedMarket(ctx.db, { water: 2 })).water;
  if (!unknown || !other) throw new Error('no meters');
  const platform = await start();
  platform.unknownDeviceId = unknown.linkKey.split('/')[1] ?? '';
  const refused = await order(ctx, unknown, 'off');
  const nextAttempt = () =>
    ctx.db.query('select state, next_attempt_at as at from command where command_id = $1', [refused]);
  const later = new Date(clock.now().getTime() + 60_000);
  await vi.waitFor(async () => expect(await nextAttempt()).toEqual([{ state: 'queued', at: later }]));
  const taken = await order(ctx, other, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, taken)).toMatchObject({ state: 'sent' }));
});

test('a clock that is off is learned from the platform', async () => {
  const meter = await oneMeter();
  const platform = await start();
  platform.aheadMs = 3_600_000;
  const commandId = await order(ctx, meter, 'off');
  await becomes(commandId, { state: 'sent' });
  await cached(platform, 1);
  expect(platform.refused).toBe(1);
});

test('an acknowledged order without a report is followed by a question, and by the order again', async () => {
  const meter = await oneMeter();
  const platform = await start();
  const commandId = await order(ctx, meter, 'off');
  const valve = await cached(platform, 1);
  await becomes(commandId, { state: 'sent', platform_ref: valve.id });
  await push(responsePush(meter.linkKey, clock.now(), valve.id, 'COMPLETED'));
  clock.advance(121_000);
  await look(meter);
  const question = await cached(platform, 2);
  expect(question.payloadHex).toMatch(/0103901f/);
  clock.advance(3_600_000);
  await look(meter);
  const again = await cached(platform, 3);
  expect(again.payloadHex).toMatch(/04a017..99/);
  await becomes(commandId, { state: 'sent', attempts: 2 });
});

test('a stuck valve gets four orders, then it fails onto the exception list', async () => {
  const meter = await oneMeter();
  const platform = await start();
  const commandId = await order(ctx, meter, 'off');
  for (let attempt = 1; attempt <= 4; attempt++) {
    const valve = await cached(platform, attempt);
    await becomes(commandId, { state: 'sent', platform_ref: valve.id });
    await push(valveReplyPush(meter.linkKey, clock.now(), valve.payloadHex));
    clock.advance(90_000);
    await reports(meter, 'on');
  }
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'failed', attempts: 4 });
  expect(await exceptionsOf(ctx.db, meter)).toEqual(['switch_not_confirmed']);
});

test('a sending that a crash cut off is made again', async () => {
  const meter = await oneMeter();
  const commandId = await order(ctx, meter, 'off');
  await ctx.db.query(`update command set state = 'sent', attempts = 1, sent_at = created_at where command_id = $1`, [
    commandId,
  ]);
  const platform = await start();
  await cached(platform, 1);
  await becomes(commandId, { state: 'sent', attempts: 2 });
});

test('a meter that missed its times is offline', async () => {
  const meter = await oneMeter();
  await reports(meter, 'on');
  expect(await stateOf(ctx.db, meter)).toMatchObject({ online: true });
  clock.advance(4 * 3_600_000);
  await start();
  await vi.waitFor(async () => expect(await stateOf(ctx.db, meter)).toMatchObject({ online: false }));
});
