import { zonedParts } from '@openprepay/kernel';
import { encodeUp } from '@openprepay/protocols/acrel4g';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, type HeadendOptions, startHeadend } from '../index.ts';
import { START, seedMarket, stateOf, type TestMeter } from '../test-support/market.ts';
import { ScriptedMeter } from '../test-support/scripted-meter.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const running: Headend[] = [];

async function start(options: Partial<HeadendOptions> = {}): Promise<Headend> {
  const headend = await startHeadend(ctx, { listenHost: '127.0.0.1', listenPort: 0, ...options });
  running.push(headend);
  return headend;
}

afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
  clock.set(START);
});

async function oneMeter(ctRatio = 1): Promise<TestMeter & { marketId: string }> {
  const market = await seedMarket(ctx.db, { electricity: 1, ctRatio });
  const [meter] = market.electricity;
  if (!meter) throw new Error('no meter');
  return meter;
}

const readingsOf = (meter: TestMeter) =>
  ctx.db.query('select read_at, total, origin, tariffs, quality from reading where market_id = $1 and meter_id = $2', [
    meter.marketId,
    meter.meterId,
  ]);

test('a meter registers, gets the time of its market, pushes, and is acknowledged when the reading is stored', async () => {
  const meter = await oneMeter(20);
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  const time = device.next('time');
  device.send(encodeUp({ kind: 'time_request', serial: device.serial }));
  expect(await time).toEqual({ kind: 'time', local: zonedParts(START, 'Asia/Shanghai') });

  const acknowledged = device.next('data_ack');
  device.sendData();
  await acknowledged;
  expect(await readingsOf(meter)).toEqual([
    {
      read_at: START,
      total: 20_000_000n,
      origin: 'pushed',
      tariffs: [0n, 0n, 20_000_000n, 0n, null],
      quality: 'good',
    },
  ]);
  await vi.waitFor(async () =>
    expect(await stateOf(ctx.db, meter)).toMatchObject({ online: true, rssi: 26, switch_state: 'on' }),
  );
  await device.disconnect();
  await vi.waitFor(async () => expect(await stateOf(ctx.db, meter)).toMatchObject({ online: false }));
});

test('a push that could not be stored is not acknowledged, and its repetition is', async () => {
  const meter = await oneMeter();
  let broken = true;
  const stored: number[] = [];
  const headend = await start({
    intake: async (reports) => {
      if (broken) throw new Error('the database is away');
      stored.push(reports.length);
    },
  });
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  device.sendData();
  await vi.waitFor(() => expect(headend.stats().intake_failed).toBe(1));
  expect(device.received.map((message) => message.kind)).toEqual(['register_ack']);
  broken = false;
  const acknowledged = device.next('data_ack');
  device.sendData();
  await acknowledged;
  expect(stored).toEqual([1]);
});

test('a frame that arrives byte by byte behind noise is understood', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  const acknowledged = device.next('data_ack');
  device.send(Uint8Array.of(0x7b, 0x7b, 0x7d, 0x7d, 0x00));
  const modbus = encodeUp({ kind: 'heartbeat' });
  for (const byte of modbus) device.send(Uint8Array.of(byte));
  device.sendData();
  await acknowledged;
  expect(await readingsOf(meter)).toHaveLength(1);
});

test('an unclaimed modem is listed with its contacts, gets no answer and is closed', async () => {
  const headend = await start({ limits: { unclaimedForMs: 50 } });
  for (let call = 0; call < 2; call++) {
    const device = new ScriptedMeter('99999999999999');
    await device.connect(headend.port);
    device.sendRegister();
    await device.closed();
    expect(device.received).toEqual([]);
  }
  const rows = await ctx.db.query(`select link, contacts from unclaimed_device where link_key = '99999999999999'`);
  expect(rows).toEqual([{ link: 'acrel4g', contacts: 2n }]);
  expect(headend.stats()).toMatchObject({ closed_unclaimed: 2, sessions_registered: 0 });
});

test('the newest socket of a modem wins, and the meter stays online', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const first = new ScriptedMeter(meter.linkKey);
  const second = new ScriptedMeter(meter.linkKey);
  await first.register(headend.port);
  const closed = first.closed();
  await second.register(headend.port);
  await closed;
  const acknowledged = second.next('data_ack');
  second.sendData();
  await acknowledged;
  expect(headend.stats()).toMatchObject({ sessions: 1, sessions_replaced: 1 });
  expect(second.connected).toBe(true);
});

