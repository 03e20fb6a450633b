import { fromHex } from '@openprepay/kernel';
import { decodeLiveBlock, switchWrite } from '@openprepay/protocols/acrel1352';
import { decodeReply, encodeRequest } from '@openprepay/protocols/modbus';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptedServer, SERVER_TIME } from '../test-support/scripted-server.ts';
import { manualWorld, singlePhase } from '../test-support/world.ts';
import { ElectricityMeter } from './electricity-meter.ts';
import { ALL_FAULTS, type Fault } from './faults.ts';
import { Modem } from './modem.ts';
import { realTimers } from './timers.ts';
import { DEFAULT_PACE, type World } from './world.ts';

/** Half an hour of the market in 5 ms, three minutes of jitter in half of one. */
const FAST = 360_000;

let server: ScriptedServer;
let address: { host: string; port: number };
let modem: Modem | undefined;

beforeEach(async () => {
  server = new ScriptedServer();
  address = await server.listen();
});

afterEach(async () => {
  modem?.stop();
  await server.close();
});

interface StartOptions {
  readonly speed?: number;
  readonly ackTimeoutMs?: number;
  readonly heartbeatMs?: number;
  readonly serial?: string;
  readonly faults?: readonly Fault[];
}

const start = (o: StartOptions = {}) => startTimed(o).meter;

function startTimed(o: StartOptions = {}) {
  const pace = {
    ...DEFAULT_PACE,
    ackTimeoutMs: o.ackTimeoutMs ?? 5_000,
    heartbeatMs: o.heartbeatMs ?? 60_000,
    reconnectLeastMs: 1,
    reconnectMostMs: 2,
    answerLeastMs: 0,
    answerMostMs: 1,
    relayMoveMs: 1,
  };
  const { time, world } = manualWorld({ faults: o.faults ?? [] });
  const real: World = { ...world, timers: realTimers, speed: o.speed ?? 1, pace };
  const meter = new ElectricityMeter({ ...singlePhase, serial: o.serial ?? singlePhase.serial }, 'meat', real);
  modem = new Modem(meter, real, address);
  modem.start(0);
  return { time, meter };
}

/** A serial that the fault affects at the test's instant, found by trying. */
function affectedBy(fault: Exclude<Fault, 'decrease'>): string {
  const { world } = manualWorld({ faults: ALL_FAULTS });
  for (let n = 0; ; n++) {
    const others = ['garbage', 'split', 'duplicated'] as const;
    const serial = `24060020${String(n).padStart(4, '0')}`;
    if (others.every((other) => world.faults.active(other, serial) === (other === fault))) return serial;
  }
}

test('a meter registers, asks the time and reports itself at once, and is then connected', async () => {
  const meter = start();
  await server.until(() => server.count('data') === 1);
  expect(server.received.map((message) => message.kind)).toEqual(['register', 'time_request', 'data']);
  expect(server.ofKind('register')[0]).toMatchObject({ serial: singlePhase.linkKey, intervalMin: 30 });
  const section = server.ofKind('data')[0]?.sections[0];
  expect(section?.address).toBe('1');
  const block = decodeLiveBlock(section?.modbus.subarray(3) ?? new Uint8Array());
  expect(block).toMatchObject({ totalWh: meter.totalWh, clock: SERVER_TIME });
  expect(meter.connected).toBe(true);
});

test('it reports again every half hour of the market', async () => {
  start({ speed: FAST });
  await server.until(() => server.count('data') === 4);
  expect(server.count('register')).toBe(1);
});

test('without an answer to its registration it says nothing more and tries a new connection', async () => {
  server.habits.register = false;
  const meter = start({ ackTimeoutMs: 150 });
  await server.until(() => server.connections === 3);
  expect(server.received.every((message) => message.kind === 'register')).toBe(true);
  expect(meter.connected).toBe(false);
});

test('without the time it reports after three requests all the same', async () => {
  server.habits.time = false;
  start({ ackTimeoutMs: 150 });
  await server.until(() => server.count('data') === 1);
  expect(server.count('time_request')).toBe(3);
});

