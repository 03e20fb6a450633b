import { concatBytes, fromHex } from '@openprepay/kernel';
import { describe, expect, test } from 'vitest';
import { virtualDlt645 } from '../../test-support/virtual-dlt645.ts';
import { converse, NOON, type VirtualMeter } from '../../test-support/virtual-meter.ts';
import { BROADCAST_ADDRESS } from '../dlt645/address.ts';
import { digitsOfClock } from '../dlt645/clock.ts';
import { decodeFrame, encodeFrame } from '../dlt645/frame.ts';
import { encodeLoadRecord } from '../dlt645/load-record.ts';
import { frameOfReply } from '../dlt645/reply.ts';
import { decodeRequest } from '../dlt645/request-codec.ts';
import { DDS_645_97 } from '../models/dds-645-97.ts';
import { DDZY_645 } from '../models/dlt645-2007.ts';
import { plusMinutes } from '../wall-clock.ts';
import { dlt645Driver as driver } from './dlt645.ts';
import type { Ask, FrozenReading, MeterPoint } from './driver.ts';

const ADDRESS = '000000681668';
const NOTHING = new Uint8Array(0);
const meterOf = () => virtualDlt645(DDZY_645, ADDRESS);
const of = (meter: VirtualMeter) => (ask: Ask) => meter.answer(ask.request) ?? NOTHING;
const requestOf = (ask: Ask | undefined) => decodeRequest(decodeFrame(ask?.request ?? NOTHING));
const without = (point: MeterPoint): MeterPoint => ({ ...point, access: {} });

/** Status word 3 as given, whatever is asked. */
const saying = (word: string) => () =>
  encodeFrame(
    frameOfReply({
      edition: '2007',
      address: ADDRESS,
      kind: 'data',
      dataId: '04000503',
      data: fromHex(word),
      more: false,
    }),
  );

describe('the relay of a DL/T 645 meter', () => {
  test.each([
    ['0000', 'on'],
    ['5000', 'off'],
    ['1000', 'moving'],
    ['4000', 'moving'],
  ])('with status word 3 of %s, low byte first, is seen as %s', (word, seen) => {
    expect(converse(driver.readSwitch(meterOf().point, 'on'), saying(word)).value).toBe(seen);
  });

  test('is ordered with the password, the operator and an end of validity', () => {
    const meter = meterOf();
    const [ask] = converse(driver.writeSwitch(meter.point, 'off', NOON), of(meter)).asks;
    expect(requestOf(ask)).toMatchObject({
      kind: 'control',
      address: ADDRESS,
      authority: { level: 2, code: '000000', operator: '00000001' },
      order: { action: 'trip', extra: 0, validUntil: '261012133456' },
    });
  });

  test('under kept power refuses a trip, and says so', () => {
    const meter = meterOf();
    const kept = driver.setting(meter.point, 'keep_power');
    if (!kept) throw new Error('no such setting');
    converse(kept.write(meter.point, { on: true }), of(meter));
    expect(() => converse(driver.writeSwitch(meter.point, 'off', NOON), of(meter))).toThrow(
      expect.objectContaining({ code: 'meter.refused', message: expect.stringContaining('not authorised') }),
    );
  });

  test.each([{}, { password: 'secret' }, { password: '98000000' }, { password: '000000', operator: '1' }])(
    'is not ordered with the access %j',
    (access) => {
      const point = { ...meterOf().point, access };
      expect(() => converse(driver.writeSwitch(point, 'off', NOON), () => NOTHING)).toThrow(
        expect.objectContaining({ code: 'meter.not_supported' }),
      );
    },
  );
});

describe('the clock of a DL/T 645 meter', () => {
  const write = (meter: VirtualMeter, minutes: number) => {
    const clock = driver.setting(without(meter.point), 'clock');
    if (!clock) throw new Error('no such setting');
    return converse(clock.write(without(meter.point), { local: plusMinutes(NOON, minutes) }), of(meter)).asks;
  };

  test('is set by a broadcast that nobody answers where there is no password', () => {
    const meter = meterOf();
    const last = write(meter, 5).at(-1);
    expect(last).toMatchObject({ write: true, fits: null });
    expect(requestOf(last)).toMatchObject({ kind: 'set_time', address: BROADCAST_ADDRESS, time: '261012123956' });
  });

  test('is not set so by more than five minutes', () => {
    expect(() => write(meterOf(), 6)).toThrow(expect.objectContaining({ code: 'meter.not_supported' }));
  });

  test('is read again after midnight, where the date may be that of yesterday', () => {
    const meter = meterOf();
    const midnight = { ...NOON, day: 13, hour: 0, minute: 0, second: 0, weekday: 2 };
    let asked = 0;
    const { value } = converse(driver.read(meter.point), (ask) => {
      const request = requestOf(ask);
      if (request.kind === 'read' && request.dataId === '04000101') asked++;
      meter.clock = asked < 2 && request.kind === 'read' && request.dataId === '04000101' ? NOON : midnight;
      return of(meter)(ask);
    });
    expect(value.clock).toEqual(midnight);
    expect(asked).toBe(2);
  });
});