test('a half-open connection dies by its silence, one with heartbeats lives', async () => {
  const [quiet, alive] = [await oneMeter(), await oneMeter()];
  const headend = await start({ limits: { silenceMs: 1_500 } });
  const [silent, beating] = [new ScriptedMeter(quiet.linkKey), new ScriptedMeter(alive.linkKey)];
  await silent.register(headend.port);
  await beating.register(headend.port);
  const heart = setInterval(() => beating.send(encodeUp({ kind: 'heartbeat' })), 200);
  await silent.closed();
  clearInterval(heart);
  expect(beating.connected).toBe(true);
  expect(headend.stats()).toMatchObject({ closed_for_silence: 1, sessions: 1 });
  await vi.waitFor(async () => expect(await stateOf(ctx.db, quiet)).toMatchObject({ online: false }));
});

test('meters that were online when the program died are offline until they call in', async () => {
  const meter = await oneMeter();
  await ctx.db.query('update meter_state set online = true where meter_id = $1', [meter.meterId]);
  await start();
  expect(await stateOf(ctx.db, meter)).toMatchObject({ online: false });
});

test('a clock ahead is passed on for intake to judge, a missing one gives way to the time of receipt', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  device.clock = null;
  let acknowledged = device.next('data_ack');
  device.sendData();
  await acknowledged;
  device.clock = zonedParts(new Date(START.getTime() + 3600_000), 'Asia/Shanghai');
  acknowledged = device.next('data_ack');
  device.sendData();
  await acknowledged;
  const rows = await readingsOf(meter);
  expect(rows.map((row) => [row.read_at, row.quality])).toEqual([
    [START, 'good'],
    [new Date(START.getTime() + 3600_000), 'suspect'],
  ]);
});

test('a push of another meter behind a known modem is listed as unclaimed and acknowledged', async () => {
  const meter = await oneMeter();
  const headend = await start();
  const device = new ScriptedMeter(meter.linkKey);
  await device.register(headend.port);
  const acknowledged = device.next('data_ack');
  device.sendData(7);
  await acknowledged;
  expect(await readingsOf(meter)).toEqual([]);
  const rows = await ctx.db.query('select link_key from unclaimed_device where link_key = $1', [`${meter.linkKey}/7`]);
  expect(rows).toHaveLength(1);
});

test('the sweep reads a meter whose readings are old, and leaves one alone that pushes', async () => {
  const [old, fresh] = [await oneMeter(), await oneMeter()];
  const headend = await start({ sweep: { everyMs: 20, graceMs: 60_000 } });
  const devices = [new ScriptedMeter(old.linkKey), new ScriptedMeter(fresh.linkKey)] as const;
  for (const device of devices) {
    await device.register(headend.port);
    const acknowledged = device.next('data_ack');
    device.sendData();
    await acknowledged;
  }
  const later = new Date(START.getTime() + 2000_000);
  const pushed = devices[1].next('data_ack');
  clock.set(new Date(START.getTime() + 1700_000));
  for (const device of devices) device.clock = zonedParts(later, 'Asia/Shanghai');
  devices[1].sendData();
  await pushed;
  clock.set(later);
  await vi.waitFor(async () => expect(await readingsOf(old)).toHaveLength(2));
  expect((await readingsOf(old)).map((row) => row.origin)).toEqual(['pushed', 'scheduled']);
  expect(devices[1].requests).toEqual([]);
});

test('a meter that does not answer the sweep is asked again after a pause', async () => {
  const meter = await oneMeter();
  const headend = await start({
    limits: { replyWithinMs: 40, quietAfterTimeOutMs: 10, maxTimeOutsInARow: 10 },
    sweep: { everyMs: 10, graceMs: 0, retryLeastMs: 50 },
  });
  const device = new ScriptedMeter(meter.linkKey);
  device.behaviour.silent = true;
  await device.register(headend.port);
  await vi.waitFor(() => expect(headend.stats().sweep_failures).toBe(2));
  device.behaviour.silent = false;
  await vi.waitFor(async () => expect(await readingsOf(meter)).toHaveLength(1));
});

test('after time-outs in a row the connection is closed for the meter to call again', async () => {
  const meter = await oneMeter();
  const headend = await start({
    limits: { replyWithinMs: 20, quietAfterTimeOutMs: 5 },
    sweep: { everyMs: 10, graceMs: 0, retryLeastMs: 10 },
  });
  const device = new ScriptedMeter(meter.linkKey);
  device.behaviour.silent = true;
  await device.register(headend.port);
  await device.closed();
  expect(headend.stats()).toMatchObject({ closed_for_time_outs: 1, requests_timed_out: 3 });
});
