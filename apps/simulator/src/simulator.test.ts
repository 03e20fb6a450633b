import { scaledClock, systemClock } from '@openprepay/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PushReceiver } from '../test-support/push-receiver.ts';
import { ScriptedServer } from '../test-support/scripted-server.ts';
import { ALL_FAULTS, BUS_FAULTS, type Fault } from './faults.ts';
import { firstSite } from './first-site.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator, SimulatorOptions } from './types.ts';
import { DEFAULT_PACE } from './world.ts';

const secrets = { appKey: 'key', appSecret: 'secret', masterKey: 'master', pushToken: 'token' };
const site = firstSite({ seed: 3, secrets, nbBaseUrl: 'http://127.0.0.1:1', stalls: 30 });
const meters = site.stalls.flatMap((stall) => stall.meters);
const electricity = meters.filter((meter) => meter.kind === 'electricity');
const water = meters.filter((meter) => meter.kind === 'water');

/** A stuck relay shows only when somebody switches it, and this site has no line of several meters. */
const ELSEWHERE: readonly Fault[] = ['stuck', ...BUS_FAULTS];

let server: ScriptedServer;
let receiver: PushReceiver;
let simulator: Simulator;

async function start(o: { speed: number; faults?: typeof ALL_FAULTS }): Promise<void> {
  const now = systemClock.now().getTime();
  const { host, port } = await server.listen();
  const pace = { ...DEFAULT_PACE, reconnectLeastMs: 10, reconnectMostMs: 100 };
  const options: SimulatorOptions = {
    site,
    clock: scaledClock({ anchorRealMs: now, anchorMarketMs: now, speed: o.speed }),
    speed: o.speed,
    seed: 3,
    deviceHost: host,
    devicePort: port,
    nbListen: { host: '127.0.0.1', port: 0 },
    pushBaseUrl: await receiver.listen(),
    stateFile: null,
    faults: o.faults ?? [],
    connectWithinMs: 100,
    log: () => {},
  };
  simulator = await startSimulator(options, pace);
}

beforeEach(() => {
  server = new ScriptedServer();
  receiver = new PushReceiver();
});

afterEach(async () => {
  await simulator.stop();
  await server.close();
  await receiver.close();
});

test('every meter of the site comes: electricity on connections of its own, water through the platform', async () => {
  await start({ speed: 1 });
  await server.until(() => server.count('data') === electricity.length);
  await receiver.until(() => receiver.received.length === 2 * water.length);
  expect(server.connections).toBe(30);
  expect(new Set(server.ofKind('register').map((message) => message.serial)).size).toBe(30);
  await expect.poll(() => simulator.stats().pushes).toBe(2 * water.length);
  expect(simulator.stats()).toMatchObject({
    electricity: { connected: 30, total: 30 },
    water: { attached: water.length, total: water.length },
    pushesFailed: 0,
    framesSent: 90,
  });
});

test('meters are found by serial and by link key, and an unknown one is a named error', async () => {
  await start({ speed: 1 });
  const [first] = electricity;
  const [drop] = water;
  expect(simulator.electricity(first?.serial ?? '')).toBe(simulator.electricity(first?.linkKey ?? ''));
  expect(simulator.water(drop?.linkKey ?? '').serial).toBe(drop?.serial);
  expect(() => simulator.electricity('nobody')).toThrowError(
    expect.objectContaining({ code: 'simulator.unknown_meter' }),
  );
});

test('with all faults on, hours of market time bring every kind of fault and every meter still reports', async () => {
  await start({ speed: 7_200, faults: ALL_FAULTS });
  const injected = () => simulator.stats().faultsInjected;
  // Two hours of the market a second.
  await expect
    .poll(() => ALL_FAULTS.filter((fault) => !ELSEWHERE.includes(fault) && injected()[fault] === 0), {
      timeout: 15_000,
      interval: 100,
    })
    .toEqual([]);
  const senders = () => new Set(server.ofKind('data').map((message) => server.sender.get(message))).size;
  await server.until(() => senders() === electricity.length);
  simulator.setFaults([]);
  await expect.poll(() => simulator.stats().electricity.connected, { timeout: 15_000 }).toBe(30);
});
