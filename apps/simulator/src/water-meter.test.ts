import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zonedParts } from '@openprepay/kernel';
import {
  type Cjt188Frame,
  decodeFrame,
  decodeReadReply,
  decodeValveReply,
  encodeFrame,
  type Metering,
  readRequest,
  valveRequest,
  WILDCARD_ADDRESS,
} from '@openprepay/protocols/cjt188';
import { afterAll, expect, test } from 'vitest';
import { manualWorld, water } from '../test-support/world.ts';
import { WaterMeter } from './water-meter.ts';

const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'water-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reported = (meter: WaterMeter): Metering => decodeReadReply(decodeFrame(meter.report()));

function ask(meter: WaterMeter, request: Cjt188Frame): Cjt188Frame {
  const answer = meter.answer(encodeFrame(request, 3));
  if (!answer) throw new Error('the meter keeps silent');
  return decodeFrame(answer);
}

test('another decoder reads the report: register, valve and clock', () => {
  const { time, world } = manualWorld();
  const meter = new WaterMeter(water, 'fish', world);
  meter.setLoad(120);
  const before = reported(meter);
  time.advance(3 * HOUR_MS);
  expect(reported(meter)).toMatchObject({ currentLitres: before.currentLitres + 360n, valve: 'on' });
  expect(reported(meter).clock).toEqual(zonedParts(time.now(), world.zone));
  expect(meter.totalLitres).toBe(before.currentLitres + 360n);
});

test('a closed valve stops the register, after it has had the time to move', () => {
  const { time, world } = manualWorld();
  const meter = new WaterMeter(water, 'fish', world);
  meter.setLoad(3600);
  const reply = ask(meter, valveRequest(water.busAddress, 'off', 9));
  expect(reply).toMatchObject({ control: 0x84, dataId: 'A017', series: 9, address: water.busAddress });
  expect(decodeValveReply(reply).valve).toBe('on');
  time.advance(14_000);
  expect(reported(meter).valve).toBe('on');
  time.advance(1_000);
  expect(reported(meter).valve).toBe('off');
  const closedAt = meter.totalLitres;
  time.advance(5 * HOUR_MS);
  expect(meter.totalLitres).toBe(closedAt);

  ask(meter, valveRequest(water.busAddress, 'on', 10));
  time.advance(15_000 + HOUR_MS);
  expect(meter.valve).toBe('on');
  expect(meter.totalLitres - closedAt).toBe(3600n);
});

test('a stuck valve answers and reports that it has not moved', () => {
  const { time, world } = manualWorld();
  const meter = new WaterMeter(water, 'fish', world);
  meter.stuck = true;
  ask(meter, valveRequest(water.busAddress, 'off', 1));
  time.advance(HOUR_MS);
  expect(reported(meter).valve).toBe('on');
});

test('a read is answered in the order of its data identifier and with its series, to the wildcard address too', () => {
  const { world } = manualWorld();
  const meter = new WaterMeter(water, 'fish', world);
  for (const dataIdOrder of ['msb-first', 'lsb-first'] as const) {
    for (const address of [water.busAddress, WILDCARD_ADDRESS]) {
      const reply = ask(meter, readRequest(address, 77, { meterType: 0x10, dataIdOrder }));
      expect(reply).toMatchObject({ control: 0x81, dataIdOrder, series: 77, address: water.busAddress });
    }
  }
});

test('noise, another address and an unknown order get no answer', () => {
  const { world } = manualWorld();
  const meter = new WaterMeter(water, 'fish', world);
  expect(meter.answer(Uint8Array.of(0x68, 0x10, 0x16))).toBeNull();
  expect(meter.answer(encodeFrame(valveRequest('78041700100099', 'off', 1)))).toBeNull();
  const free = { ...valveRequest(water.busAddress, 'off', 1), data: Uint8Array.of(0x66) };
  expect(meter.answer(encodeFrame(free))).toBeNull();
  expect(meter.valve).toBe('on');
});

test('a forced decrease shows in one report only', () => {
  const { world } = manualWorld();
  const meter = new WaterMeter(water, 'fish', world);
  const before = reported(meter).currentLitres;
  meter.forceDecrease();
  expect(reported(meter).currentLitres).toBeLessThan(before);
  expect(reported(meter).currentLitres).toBe(before);
});

test('after a crash the register shows no less than it ever reported and the valve is where it was', () => {
  const stateFile = join(folder, 'state');
  const { time, world } = manualWorld({ stateFile });
  const meter = new WaterMeter(water, 'fish', world);
  ask(meter, valveRequest(water.busAddress, 'off', 1));
  time.advance(HOUR_MS);
  const before = reported(meter);
  const reborn = new WaterMeter(water, 'fish', manualWorld({ stateFile, time }).world);
  expect(reported(reborn)).toMatchObject({ currentLitres: before.currentLitres, valve: 'off' });
});