test('an unacknowledged reading is sent four times, kept, and sent again on a new connection', async () => {
  server.habits.data = false;
  const meter = start({ ackTimeoutMs: 150 });
  await server.until(() => server.count('data') === 4);
  const kept = meter.oldestReading();
  expect(kept).not.toBeNull();
  expect(server.connections).toBe(1);
  server.habits.data = true;
  await server.until(() => server.count('data') === 5);
  expect(server.connections).toBe(2);
  const sent = server.ofKind('data').map((message) => message.sections[0]?.modbus);
  expect(sent).toEqual(new Array(5).fill(kept?.subarray(0, -2)));
  await expect.poll(() => meter.oldestReading()).toBeNull();
});

test('a second acknowledgement of one reading does not pass for that of the next', async () => {
  server.habits.data = false;
  const meter = start({ ackTimeoutMs: 200 });
  meter.takeReading();
  meter.takeReading();
  // The first waiting reading goes out twice, because its acknowledgement is slow.
  await server.until(() => server.count('data') === 2);
  server.send({ kind: 'data_ack' });
  server.send({ kind: 'data_ack' });
  await server.until(() => server.count('data') === 3);
  const [first, again, next] = server.ofKind('data').map((message) => message.sections[0]?.modbus);
  expect(again).toEqual(first);
  expect(meter.oldestReading()?.subarray(0, -2)).toEqual(next);
});

test('a heartbeat keeps the connection known', async () => {
  start({ heartbeatMs: 5 });
  await server.until(() => server.count('heartbeat') === 3);
});

test('a transparent read is answered with the Modbus reply', async () => {
  const meter = start();
  await server.until(() => server.count('data') === 1);
  server.send({ kind: 'transparent', modbus: encodeRequest({ kind: 'read', unit: 1, start: 0x0200, quantity: 48 }) });
  await server.until(() => server.count('transparent') === 1);
  const reply = decodeReply(server.ofKind('transparent')[0]?.modbus ?? new Uint8Array());
  expect(reply.kind === 'read' && decodeLiveBlock(reply.data).totalWh).toBe(meter.totalWh);
});

test('some meters acknowledge a write with the Modbus reply, others with their serial alone; both obey', async () => {
  const answers = new Set<boolean>();
  for (let n = 0; answers.size < 2; n++) {
    const before = server.received.length;
    const meter = start({ serial: `24060030${String(n).padStart(4, '0')}` });
    await server.until(() => server.received.slice(before).some((message) => message.kind === 'data'));
    server.send({ kind: 'transparent', modbus: encodeRequest(switchWrite('off', 1)) });
    await server.until(() => server.received.slice(before).some((message) => message.kind === 'transparent'));
    const answer = server.ofKind('transparent').at(-1);
    answers.add(answer?.modbus.length === 0);
    expect(answer?.modbus.length === 0 ? answer.serial : decodeReply(answer?.modbus ?? fromHex('')).kind).toBe(
      answer?.modbus.length === 0 ? singlePhase.linkKey : 'write',
    );
    expect(['on', 'off']).toContain(meter.relay);
    modem?.stop();
  }
});

test('a meter that was taken off the air comes back with the readings it took meanwhile', async () => {
  const meter = start();
  await server.until(() => server.count('data') === 1);
  await expect.poll(() => meter.oldestReading()).toBeNull();
  meter.disconnect();
  meter.takeReading();
  meter.takeReading();
  await expect.poll(() => meter.connected).toBe(false);
  meter.reconnect();
  await server.until(() => server.count('data') === 3);
  expect(server.connections).toBe(2);
});

test('a meter that reconnects after long reports itself at once, and one that flaps does not', async () => {
  const { time } = startTimed();
  await server.until(() => server.count('data') === 1);
  server.dropAll();
  await server.until(() => server.count('time_request') === 2);
  time.advance(10 * 60_000);
  server.dropAll();
  await server.until(() => server.count('time_request') === 3 && server.count('data') === 2);
  expect(server.connections).toBe(3);
});

test('garbage before frames and frames in pieces reach a patient decoder whole', async () => {
  for (const fault of ['garbage', 'split'] as const) {
    const before = server.count('data');
    start({ serial: affectedBy(fault), faults: [fault], speed: FAST });
    await server.until(() => server.count('data') === before + 3);
    modem?.stop();
  }
  expect(server.skippedBytes).toBeGreaterThan(0);
});

test('a duplicated report reaches the server twice', async () => {
  start({ serial: affectedBy('duplicated'), faults: ['duplicated'] });
  await server.until(() => server.count('data') === 2);
  const [first, second] = server.ofKind('data');
  expect(second).toEqual(first);
});
