import { concatBytes } from '@openprepay/kernel';
import { decodeRequest, encodeRequest } from '@openprepay/protocols/modbus';
import { afterEach, expect, test, vi } from 'vitest';
import { type TestClock, testClock, testContext } from '../../../test-support/database.ts';
import { type Headend, type HeadendOptions, startHeadend } from '../index.ts';
import { type BusMeter, ModbusMeter, OldMeter, WaterMeter } from '../test-support/bus-meters.ts';
import { seedGateway, totalsOf } from '../test-support/gateways.ts';
import { commandNow, exceptionsOf, order, START, stateOf, type TestMeter } from '../test-support/market.ts';
import { ScriptedDtu } from '../test-support/scripted-dtu.ts';

const clock: TestClock = testClock(START);
const ctx = await testContext(clock);
const running: Headend[] = [];
const MODEL = 'DDSY1352-NK';
const SWEEP = { everyMs: 10, graceMs: 0, retryLeastMs: 50, retryMostMs: 200 };
const LIMITS = { replyWithinMs: 5_000, quietAfterTimeOutMs: 40 };
/** Where somebody is to be waited for in vain. */
const IMPATIENT = { ...LIMITS, replyWithinMs: 150 };

let lastImei = 860_000_000_000_000;
const nextImei = () => String(++lastImei);

async function start(options: Partial<HeadendOptions> = {}): Promise<Headend> {
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    readBackAfterMs: [1, 5],
    limits: LIMITS,
    sweep: SWEEP,
    ...options,
  });
  running.push(headend);
  return headend;
}

afterEach(async () => {
  for (const headend of running.splice(0)) await headend.stop();
  clock.set(START);
});

/** One modem with these Modbus units on its bus, registered. */
async function bus(units: readonly number[], settings: Record<string, unknown> = {}) {
  const linkKey = nextImei();
  const plan = units.map((unit) => ({ model: MODEL, busAddress: String(unit) }));
  const meters = await seedGateway(ctx, { link: 'dtu', linkKey, settings, meters: plan });
  const played = units.map((unit) => new ModbusMeter(unit, BigInt(unit) * 1_000n));
  return { linkKey, meters, played, dtu: new ScriptedDtu() };
}

const answerOf = (played: readonly BusMeter[], request: Uint8Array): Uint8Array =>
  played.map((meter) => meter.answer(request)).find((answer) => answer !== null) ?? new Uint8Array(0);

const becomes = (meter: TestMeter, totals: readonly bigint[]) =>
  vi.waitFor(async () => expect(await totalsOf(ctx, meter)).toEqual(totals), { timeout: 10_000 });

test('meters of two protocols hang on one bus, and are asked one after the other with a gap', async () => {
  const headend = await start();
  const linkKey = nextImei();
  const meters = await seedGateway(ctx, {
    link: 'dtu',
    linkKey,
    settings: { gapMs: 20 },
    meters: [
      { model: MODEL, busAddress: '7' },
      { model: 'DDS-645-97', busAddress: '000000123456' },
    ],
  });
  const played = [new ModbusMeter(7, 5_000n), new OldMeter('000000123456', '00123456')];
  const dtu = new ScriptedDtu();
  const gapsMs: number[] = [];
  let answeredMs: number | null = null;
  dtu.onRequest = (request) => {
    if (answeredMs !== null) gapsMs.push(performance.now() - answeredMs);
    const answer = answerOf(played, request);
    setImmediate(() => {
      answeredMs = performance.now();
      dtu.send(answer);
    });
  };
  await dtu.connect(headend.port, linkKey);
  const [modbus, old] = meters;
  if (!modbus || !old) throw new Error('no meters');
  await becomes(modbus, [5_000n]);
  await becomes(old, [1_234_560n]);
  expect(gapsMs.length).toBeGreaterThan(3);
  expect(Math.min(...gapsMs)).toBeGreaterThan(17);
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0, replies_stray: 0, sessions: 1 });
});

