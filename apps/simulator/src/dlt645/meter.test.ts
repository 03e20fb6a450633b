import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zonedParts } from '@openprepay/kernel';
import {
  broadcastTime,
  createAssembly,
  type Dlt645Reply,
  type Dlt645Request,
  decodeData,
  decodeFrame,
  decodeLoadRecords,
  decodeReply,
  decodeRunStatus,
  digitsOfClock,
  encodeData,
  encodeFrame,
  frameOfRequest,
  type RelayAction,
  readAddressRequest,
  readRequest,
  relayRequest,
} from '@openprepay/protocols/dlt645';
import { afterAll, expect, test } from 'vitest';
import { manualWorld, meter645 } from '../../test-support/world.ts';
import type { SiteMeter } from '../site.ts';
import { Dlt645Meter } from './meter.ts';

const HOUR_MS = 3_600_000;
const AUTHORITY = { level: 2, code: '123456', operator: '00000007' };
const threePhase: SiteMeter = { ...meter645, model: 'DTZY-645', ctRatio: 40 };
const of1997: SiteMeter = { ...meter645, model: 'DDS-645-97' };
const folder = mkdtempSync(join(tmpdir(), 'meter-645-'));
afterAll(() => rmSync(folder, { recursive: true }));

function start(site: SiteMeter = meter645, stateFile?: string) {
  const { time, world } = manualWorld(stateFile === undefined ? {} : { stateFile });
  const meter = new Dlt645Meter(site, 'meat', world);
  meter.setLoad(1_500);
  return { time, world, meter };
}

function ask(meter: Dlt645Meter, request: Dlt645Request): Dlt645Reply {
  const answer = meter.answer(encodeFrame(frameOfRequest(request), 4));
  if (!answer) throw new Error('the meter keeps silent');
  return decodeReply(decodeFrame(answer));
}

function values(meter: Dlt645Meter, dataId: string) {
  const reply = ask(meter, readRequest(meter.site.busAddress, dataId, meter.edition));
  if (reply.kind !== 'data') throw new Error(`${dataId}: no data but ${reply.kind}`);
  return decodeData(reply.edition, dataId, reply.data).map(({ value }) => value);
}

const runStatus = (meter: Dlt645Meter) => decodeRunStatus(Number(values(meter, '04000503')[0]));

function order(meter: Dlt645Meter, action: RelayAction, authority = AUTHORITY, validUntil = '991231235959') {
  return ask(meter, relayRequest(meter.site.busAddress, authority, { action, extra: 0, validUntil }));
}

function write(meter: Dlt645Meter, dataId: string, data: Uint8Array, authority = AUTHORITY): Dlt645Reply {
  return ask(meter, { edition: '2007', address: meter.site.busAddress, kind: 'write', dataId, authority, data });
}

test('another codec reads the energy: tariffs add up to the total, and both are what was used', () => {
  const { time, meter } = start();
  const before = meter.totalWh;
  time.advance(10 * HOUR_MS);
  expect(meter.totalWh - before).toBe(15_000n);
  const [total, ...tariffs] = values(meter, '0001FF00').map((value) => BigInt(value as bigint));
  expect(total).toBe(meter.totalWh / 10n);
  expect(tariffs.reduce((sum, one) => sum + one, 0n)).toBe(total);
  expect(values(meter, '00000000')).toEqual([total]);
  expect(values(meter, '00010400')).toEqual([tariffs[3]]);
  expect(values(meter, '00020000')).toEqual([0n]);
});

test('what is measured fits together: power is voltage times current times power factor', () => {
  const { time, meter } = start(threePhase);
  meter.setLoad(9_000);
  time.advance(HOUR_MS);
  const volts = values(meter, '0201FF00').map(Number);
  const amperes = values(meter, '0202FF00').map(Number);
  const [all, ...watts] = values(meter, '0203FF00').map(Number);
  const factors = values(meter, '0206FF00').map(Number).slice(1);
  expect(all).toBe(90_000);
  expect(watts.reduce((sum, one) => sum + one, 0)).toBe(all);
  for (const phase of [0, 1, 2]) {
    const power = ((volts[phase] ?? 0) / 10) * ((amperes[phase] ?? 0) / 1000) * ((factors[phase] ?? 0) / 1000);
    expect(Math.abs(power - (watts[phase] ?? 0) / 10)).toBeLessThan(10);
  }
  expect(values(meter, '04000306')).toEqual([40n]);
});

