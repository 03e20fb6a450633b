import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, type HeadendOptions, startHeadend } from '../index.ts';
import { commandNow, exceptionsOf, order, START, seedMarket, stateOf, type TestMeter } from '../test-support/market.ts';
import { ScriptedMeter } from '../test-support/scripted-meter.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const running: Headend[] = [];

const FAST = { readBackAfterMs: [1, 2], limits: { replyWithinMs: 200, quietAfterTimeOutMs: 10 } };

async function start(options: Partial<HeadendOptions> = FAST): Promise<Headend> {
  const headend = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, ...options });
  running.push(headend);
  return headend;
}

afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
  clock.set(START);
});

async function oneMeter(): Promise<TestMeter> {
  const [meter] = (await seedMarket(ctx.db, { electricity: 1 })).electricity;
  if (!meter) throw new Error('no meter');
  return meter;
}

const becomes = (commandId: string, state: string) =>
  vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state }), { timeout: 10_000 });

const writesOf = (device: ScriptedMeter) =>
  device.requests.flatMap((request) => (request.kind === 'write' ? [request.registers] : []));

test('a connected meter is opened and closed again, each confirmed by reading back', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);

  const off = await order(ctx, meter, 'off');
  await becomes(off, 'confirmed');
  expect(device.relay).toBe('off');
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'off' });

  const onWire = device.next('transparent');
  const orderedMs = performance.now();
  const on = await order(ctx, meter, 'on');
  await onWire;
  expect(performance.now() - orderedMs).toBeLessThan(500);
  await becomes(on, 'confirmed');
  expect(writesOf(device)).toEqual([
    [1, 1],
    [1, 0],
  ]);
  const attempts = await ctx.db.query(
    `select attempt.step, attempt.outcome, frame.direction from command_attempt attempt
     join frame on frame.market_id = attempt.market_id and frame.frame_id = attempt.request_frame_id
     where command_id = $1 order by step desc`,
    [on],
  );
  expect(attempts).toEqual([
    { step: 'write', outcome: 'acknowledged', direction: 'down' },
    { step: 'read_back', outcome: 'read_on', direction: 'down' },
  ]);
});

test('a sending is durable before it is on the wire', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  device.behaviour.silent = true;
  await device.register(headend.port);
  const onWire = device.next('transparent');
  const commandId = await order(ctx, meter, 'off');
  await onWire;
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'sent', attempts: 1 });
});

test('a write acknowledged with the serial alone is an acknowledgement, and no more than that', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  device.behaviour.serialOnly = true;
  await device.register(headend.port);
  await becomes(await order(ctx, meter, 'off'), 'confirmed');
  expect(headend.stats().requests_timed_out).toBe(0);
});

test('a stuck relay is written four times, then it fails onto the exception list', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  device.behaviour.stuck = true;
  await device.register(headend.port);
  const commandId = await order(ctx, meter, 'off');
  await becomes(commandId, 'failed');
  expect(writesOf(device)).toHaveLength(4);
  expect(await exceptionsOf(ctx.db, meter)).toEqual(['switch_not_confirmed']);
});

test('a relay that stands right without the force registers is not confirmed', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  const answer = device.answer.bind(device);
  device.answer = (request) => {
    if (request.kind === 'write') device.send(Uint8Array.of());
    answer(request);
    device.forced = null;
  };
  const commandId = await order(ctx, meter, 'on');
  await becomes(commandId, 'failed');
  expect(device.relay).toBe('on');
});

test('an offline meter gets its command the moment it calls in', async () => {
  const meter = await oneMeter();
  const commandId = await order(ctx, meter, 'off');
  const headend = await start();
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'queued', attempts: 0 });
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  await becomes(commandId, 'confirmed');
  expect(device.relay).toBe('off');
});