test('echo, noise before the answer, and an answer in pieces are taken for what they are', async () => {
  const headend = await start();
  const { linkKey, meters, played, dtu } = await bus([3]);
  dtu.onRequest = (request) => {
    const answer = answerOf(played, request);
    dtu.send(concatBytes(request, Uint8Array.of(0x00, 0x68, 0x55, 0x03, 0x03), answer.subarray(0, 20)));
    setTimeout(() => dtu.send(answer.subarray(20)), 20);
  };
  await dtu.connect(headend.port, linkKey);
  for (const meter of meters) await becomes(meter, [3_000n]);
  expect(headend.stats()).toMatchObject({ requests_timed_out: 0 });
  expect(headend.stats().echoes_filtered).toBeGreaterThan(0);
});

test('an answer of the wrong meter answers nothing, and the right one behind it in the same chunk does', async () => {
  const headend = await start();
  const { linkKey, meters, played, dtu } = await bus([4]);
  const other = new ModbusMeter(9, 99_000n);
  dtu.onRequest = (request) => {
    const wrong = other.answer(encodeRequest({ ...decodeRequest(request), unit: 9 }));
    dtu.send(concatBytes(wrong ?? new Uint8Array(0), answerOf(played, request)));
  };
  await dtu.connect(headend.port, linkKey);
  for (const meter of meters) await becomes(meter, [4_000n]);
  expect(headend.stats().replies_stray).toBeGreaterThan(0);
});

test('a late answer is dropped, and the next question gets its own', async () => {
  const headend = await start({ limits: IMPATIENT });
  const { linkKey, meters, played, dtu } = await bus([5]);
  const [meter] = played;
  if (!meter) throw new Error('no meter');
  let late: Uint8Array | null = null;
  dtu.onRequest = (request) => {
    if (late) dtu.send(answerOf(played, request));
    else late = answerOf(played, request);
  };
  await dtu.connect(headend.port, linkKey);
  await vi.waitFor(() => expect(headend.stats().requests_timed_out).toBe(1));
  if (late) dtu.send(late);
  meter.totalWh = 6_000n;
  for (const one of meters) await becomes(one, [6_000n]);
  expect(headend.stats().replies_stray).toBe(1);
});

test('one dead meter among 64 goes offline, and the other 63 are read', async () => {
  const headend = await start({ limits: IMPATIENT, sweep: { ...SWEEP, maxAtOnce: 64 } });
  const units = Array.from({ length: 64 }, (_, index) => index + 1);
  const { linkKey, meters, played, dtu } = await bus(units);
  const dead = 20;
  await ctx.db.query('update meter_state set online = true where meter_id = $1', [meters[dead]?.meterId]);
  dtu.onRequest = (request) => {
    if (request[0] !== dead + 1) dtu.send(answerOf(played, request));
  };
  await dtu.connect(headend.port, linkKey);
  for (const [index, meter] of meters.entries()) {
    if (index !== dead) await becomes(meter, [BigInt(index + 1) * 1_000n]);
  }
  const silent = meters[dead];
  if (!silent) throw new Error('no meter');
  await vi.waitFor(async () => expect(await stateOf(ctx.db, silent)).toMatchObject({ online: false }), {
    timeout: 10_000,
  });
  expect(await totalsOf(ctx, silent)).toEqual([]);
  expect(headend.stats()).toMatchObject({ closed_for_time_outs: 0, sessions: 1 });
});

test('a bus of which nobody answers is given up for the modem to call again', async () => {
  const headend = await start({ limits: IMPATIENT });
  const { linkKey, dtu } = await bus([1, 2]);
  await dtu.connect(headend.port, linkKey);
  await dtu.closed();
  expect(headend.stats().closed_for_time_outs).toBe(1);
});

test('a command under way when the modem goes is carried out when it is back', async () => {
  const headend = await start();
  const { linkKey, meters, played, dtu } = await bus([6]);
  const [meter] = meters;
  const [device] = played;
  if (!meter || !device) throw new Error('no meter');
  let gone = false;
  dtu.onRequest = (request) => {
    if (request[1] !== 0x10 || gone) return dtu.send(answerOf(played, request));
    gone = true;
    void dtu.disconnect();
  };
  await dtu.connect(headend.port, linkKey);
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(() => expect(gone).toBe(true));
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'sent', attempts: 1 });
  expect(device.relay).toBe('on');
  await dtu.connect(headend.port, linkKey);
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }), {
    timeout: 10_000,
  });
  expect(device.relay).toBe('off');
});