test('a single-phase meter fills the phases it has not with FF, which is null', () => {
  const { meter } = start();
  expect(values(meter, '0201FF00').slice(1)).toEqual([null, null]);
});

test('it answers to its address, the wildcard and an abbreviated one, with its own; to others and to itself not', () => {
  const { meter } = start();
  const own = meter.site.busAddress;
  expect(ask(meter, readAddressRequest())).toMatchObject({ kind: 'address', address: own, meterAddress: own });
  expect(ask(meter, readRequest('AAAAAAAA0001', '00010000'))).toMatchObject({ kind: 'data', address: own });
  const silent = (request: Dlt645Request) => expect(meter.answer(encodeFrame(frameOfRequest(request)))).toBeNull();
  silent(readRequest('202607000002', '00010000'));
  silent(readRequest(own, '9010', '1997'));
  expect(meter.answer(Uint8Array.of(0x68, 1, 2, 3))).toBeNull();
});

test('a trip and a close move the relay after a while, and order and state show each by itself', () => {
  const { time, meter } = start();
  expect(order(meter, 'trip')).toMatchObject({ kind: 'done', of: 'control' });
  expect(runStatus(meter)).toMatchObject({ switchState: 'fault', relayOrderedOpen: true, relayOpen: false });
  time.advance(200);
  expect(runStatus(meter)).toMatchObject({ switchState: 'off' });
  const atCut = meter.totalWh;
  time.advance(5 * HOUR_MS);
  expect(meter.totalWh).toBe(atCut);
  expect(values(meter, '1D000001')).toEqual([1n]);
  expect(values(meter, '1D000101')[0]).toEqual(['260303085957', '00000007', [atCut / 10n]]);
  order(meter, 'close');
  time.advance(200);
  expect(runStatus(meter)).toMatchObject({ switchState: 'on' });
  expect(values(meter, '1E000001')).toEqual([1n]);
});

test('allowed to close, the relay waits for its button', () => {
  const { time, meter } = start();
  order(meter, 'trip');
  time.advance(200);
  order(meter, 'allow_close');
  time.advance(HOUR_MS);
  expect(runStatus(meter)).toMatchObject({ switchState: 'fault', relayOpen: true, relayOrderedOpen: false });
  meter.pressButton();
  time.advance(200);
  expect(runStatus(meter).switchState).toBe('on');
});

test('under keep power a trip is refused, and a stuck relay only says that it was ordered', () => {
  const { time, meter } = start();
  order(meter, 'keep_power');
  expect(runStatus(meter).keepPower).toBe(true);
  expect(order(meter, 'trip')).toMatchObject({ kind: 'refused', of: 'control' });
  order(meter, 'keep_power_off');
  meter.stuck = true;
  order(meter, 'trip');
  time.advance(HOUR_MS);
  expect(runStatus(meter)).toMatchObject({ switchState: 'fault', relayOpen: false });
});

test('a wrong password, an order that is too late, and data that it has not are refused, each with its error bit', () => {
  const { meter } = start();
  const wrong = { ...AUTHORITY, code: '654321' };
  expect(order(meter, 'trip', wrong)).toMatchObject({ kind: 'refused', errors: Uint8Array.of(4) });
  expect(write(meter, '04001001', new Uint8Array(4), wrong)).toMatchObject({ errors: Uint8Array.of(4) });
  expect(order(meter, 'trip', AUTHORITY, '250101000000')).toMatchObject({ errors: Uint8Array.of(1) });
  expect(ask(meter, readRequest(meter.site.busAddress, '00900200'))).toMatchObject({ errors: Uint8Array.of(2) });
  expect(meter.relay).toBe('on');
});