describe('what a DL/T 645 meter is told', () => {
  test('a price of more decimals than it keeps, or of another number of tariffs, is refused', () => {
    const { point } = meterOf();
    const prices = driver.setting(point, 'price_table');
    const write = (list: string[]) => () => converse(prices?.write(point, { prices: list }) ?? none(), () => NOTHING);
    expect(write(['0.50001', '1', '1', '1'])).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
    expect(write(['0.5', '1', '1'])).toThrow(expect.objectContaining({ code: 'frame.bad_value' }));
  });

  test('of the edition of 1997 has no relay, and no status word is asked for', () => {
    const meter = virtualDlt645(DDS_645_97, ADDRESS);
    const { asks, value } = converse(driver.read(meter.point), of(meter));
    expect(asks.map((ask) => requestOf(ask)).map((request) => 'dataId' in request && request.dataId)).toEqual([
      '901F',
      'C010',
      'C011',
      'B61F',
      'B62F',
    ]);
    expect(value.switchState).toBeNull();
  });
});

describe('load records', () => {
  const model = { ...DDZY_645, profile: { ...DDZY_645.profile, frozen: ['load_record' as const] } };
  const point: MeterPoint = { model, address: ADDRESS, access: { unverified: 'allowed' } };
  const at = (minutes: number) => plusMinutes({ ...NOON, minute: 0, second: 0 }, minutes);
  const digits = (minutes: number) => digitsOfClock(at(minutes), 'YYMMDDhhmm');
  const record = (minutes: number) =>
    encodeLoadRecord({
      time: digits(minutes),
      classes: [null, null, null, [BigInt(minutes), 0n, 0n, 0n], null, null],
    });

  /** A meter that kept records at these minutes after noon. */
  const keeping = (kept: readonly number[]) => (ask: Ask) => {
    const request = requestOf(ask);
    if (request.kind !== 'read') throw new Error('no read');
    const { dataId, since, blocks } = request;
    const asked = kept.filter((minutes) => digits(minutes) >= (since ?? '')).slice(0, blocks ?? 0);
    const from = { edition: '2007', address: ADDRESS } as const;
    if (asked.length === 0) {
      return encodeFrame(frameOfReply({ ...from, kind: 'refused', of: 'read', errors: Uint8Array.of(0b10) }));
    }
    const data = concatBytes(...asked.map(record));
    return encodeFrame(frameOfReply({ ...from, kind: 'data', dataId, data, more: false }));
  };
  const minutesOf = (readings: readonly FrozenReading[]) => readings.map(({ total }) => Number(total / 10n));

  test('are asked for from the begin of the span on, until it is full', () => {
    const kept = Array.from({ length: 20 }, (_, n) => 30 * n);
    const { value, asks } = converse(driver.readFrozen(point, at(45), at(330)), keeping(kept));
    expect(minutesOf(value)).toEqual([60, 90, 120, 150, 180, 210, 240, 270, 300, 330]);
    expect(value[0]).toMatchObject({ clock: at(60), total: 600n, tariffs: null });
    expect(asks).toHaveLength(3);
  });

  test('that stand minute by minute are taken a quarter of an hour apart', () => {
    const kept = Array.from({ length: 600 }, (_, n) => n);
    const { value } = converse(driver.readFrozen(point, at(10), at(70)), keeping(kept));
    expect(minutesOf(value)).toEqual([10, 11, 12, 13, 28, 43, 58]);
  });

  test('are not asked of a meter on which nobody tried them, and what makes no sense hides no hourly freeze', () => {
    const meter = virtualDlt645(DDZY_645, ADDRESS);
    meter.frozen = [{ clock: at(60), total: 600n, tariffs: [0n, 0n, 0n, 0n] }];
    const senseless = (ask: Ask) => {
      const request = requestOf(ask);
      const isRecords = request.kind === 'read' && request.dataId.startsWith('06');
      if (!isRecords) return of(meter)(ask);
      const { dataId } = request;
      const data = Uint8Array.of(0xa0, 0xa0, 0xff);
      return encodeFrame(frameOfReply({ edition: '2007', address: ADDRESS, kind: 'data', dataId, data, more: false }));
    };
    const askedOf = (asks: readonly Ask[]) =>
      asks.map(requestOf).filter((request) => request.kind === 'read' && request.dataId.startsWith('06'));
    for (const [access, records] of [
      [{}, 0],
      [{ unverified: 'allowed' }, 1],
    ] as const) {
      const read = driver.readFrozen({ ...meter.point, access }, at(0), at(90));
      const { value, asks } = converse(read, senseless);
      expect(askedOf(asks)).toHaveLength(records);
      expect(minutesOf(value)).toEqual([60]);
    }
  });
});

function* none(): Generator<Ask, void, Uint8Array> {}
