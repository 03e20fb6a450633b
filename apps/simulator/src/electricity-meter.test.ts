import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf, zonedParts } from '@openprepay/kernel';
import {
  decodeLegacyEnergy,
  decodeLiveBlock,
  type LiveBlock,
  restorePrepaidWrite,
  switchWrite,
} from '@openprepay/protocols/acrel1352';
import { decodeReply, encodeRequest, type ModbusReply, type ModbusRequest } from '@openprepay/protocols/modbus';
import { afterAll, expect, test } from 'vitest';
import { manualWorld, singlePhase, threePhase } from '../test-support/world.ts';
import { ElectricityMeter } from './electricity-meter.ts';

const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'meter-'));
afterAll(() => rmSync(folder, { recursive: true }));

function ask(meter: ElectricityMeter, request: ModbusRequest): ModbusReply {
  const answer = meter.answer(encodeRequest(request));
  if (!answer) throw new Error('the meter keeps silent');
  return decodeReply(answer);
}

function read(meter: ElectricityMeter, start: number, quantity: number): Uint8Array {
  const reply = ask(meter, { kind: 'read', unit: 1, start, quantity });
  if (reply.kind !== 'read') throw new Error(`no data but ${reply.kind}`);
  return reply.data;
}

const live = (meter: ElectricityMeter): LiveBlock => decodeLiveBlock(read(meter, 0x0200, 48));