test('a new password takes the old one’s place', () => {
  const { meter } = start();
  const next = { level: 2, code: '777777' };
  const request = { edition: '2007', address: meter.site.busAddress, dataId: '04000C03', next } as const;
  expect(ask(meter, { ...request, kind: 'set_password', old: { ...next, code: '000000' } }).kind).toBe('refused');
  expect(ask(meter, { ...request, kind: 'set_password', old: { level: 2, code: '123456' } }).kind).toBe('password');
  expect(order(meter, 'trip').kind).toBe('refused');
  expect(order(meter, 'trip', { ...AUTHORITY, ...next }).kind).toBe('done');
});

test('prices, alarm amounts and the clock are kept as written, and read back', () => {
  const { time, world, meter } = start();
  const prices = [12_345n, 9_876n, 6_543n, 3_210n];
  expect(write(meter, '040501FF', encodeData('2007', '040501FF', prices)).kind).toBe('done');
  expect(values(meter, '040501FF')).toEqual(prices);
  expect(write(meter, '04001001', encodeData('2007', '04001001', [5_000n])).kind).toBe('done');
  expect(values(meter, '04001001')).toEqual([5_000n]);
  expect(write(meter, '04001001', new Uint8Array(3)).kind).toBe('refused');

  const digits = digitsOfClock(zonedParts(new Date(time.now().getTime() + HOUR_MS), world.zone), 'YYMMDDWWhhmmss');
  expect(write(meter, '0400010C', encodeData('2007', '0400010C', [digits])).kind).toBe('done');
  expect(values(meter, '0400010C')).toEqual([digits]);
  expect(write(meter, '04000102', Uint8Array.of(0x99, 0, 0)).kind).toBe('refused');
});

test('energy goes to the tariff of the meter’s own day table', () => {
  const { time, meter } = start();
  write(meter, '04010001', Uint8Array.of(1, 0, 0));
  const before = values(meter, '0001FF00').map((value) => BigInt(value as bigint));
  time.advance(10 * HOUR_MS);
  const after = values(meter, '0001FF00').map((value) => BigInt(value as bigint));
  expect(after.map((value, i) => value - (before[i] ?? 0n))).toEqual([1_500n, 1_500n, 0n, 0n, 0n]);
});

test('a broadcast sets the clock once a day and within five minutes, and nobody answers', () => {
  const { time, world, meter } = start();
  const send = (aheadMs: number) => {
    const at = zonedParts(new Date(time.now().getTime() + aheadMs), world.zone);
    expect(meter.answer(encodeFrame(frameOfRequest(broadcastTime(digitsOfClock(at, 'YYMMDDhhmmss')))))).toBeNull();
  };
  const aheadMs = () => meter.clock.at(time.now().getTime()) - time.now().getTime();
  const before = aheadMs();
  send(600_000);
  expect(aheadMs()).toBe(before);
  send(60_000);
  expect(aheadMs()).toBe(60_000);
  send(0);
  expect(aheadMs()).toBe(60_000);
});

test('each full hour and each midnight of its clock is frozen, whether somebody looks or not', () => {
  const { time, world, meter } = start();
  meter.setClock(zonedParts(time.now(), world.zone));
  const atNine = meter.totalWh;
  time.advance(40 * HOUR_MS);
  const [last, before] = [1, 2].map((nth) => values(meter, `0504010${nth}`)[0] as readonly bigint[]);
  expect((last?.[0] ?? 0n) - (before?.[0] ?? 0n)).toBe(150n);
  expect(values(meter, '05060001')).toEqual(['2603050000']);
  const [total, ...tariffs] = values(meter, '05060101')[0] as readonly bigint[];
  // The clock that says midnight may be three seconds off by then.
  expect(Number((total ?? 0n) - atNine / 10n) / (150 * 39)).toBeCloseTo(1, 3);
  expect(tariffs.reduce((sum, one) => sum + one, 0n)).toBe(total);
  expect(ask(meter, readRequest(meter.site.busAddress, '05060103'))).toMatchObject({ kind: 'refused' });
});