test('a command whose turn has not come is not sent before, whoever asks; a restart does not bring it forward', async () => {
  const meter = await oneMeter();
  const before = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(before.port);
  const dueAt = new Date(clock.now().getTime() + 5_000);
  const later = await order(ctx, meter, 'on', 172_800, dueAt);
  const other = await oneMeter();
  const witness = new ScriptedMeter(other.linkKey);
  await witness.register(before.port);
  clock.advance(4_999);
  await ctx.db.tx((tx) => tx.notify('command', `${meter.marketId} ${meter.meterId}`));
  await becomes(await order(ctx, other, 'off'), 'confirmed');
  expect(await commandNow(ctx.db, later)).toMatchObject({ state: 'queued', attempts: 0 });
  const closed = [device.closed(), witness.closed()];
  await before.stop();
  await Promise.all(closed);

  const after = await start();
  await device.register(after.port);
  await witness.register(after.port);
  await becomes(await order(ctx, other, 'on'), 'confirmed');
  expect(await commandNow(ctx.db, later)).toMatchObject({ state: 'queued', attempts: 0 });
  clock.advance(1);
  await becomes(later, 'confirmed');
  expect(writesOf(device)).toEqual([[1, 0]]);
});

test('an order that may go at once takes the place of one that waits for its turn', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  const waiting = await order(ctx, meter, 'on', 172_800, new Date(clock.now().getTime() + 3_600_000));
  await becomes(await order(ctx, meter, 'off'), 'confirmed');
  expect(await commandNow(ctx.db, waiting)).toMatchObject({ state: 'superseded', attempts: 0 });
  expect(device.relay).toBe('off');
});

test('of commands that pile up for an offline meter only the latest is sent', async () => {
  const meter = await oneMeter();
  const first = await order(ctx, meter, 'off');
  const second = await order(ctx, meter, 'on');
  const third = await order(ctx, meter, 'off');
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  await becomes(third, 'confirmed');
  expect(writesOf(device)).toEqual([[1, 1]]);
  expect(await commandNow(ctx.db, first)).toMatchObject({ state: 'superseded', attempts: 0 });
  expect(await commandNow(ctx.db, second)).toMatchObject({ state: 'superseded', attempts: 0 });
});

test('a command superseded under way gives way to the new one at once', async () => {
  const meter = await oneMeter();
  const headend = await start({ ...FAST, readBackAfterMs: [60_000] });
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  const first = await order(ctx, meter, 'off');
  await becomes(first, 'acknowledged');
  const second = await order(ctx, meter, 'on');
  await becomes(second, 'acknowledged');
  expect(await commandNow(ctx.db, first)).toMatchObject({ state: 'superseded', attempts: 1 });
  expect(device.relay).toBe('on');
});

test('after a restart a command that was sent is read first, and not written again when it had its effect', async () => {
  const meter = await oneMeter();
  const before = await start({ ...FAST, readBackAfterMs: [60_000] });
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(before.port);
  const commandId = await order(ctx, meter, 'off');
  await becomes(commandId, 'acknowledged');
  const closed = device.closed();
  await before.stop();
  await closed;

  const after = await start();
  await device.register(after.port);
  await becomes(commandId, 'confirmed');
  expect(writesOf(device)).toHaveLength(1);
});

test('after a restart a command that had no effect is written again', async () => {
  const meter = await oneMeter();
  const before = await start({ ...FAST, readBackAfterMs: [60_000] });
  const device = new ScriptedMeter(meter.linkKey);
  device.behaviour.stuck = true;
  await device.register(before.port);
  const commandId = await order(ctx, meter, 'off');
  await becomes(commandId, 'acknowledged');
  const closed = device.closed();
  await before.stop();
  await closed;
  device.behaviour.stuck = false;

  const after = await start();
  await device.register(after.port);
  await becomes(commandId, 'confirmed');
  expect(writesOf(device)).toHaveLength(2);
});

test('a command of a meter that never calls in expires onto the exception list', async () => {
  const meter = await oneMeter();
  const commandId = await order(ctx, meter, 'off', 60);
  clock.advance(61_000);
  await start();
  await becomes(commandId, 'expired');
  expect(await exceptionsOf(ctx.db, meter)).toEqual(['command_expired']);
});

test('a late reply does not pass for the answer to the next request', async () => {
  const meter = await oneMeter();
  const headend = await start({ readBackAfterMs: [1], limits: { replyWithinMs: 80, quietAfterTimeOutMs: 60 } });
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  device.behaviour.silent = true;
  const onWire = device.next('transparent');
  const commandId = await order(ctx, meter, 'off');
  await onWire;
  await vi.waitFor(() => expect(headend.stats().requests_timed_out).toBe(1));
  const [write] = device.requests;
  if (write) device.answer(write);
  await vi.waitFor(() => expect(headend.stats().replies_stray).toBe(1));
  device.behaviour.silent = false;
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'sent' });
  await becomes(commandId, 'confirmed');
});
