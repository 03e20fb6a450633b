import { toHex } from '@openprepay/kernel';
import { decodeFrame, decodeReadReply, encodeFrame, valveRequest } from '@openprepay/protocols/cjt188';
import { beforeEach, expect, test } from 'vitest';
import { manualWorld, water } from '../test-support/world.ts';
import { type NbCommand, STATUS } from './command-cache.ts';
import { ALL_FAULTS, type Fault } from './faults.ts';
import { NbCycle } from './nb-cycle.ts';
import type { NbModule } from './nb-platform.ts';
import { WaterMeter } from './water-meter.ts';

const MINUTE_MS = 60_000;

/** A platform that writes down what happens, in words, and hands out the commands it was given. */
class RecordingPlatform {
  readonly happened: string[] = [];
  readonly commands: NbCommand[] = [];
  readonly reportedAt: number[] = [];

  attach(_linkKey: string, _module: NbModule): void {}
  online(_linkKey: string, online: boolean): void {
    this.happened.push(online ? 'online' : 'offline');
  }
  report(_linkKey: string, payload: Uint8Array, atMs: number): void {
    this.reportedAt.push(atMs);
    this.happened.push(describe(payload));
  }
  take(): NbCommand | undefined {
    return this.commands.shift();
  }
  delivered(): void {
    this.happened.push('delivered');
  }
  undelivered(command: NbCommand): void {
    this.commands.unshift(command);
    this.happened.push('undelivered');
  }
  completed(): void {
    this.happened.push('completed');
  }
}

function describe(payload: Uint8Array): string {
  try {
    const frame = decodeFrame(payload);
    return frame.dataId === '901F' ? `reading valve ${decodeReadReply(frame).valve}` : `answer ${frame.dataId}`;
  } catch {
    return 'noise';
  }
}

const turn = (wanted: 'on' | 'off'): NbCommand => ({
  id: 1,
  deviceId: water.linkKey,
  payloadHex: toHex(encodeFrame(valveRequest(water.busAddress, wanted, 1))),
  createdMs: 0,
  ttlS: 7200,
  status: STATUS.saved,
});

function start(o: { serial?: string; faults?: readonly Fault[] } = {}) {
  const { time, world } = manualWorld({ faults: o.faults ?? [] });
  const platform = new RecordingPlatform();
  const meter = new WaterMeter({ ...water, serial: o.serial ?? water.serial }, 'fish', world);
  const cycle = new NbCycle(meter, platform, world);
  cycle.start(0);
  return { time, platform, meter, cycle };
}

let market: ReturnType<typeof start>;
beforeEach(() => {
  market = start();
});

test('it wakes, reports, stays reachable for 20 s, sleeps, and wakes once every half hour', () => {
  const { time, platform, meter } = market;
  time.advance(0);
  expect(meter.awake).toBe(true);
  time.advance(20_000);
  expect(meter.awake).toBe(false);
  time.advance(5 * 60 * MINUTE_MS);
  expect(platform.happened.filter((what) => what === 'reading valve on')).toHaveLength(11);
  const [, second = 0, third = 0, fourth = 0] = platform.reportedAt;
  expect([third - second, fourth - third]).toEqual([30 * MINUTE_MS, 30 * MINUTE_MS]);
});

test('a command waits for the next wake-up; the valve moves and the meter reports again before it sleeps', () => {
  const { time, platform, meter } = market;
  time.advance(MINUTE_MS);
  expect(meter.awake).toBe(false);
  platform.commands.push(turn('off'));
  platform.happened.length = 0;
  time.advance(30 * MINUTE_MS);
  expect(platform.happened).toEqual([
    'online',
    'reading valve on',
    'delivered',
    'answer A017',
    'completed',
    'reading valve off',
  ]);
  expect(meter.valve).toBe('off');
});

test('commands are taken one after the other, in their order', () => {
  const { time, platform, meter } = market;
  time.advance(MINUTE_MS);
  platform.commands.push(turn('off'), turn('on'));
  time.advance(30 * MINUTE_MS);
  expect(platform.happened.filter((what) => what === 'completed')).toHaveLength(2);
  expect(meter.valve).toBe('on');
});

test('a command that comes while the meter is awake is taken at once', () => {
  const { time, platform, cycle } = market;
  time.advance(5_000);
  platform.commands.push(turn('off'));
  cycle.commandWaiting();
  time.advance(2_000);
  expect(platform.happened).toContain('completed');
});

test('a command that comes in the last second is still carried out, and its effect reported', () => {
  const { time, platform, cycle, meter } = market;
  time.advance(19_900);
  platform.commands.push(turn('off'));
  cycle.commandWaiting();
  time.advance(25_000);
  expect(platform.happened.at(-1)).toBe('reading valve off');
  time.advance(MINUTE_MS);
  expect(meter.awake).toBe(false);
});

test('a magnet wakes it', () => {
  const { time, platform, meter } = market;
  time.advance(MINUTE_MS);
  const before = platform.reportedAt.length;
  meter.wakeNow();
  expect(meter.awake).toBe(true);
  expect(platform.reportedAt).toHaveLength(before + 1);
});

test('off the air it neither wakes nor takes commands, and reports as soon as it is back', () => {
  const { time, platform, meter, cycle } = market;
  time.advance(MINUTE_MS);
  meter.disconnect();
  platform.commands.push(turn('off'));
  platform.happened.length = 0;
  time.advance(180 * MINUTE_MS);
  meter.wakeNow();
  expect(platform.happened).toEqual([]);
  expect(cycle.attached).toBe(false);
  meter.reconnect();
  expect(platform.happened).toEqual(['online', 'reading valve on']);
});

test('a command caught by the loss of the air goes back to the platform', () => {
  const { time, platform, meter } = market;
  time.advance(MINUTE_MS);
  platform.commands.push(turn('off'));
  meter.wakeNow();
  meter.disconnect();
  time.advance(2_000);
  expect(platform.happened).toContain('undelivered');
  expect(platform.commands).toHaveLength(1);
});

test.each([
  ['duplicated', ['online', 'reading valve on', 'reading valve on']],
  ['garbage', ['online', 'noise', 'reading valve on']],
  ['late', ['online']],
] as const)('fault: %s', (fault, expected) => {
  const { world } = manualWorld({ faults: ALL_FAULTS });
  let n = 0;
  while (!world.faults.active(fault, `7804170020${n}`)) n += 1;
  const { time, platform } = start({ serial: `7804170020${n}`, faults: [fault] });
  time.advance(MINUTE_MS);
  expect(platform.happened).toEqual(expected);
  if (fault !== 'late') return;
  const [first] = platform.reportedAt;
  expect(first).toBeUndefined();
  time.advance(20 * MINUTE_MS);
  expect(platform.reportedAt[0]).toBe(new Date('2026-03-03T01:00:00Z').getTime());
});