test('a long load record comes in follow-up frames and fits together', () => {
  const { time, world, meter } = start();
  meter.setClock(zonedParts(time.now(), world.zone));
  time.advance(30 * HOUR_MS);
  const address = meter.site.busAddress;
  const read = { edition: '2007', address, kind: 'read', dataId: '06040001', blocks: 18, since: '2603031500' } as const;
  const assembly = createAssembly(read);
  let step = assembly.take(ask(meter, read));
  let frames = 1;
  for (; step.kind === 'ask'; frames++) step = assembly.take(ask(meter, step.request));
  expect(frames).toBe(3);
  const records = decodeLoadRecords(step.data);
  expect(records.map(({ time: at }) => at).slice(0, 2)).toEqual(['2603031500', '2603031600']);
  const totals = records.map(({ classes }) => classes[3]?.[0] as bigint);
  expect(new Set(totals.slice(1).map((total, i) => total - (totals[i] ?? 0n)))).toEqual(new Set([150n]));
});

test('the edition of 1997 reads energy, voltage, current, power and clock, and has no relay', () => {
  const { time, meter } = start(of1997);
  time.advance(HOUR_MS);
  const [total, ...tariffs] = values(meter, '901F').map((value) => BigInt(value as bigint));
  expect(total).toBe(meter.totalWh / 10n);
  expect(tariffs.reduce((sum, one) => sum + one, 0n)).toBe(total);
  expect(values(meter, '9010')).toEqual([total]);
  expect(Number(values(meter, 'B611')[0])).toBeGreaterThan(200);
  expect(values(meter, 'B630')).toEqual([15_000n]);
  expect(values(meter, 'C010')).toEqual(['26030302']);
  expect(ask(meter, readRequest(meter.site.busAddress, '9999', '1997'))).toMatchObject({ kind: 'refused' });
  expect(meter.answer(encodeFrame(frameOfRequest(readRequest(meter.site.busAddress, '00010000'))))).toBeNull();
});

test('the register rolls over to zero where its digits end', () => {
  const { time, meter } = start();
  meter.nearRollOver();
  expect(meter.totalWh).toBe(999_999_800n);
  time.advance(HOUR_MS);
  expect(meter.totalWh).toBe(1_300n);
  expect(values(meter, '00010000')).toEqual([130n]);
});

test('a device that takes its place begins at its start value, closed, and answers to its own address', () => {
  const { time, meter } = start();
  order(meter, 'trip');
  time.advance(5 * HOUR_MS);
  meter.swap({ serial: '202607009999', busAddress: '202607009999', start: 3_000n });
  expect(meter).toMatchObject({ serial: '202607009999', relay: 'on', totalWh: 3_000n });
  expect(values(meter, '00010000')).toEqual([300n]);
  expect(ask(meter, readRequest(meter.site.busAddress, '05040101'))).toMatchObject({ kind: 'refused' });
  time.advance(2 * HOUR_MS);
  expect(meter.totalWh).toBe(6_000n);
});

test('everything outlives a power cut', () => {
  const stateFile = join(folder, 'state');
  const { time, world, meter } = start(meter645, stateFile);
  meter.swap({ serial: '202607009999', busAddress: '202607009999' });
  order(meter, 'trip');
  write(meter, '04001002', encodeData('2007', '04001002', [999n]));
  time.advance(3 * HOUR_MS);
  const [total, freeze] = [meter.totalWh, values(meter, '05040101')];
  world.journal.close();

  const again = new Dlt645Meter(meter645, 'meat', manualWorld({ time, stateFile }).world);
  expect(again).toMatchObject({ serial: '202607009999', relay: 'off', totalWh: total });
  expect(values(again, '05040101')).toEqual(freeze);
  expect(values(again, '04001002')).toEqual([999n]);
  expect(runStatus(again).switchState).toBe('off');
});
