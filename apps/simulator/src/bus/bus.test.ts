import { fromHex, toHex } from '@openprepay/kernel';
import {
  createDlt645Stream,
  decodeReply,
  encodeFrame,
  frameOfRequest,
  readRequest,
} from '@openprepay/protocols/dlt645';
import { createModbusRequestStream, decodeReply as decodeModbus, encodeRequest } from '@openprepay/protocols/modbus';
import { expect, test } from 'vitest';
import { manualWorld, meter645, singlePhase } from '../../test-support/world.ts';
import { makeMeter } from '../make-meter.ts';
import { Bus, type BusHabits, DEFAULT_BUS } from './bus.ts';
import { BusMeters } from './bus-meters.ts';

const METERS = 64;

function line(habits: Partial<BusHabits> = {}, options: Parameters<typeof manualWorld>[0] = {}) {
  const { time, world } = manualWorld(options);
  const bus = new Bus('line', world, { ...DEFAULT_BUS, ...habits });
  return { time, world, bus };
}

function listener(bus: Bus, master = true) {
  const heard: string[] = [];
  const station = bus.join({ name: 'master', master, hear: (bytes) => void heard.push(toHex(bytes)) });
  return { heard, station };
}

const read = (address: string) => encodeFrame(frameOfRequest(readRequest(address, '00010000')), 4);

test('what one sends all others hear, after the time that its bytes take on the line', () => {
  const { time, bus } = line({ baud: 2400 });
  const [a, b, c] = [listener(bus), listener(bus), listener(bus)];
  a.station.send(fromHex('0102030405060708'));
  time.advance(36);
  expect(b.heard).toEqual([]);
  time.advance(1);
  expect([a.heard, b.heard, c.heard]).toEqual([[], ['0102030405060708'], ['0102030405060708']]);
});

test('a master hears itself where the line echoes', () => {
  const { time, bus } = line({ echo: true });
  const [master, meter] = [listener(bus), listener(bus, false)];
  master.station.send(fromHex('68'));
  meter.station.send(fromHex('16'));
  time.advance(100);
  expect(master.heard).toHaveLength(1);
  const alone = line({ echo: true });
  const one = listener(alone.bus);
  one.station.send(fromHex('68aa'));
  alone.time.advance(100);
  expect(one.heard).toEqual(['68aa']);
});

test('two that send at once spoil each other: everybody else hears one garbage', () => {
  const { time, bus } = line();
  const [a, b, c] = [listener(bus), listener(bus), listener(bus)];
  a.station.send(fromHex('0103000000020000'));
  time.advance(3);
  b.station.send(fromHex('0203000000020000'));
  time.advance(100);
  expect(c.heard).toHaveLength(1);
  expect(['0103000000020000', '0203000000020000']).not.toContain(c.heard[0]);
  expect(createModbusRequestStream().push(fromHex(c.heard[0] ?? ''))).toEqual([]);
});

test('64 meters of three protocols on one line: each answers for itself only, with the others in between', () => {
  const { time, world, bus } = line();
  const sites = Array.from({ length: METERS }, (_, i) => {
    const number = String(i + 1).padStart(4, '0');
    return i % 2 === 0
      ? { ...meter645, serial: `20260701${number}`, busAddress: `20260701${number}` }
      : { ...singlePhase, serial: `24060010${number}`, busAddress: String(i + 1) };
  });
  const meters = sites.map((site) => makeMeter(site, 'meat', world));
  const wired = new BusMeters(bus, world, meters);
  const master = listener(bus);
  for (const [i, { busAddress }] of sites.entries()) {
    const { total } = meters[i] ?? { total: 0n };
    master.heard.length = 0;
    if (i % 2 === 0) {
      master.station.send(read(busAddress));
      time.advance(1_000);
      const [frame, ...others] = createDlt645Stream().push(fromHex(master.heard.join('')));
      expect(others).toEqual([]);
      expect(frame && decodeReply(frame.message)).toMatchObject({ kind: 'data', address: busAddress });
    } else {
      master.station.send(encodeRequest({ kind: 'read', unit: Number(busAddress), start: 0, quantity: 2 }));
      time.advance(1_000);
      const reply = decodeModbus(fromHex(master.heard.join('')));
      expect(reply).toMatchObject({ kind: 'read', unit: Number(busAddress) });
      expect(reply.kind === 'read' && BigInt(Buffer.from(reply.data).readUInt32BE(0)) * 10n).toBe(total);
    }
  }
  wired.stop();
});

test('two masters that ask at once get no answer, and each one alone does', () => {
  const { time, world, bus } = line();
  new BusMeters(bus, world, [makeMeter(meter645, 'meat', world)]);
  const [a, b] = [listener(bus), listener(bus)];
  a.station.send(read(meter645.busAddress));
  b.station.send(read(meter645.busAddress));
  time.advance(1_000);
  expect([a.heard, b.heard]).toEqual([[], []]);
  b.station.send(read(meter645.busAddress));
  time.advance(1_000);
  expect(b.heard).toHaveLength(1);
});

test('a meter answers no sooner than its delay and no later', () => {
  const { time, world, bus } = line({ timing: 0, answerLeastMs: 20, answerMostMs: 500 });
  new BusMeters(bus, world, [makeMeter(meter645, 'meat', world)]);
  const master = listener(bus);
  master.station.send(read(meter645.busAddress));
  time.advance(19);
  expect(master.heard).toEqual([]);
  time.advance(481);
  expect(master.heard).toHaveLength(1);
});

test('noise and loss strike the share that they are set to, the same for the same seed', () => {
  const passed = (seed: number) => {
    const { time, bus } = line({ timing: 0, lossPermille: 50, noisePermille: 100 }, { seed });
    const [a, b] = [listener(bus), listener(bus)];
    for (let i = 0; i < 1_000; i++) a.station.send(fromHex('0103000000020000'));
    time.advance(1_000);
    return b.heard;
  };
  const heard = passed(1);
  expect(heard).toEqual(passed(1));
  expect(heard).not.toEqual(passed(2));
  expect(Math.abs(heard.length - 950)).toBeLessThan(30);
  expect(Math.abs(heard.filter((hex) => hex === '0103000000020000').length - 855)).toBeLessThan(40);
});

test('a cut wire keeps a meter silent, and it goes on measuring', () => {
  const { time, world, bus } = line();
  const meter = makeMeter(meter645, 'meat', world);
  new BusMeters(bus, world, [meter]);
  const master = listener(bus);
  const before = meter.total;
  meter.disconnect();
  master.station.send(read(meter645.busAddress));
  time.advance(3_600_000);
  expect(master.heard).toEqual([]);
  meter.reconnect();
  master.station.send(read(meter645.busAddress));
  time.advance(1_000);
  expect(master.heard).toHaveLength(1);
  expect(meter.total).toBeGreaterThan(before);
});