test('the register counts the load over market time and stands still while the relay is off', () => {
  const { time, world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  meter.setLoad(1500);
  const before = meter.totalWh;
  time.advance(2 * HOUR_MS);
  expect(meter.totalWh - before).toBe(3000n);

  ask(meter, switchWrite('off', 1));
  expect(meter.relay).toBe('on');
  time.advance(200);
  expect(meter.relay).toBe('off');
  const atCut = meter.totalWh;
  time.advance(10 * HOUR_MS);
  expect(meter.totalWh).toBe(atCut);
  expect(live(meter)).toMatchObject({ switchState: 'off', forced: true, powerW: [0, 0, 0], currentCentiA: [0, 0, 0] });

  ask(meter, switchWrite('on', 1));
  time.advance(HOUR_MS);
  expect(meter.relay).toBe('on');
  expect(meter.totalWh - atCut).toBeGreaterThanOrEqual(1490n);
});

test('another decoder reads the live block: tariffs add up, power fits voltage and current, clock is the market clock', () => {
  const { time, world } = manualWorld();
  for (const site of [singlePhase, threePhase]) {
    const meter = new ElectricityMeter(site, 'cold_store', world);
    meter.setClock(zonedParts(time.now(), world.zone));
    time.advance(7 * HOUR_MS);
    const block = live(meter);
    const { sharp, peak, flat, valley } = block.tariffsWh;
    expect(sharp + peak + flat + valley).toBe(block.totalWh);
    expect(block.totalWh).toBe(meter.totalWh);
    expect(block).toMatchObject({
      phases: site === threePhase ? 3 : 1,
      ct: site.ctRatio,
      switchState: 'on',
      forced: false,
    });
    expect(block.totalPowerW).toBeGreaterThan(0);
    for (const phase of [0, 1, 2].slice(0, block.phases)) {
      const volts = (block.voltageDeciV[phase] ?? 0) / 10;
      const amperes = (block.currentCentiA[phase] ?? 0) / 100;
      const watts = (volts * amperes * (block.powerFactorMilli[phase] ?? 0)) / 1000;
      expect(Math.abs(watts - (block.powerW[phase] ?? 0))).toBeLessThan(5);
    }
    if (!block.clock) throw new Error('no clock');
    expect(Math.abs(instantOf(block.clock, world.zone).getTime() - time.now().getTime())).toBeLessThanOrEqual(2000);
  }
});

test('parts of the blocks can be read, and what lies outside them is refused as illegal address', () => {
  const { world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  expect(decodeLegacyEnergy(read(meter, 0x0000, 10)).totalWh).toBe(meter.totalWh);
  expect(read(meter, 0x0215, 2)).toEqual(read(meter, 0x0000, 2));
  expect(read(meter, 0x0057, 2)).toEqual(Uint8Array.of(0, 0, 0, 0));
  for (const [start, quantity] of [
    [0x0000, 11],
    [0x01ff, 2],
    [0x0230, 1],
    [0x5030, 2],
  ] as const) {
    // biome-ignore format: a table
    expect(ask(meter, { kind: 'read', unit: 1, start, quantity })).toMatchObject({ kind: 'exception', exceptionCode: 2 });
  }
});

test('only 0057 and 0058 together can be written, with 0 and 1', () => {
  const { world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  const refused = (start: number, registers: readonly number[]) =>
    ask(meter, { kind: 'write', unit: 1, start, registers });
  expect(refused(0x0057, [1])).toMatchObject({ kind: 'exception', functionCode: 0x10, exceptionCode: 2 });
  expect(refused(0x021f, [0, 0])).toMatchObject({ kind: 'exception', functionCode: 0x10, exceptionCode: 2 });
  expect(refused(0x0057, [1, 7])).toMatchObject({ kind: 'exception', functionCode: 0x10, exceptionCode: 3 });
  expect(read(meter, 0x0057, 2)).toEqual(Uint8Array.of(0, 0, 0, 0));
});

test('a meter keeps silent for another unit and for a broken checksum', () => {
  const { world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  const request = encodeRequest({ kind: 'read', unit: 1, start: 0, quantity: 2 });
  expect(meter.answer(encodeRequest({ kind: 'read', unit: 2, start: 0, quantity: 2 }))).toBeNull();
  expect(meter.answer(Uint8Array.from(request, (byte, i) => (i === 6 ? byte ^ 1 : byte)))).toBeNull();
});

test('restored prepayment closes the relay, because the meter itself has ample credit', () => {
  const { time, world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  ask(meter, switchWrite('off', 1));
  time.advance(200);
  ask(meter, restorePrepaidWrite(1));
  time.advance(200);
  expect(meter.relay).toBe('on');
  expect(live(meter).forced).toBe(false);
});

test('a stuck relay acknowledges the command, shows the force bits and stays', () => {
  const { time, world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  meter.stuck = true;
  expect(ask(meter, switchWrite('off', 1))).toMatchObject({ kind: 'write', start: 0x0057, quantity: 2 });
  time.advance(HOUR_MS);
  expect(live(meter)).toMatchObject({ switchState: 'on', forced: true });
});

test('a forced decrease shows in one reported reading only', () => {
  const { world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  const reported = () => {
    meter.takeReading();
    const reading = meter.oldestReading() ?? new Uint8Array();
    meter.acknowledgeReading(reading);
    const reply = decodeReply(reading);
    return reply.kind === 'read' ? decodeLiveBlock(reply.data).totalWh : -1n;
  };
  const before = reported();
  meter.forceDecrease();
  expect(reported()).toBeLessThan(before);
  expect(reported()).toBeGreaterThanOrEqual(before);
});

test('unacknowledged readings are kept for a day; then the oldest makes room, and its late acknowledgement costs no other', () => {
  const { time, world } = manualWorld();
  const meter = new ElectricityMeter(singlePhase, 'meat', world);
  const read = () => {
    time.advance(HOUR_MS / 2);
    meter.takeReading();
    return meter.oldestReading() ?? new Uint8Array();
  };
  const oldest = read();
  for (let n = 1; n < 48; n++) expect(read()).toEqual(oldest);
  const second = read();
  expect(second).not.toEqual(oldest);
  meter.acknowledgeReading(oldest);
  expect(meter.oldestReading()).toEqual(second);
  let kept = 0;
  for (let reading = meter.oldestReading(); reading; reading = meter.oldestReading()) {
    meter.acknowledgeReading(reading);
    kept += 1;
  }
  expect(kept).toBe(48);
});

test('after a crash no register shows less than it ever did, and relay, force bits and unsent readings are kept', () => {
  const stateFile = join(folder, 'state');
  const { time, world } = manualWorld({ stateFile });
  const meter = new ElectricityMeter(threePhase, 'cold_store', world);
  time.advance(5 * HOUR_MS);
  meter.takeReading();
  time.advance(HOUR_MS / 7);
  ask(meter, switchWrite('off', 1));
  time.advance(200);
  const shown = live(meter).totalWh;
  const waiting = meter.oldestReading();

  // Nothing is closed: the process is gone, and a new one finds the file as it was left.
  const after = manualWorld({ stateFile, time });
  const reborn = new ElectricityMeter(threePhase, 'cold_store', after.world);
  expect(reborn.relay).toBe('off');
  expect(live(reborn)).toMatchObject({ totalWh: shown, switchState: 'off', forced: true });
  expect(reborn.oldestReading()).toEqual(waiting);
});

test('a relay that a crash caught in motion finishes its move when power is back', () => {
  const stateFile = join(folder, 'moving');
  const { time, world } = manualWorld({ stateFile });
  ask(new ElectricityMeter(singlePhase, 'meat', world), switchWrite('off', 1));
  const after = manualWorld({ stateFile, time });
  const reborn = new ElectricityMeter(singlePhase, 'meat', after.world);
  reborn.powerUp();
  time.advance(200);
  expect(reborn.relay).toBe('off');
});

test('the same seed gives the same day, another seed another one', () => {
  const day = (seed: number) => {
    const { time, world } = manualWorld({ seed });
    const meter = new ElectricityMeter(singlePhase, 'fruit', world);
    const start = meter.totalWh;
    time.advance(24 * HOUR_MS);
    return meter.totalWh - start;
  };
  expect(day(1)).toBe(day(1));
  expect(day(1)).not.toBe(day(2));
  expect(day(1)).toBeGreaterThan(500n);
});