test('the newest connection of a modem wins', async () => {
  const headend = await start();
  const { linkKey, meters, played, dtu } = await bus([8]);
  await dtu.connect(headend.port, linkKey);
  await vi.waitFor(() => expect(headend.stats().sessions).toBe(1));
  const second = new ScriptedDtu();
  second.onRequest = (request) => second.send(answerOf(played, request));
  const closed = dtu.closed();
  await second.connect(headend.port, linkKey);
  await closed;
  for (const meter of meters) await becomes(meter, [8_000n]);
  expect(headend.stats()).toMatchObject({ sessions: 1, sessions_replaced: 1 });
});

test('a modem may name itself before every packet, and send heartbeats of its own', async () => {
  const headend = await start({ limits: { ...LIMITS, silenceMs: 1_500 } });
  const heartbeat = 'deadbeef';
  const { linkKey, meters, played, dtu } = await bus([2], { registration: 'every_packet', heartbeats: [heartbeat] });
  const named = (bytes: Uint8Array) => concatBytes(Buffer.from(linkKey), bytes);
  dtu.onRequest = (request) => {
    dtu.send(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
    dtu.send(named(answerOf(played, request)));
  };
  await dtu.connect(headend.port, named(Uint8Array.of(0xde, 0xad, 0xbe, 0xef)));
  for (const meter of meters) await becomes(meter, [2_000n]);
  expect(headend.stats()).toMatchObject({ noise_bytes: 0, requests_timed_out: 0 });
  await dtu.closed();
  expect(headend.stats().closed_for_silence).toBe(1);
});

async function waterBus(water: WaterMeter) {
  const headend = await start();
  const linkKey = nextImei();
  const plan = [{ model: 'LXSY-188', busAddress: water.address }];
  const [meter] = await seedGateway(ctx, { link: 'dtu', linkKey, meters: plan });
  if (!meter) throw new Error('no meter');
  const dtu = new ScriptedDtu();
  dtu.onRequest = (request) => dtu.send(answerOf([water], request));
  await dtu.connect(headend.port, linkKey);
  return meter;
}

test('the valve of a wired water meter is closed, and confirmed only when it has moved', async () => {
  const water = new WaterMeter('78330000000001', 12_340n, 2);
  const meter = await waterBus(water);
  await becomes(meter, [12_340n]);
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }), {
    timeout: 10_000,
  });
  expect(water.valve).toBe('off');
  expect(await stateOf(ctx.db, meter)).toMatchObject({ switch_state: 'off' });
});

test('an order that the meter refuses is on record as refused, and ends where a person sees it', async () => {
  const water = new WaterMeter('78330000000002', 1_000n, 1);
  water.refuses = true;
  const meter = await waterBus(water);
  const commandId = await order(ctx, meter, 'off');
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'failed' }), {
    timeout: 10_000,
  });
  const attempts = await ctx.db.query(
    `select distinct outcome from command_attempt where command_id = $1 and step = 'write'`,
    [commandId],
  );
  expect(attempts).toEqual([{ outcome: 'refused' }]);
  expect(await exceptionsOf(ctx.db, meter)).toEqual(['switch_not_confirmed']);
});

test('a meter that is silent on its bus keeps its command until it answers', async () => {
  const headend = await start({ limits: IMPATIENT });
  const { linkKey, meters, played, dtu } = await bus([1, 2]);
  const [live, silent] = meters;
  if (!live || !silent) throw new Error('no meters');
  let answers = false;
  dtu.onRequest = (request) => {
    if (request[0] === 1 || answers) dtu.send(answerOf(played, request));
  };
  await dtu.connect(headend.port, linkKey);
  await becomes(live, [1_000n]);
  const commandId = await order(ctx, silent, 'off');
  await vi.waitFor(() => expect(headend.stats().requests_timed_out).toBeGreaterThan(5), { timeout: 10_000 });
  expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'sent', attempts: 1 });
  answers = true;
  await vi.waitFor(async () => expect(await commandNow(ctx.db, commandId)).toMatchObject({ state: 'confirmed' }), {
    timeout: 10_000,
  });
  expect(headend.stats().closed_for_time_outs).toBe(0);
});
