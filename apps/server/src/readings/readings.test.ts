import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, reportOf, seedMarket, type TestMarket } from '../../test-support/market.ts';
import type { Context } from '../platform/context.ts';
import { verifyMarket } from '../verify/index.ts';
import { listHolds } from './hold-list.ts';
import { intake, type MeterReport, releaseHold } from './index.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const clock = testClock(minute(10_000));
const ctx: Context = await testContext(clock);

/** A market with one meter, and what the tests do with it. */
async function oneMeter() {
  const market = await seedMarket(ctx.db);
  const meterId = market.meters[0]?.meterId ?? '';
  return {
    market,
    meterId,
    at: (minutes: number, total: number, options?: Parameters<typeof reportOf>[4]) =>
      reportOf(market, meterId, minutes, total, options),
    readings: () => readingsOf(market),
    state: async () =>
      (await ctx.db.query('select * from meter_state where market_id = $1', [market.marketId]))[0] ?? {},
    holds: async () => (await listHolds(ctx.db, market.marketId, {})).holds,
    async release(action: 'accept' | 'reject') {
      const [hold] = await this.holds();
      const holdId = hold?.holdId ?? uuidV7(minute(0));
      await releaseHold(ctx, { marketId: market.marketId, holdId, action, note: 'looked at it', operatorId: OPERATOR });
    },
  };
}

const readingsOf = async (market: TestMarket) =>
  (
    await ctx.db.query<{ total: bigint; quality: string; suspect_reason: string | null }>(
      'select total, quality, suspect_reason from reading where market_id = $1 order by meter_id, read_at',
      [market.marketId],
    )
  ).map((row) => `${row.total} ${row.quality}${row.suspect_reason ? ` ${row.suspect_reason}` : ''}`);

const take = (...reports: MeterReport[]) => intake(ctx.db, reports);

test('a report is stored with its frame, its tariff registers and what it says of the meter', async () => {
  const { market, meterId, at, state } = await oneMeter();
  await take({ ...at(30, 1_000, { frame: Uint8Array.of(0x7b, 0, 0xff), switchState: 'on' }), batteryLow: true });
  const [row] = await ctx.db.query(
    `select reading.total, reading.tariffs, reading.quality, frame.bytes, frame.direction, frame.protocol
     from reading join frame on frame.market_id = reading.market_id and frame.frame_id = reading.frame_id
     where reading.market_id = $1 and reading.meter_id = $2`,
    [market.marketId, meterId],
  );
  expect(row).toEqual({
    total: 1_000n,
    tariffs: [1n, null, 2n, null, null],
    quality: 'good',
    bytes: Buffer.of(0x7b, 0, 0xff),
    direction: 'up',
    protocol: 'acrel4g',
  });
  expect(await state()).toMatchObject({
    online: true,
    last_contact_at: minute(30),
    last_read_at: minute(30),
    switch_state: 'on',
    switch_at: minute(30),
    battery_low: true,
  });
});

test('the same report again, in the same batch or later, is one reading', async () => {
  const { at, readings, holds } = await oneMeter();
  await take(at(30, 1_000), at(30, 1_000));
  await take(at(30, 1_000));
  await take(at(60, 900), at(60, 900));
  await take(at(60, 900));
  expect(await readings()).toEqual(['1000 good', '900 suspect decrease']);
  expect(await holds()).toHaveLength(1);
});

test('a decrease, a jump and a time in the future are kept, marked and held once', async () => {
  const { at, readings, holds } = await oneMeter();
  await take(at(0, 10_000), at(30, 9_000), at(60, 90_000), at(9_000, 10_500, { receivedAt: minute(90) }));
  expect(await readings()).toEqual([
    '10000 good',
    '9000 suspect decrease',
    '90000 suspect jump',
    '10500 suspect future_time',
  ]);
  expect(await holds()).toMatchObject([
    { reason: 'decrease', value: 9_000, lastGoodValue: 10_000, lastGoodAt: minute(0).toISOString(), stallCode: 'S0' },
  ]);
});

test('a late reading that fits between two good ones is good, and the meter’s last reading stays the newest', async () => {
  const { at, readings, state } = await oneMeter();
  await take(at(0, 1_000), at(60, 3_000));
  await take(at(30, 2_000, { receivedAt: minute(90) }));
  expect(await readings()).toEqual(['1000 good', '2000 good', '3000 good']);
  expect(await state()).toMatchObject({ last_read_at: minute(60), last_contact_at: minute(90) });
});

test('an old push does not overwrite what the meter’s switch did since, and an answer is as of now', async () => {
  const { at, state } = await oneMeter();
  await take(at(60, 1_000, { switchState: 'off' }));
  await take(at(30, 900, { receivedAt: minute(61), switchState: 'on' }));
  expect(await state()).toMatchObject({ switch_state: 'off', switch_at: minute(60) });
  await take(at(58, 1_000, { receivedAt: minute(62), switchState: 'on', origin: 'on_demand' }));
  expect(await state()).toMatchObject({ switch_state: 'on', switch_at: minute(62) });
  await take({ ...at(0, 0, { receivedAt: minute(63), switchState: 'fault' }), reading: null });
  expect(await state()).toMatchObject({ switch_state: 'fault', switch_at: minute(63) });
});

test('reports of several markets go into one batch, and each market is told once', async () => {
  const [one, two] = [await oneMeter(), await oneMeter()];
  const heard: (string | null)[] = [];
  const both = new Promise<void>((done) => {
    ctx.signals.on('readings', (payload) => {
      heard.push(payload);
      if (payload === [one, two].map(({ market }) => market.marketId).sort()[1]) done();
    });
  });
  await take(one.at(0, 1), two.at(0, 2), one.at(30, 3), two.at(30, 4));
  await both;
  expect(heard.filter((payload) => payload === one.market.marketId || payload === two.market.marketId)).toHaveLength(2);
  expect([await one.readings(), await two.readings()]).toEqual([
    ['1 good', '3 good'],
    ['2 good', '4 good'],
  ]);
});

test('two processes that take in the same meters in opposite order, 100 times, neither deadlock nor store twice', async () => {
  const market = await seedMarket(ctx.db, { meters: 20 });
  for (let round = 1; round <= 100; round++) {
    const reports = market.meters.map(({ meterId }) => reportOf(market, meterId, round * 30, round * 100));
    await Promise.all([
      take(...reports),
      take(...reports.toReversed()),
      take(...reports.slice(5), ...reports.slice(0, 5)),
    ]);
  }
  const stored = await readingsOf(market);
  expect(stored).toHaveLength(2_000);
  expect(new Set(stored.map((one) => one.split(' ')[1]))).toEqual(new Set(['good']));
});

test('a rejected reading is set aside, and the next one that still does not fit is held', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000));
  await take(meter.at(30, 500), meter.at(60, 600), meter.at(90, 1_400));
  await meter.release('reject');
  expect(await meter.readings()).toEqual(['1000 good', '500 rejected decrease', '600 suspect decrease', '1400 good']);
  expect(await meter.holds()).toMatchObject([{ value: 600 }]);
  await meter.release('reject');
  expect(await meter.holds()).toEqual([]);
});

test('an accepted jump counts, and what fits it turns good at once', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(30, 500_000), meter.at(60, 500_900), meter.at(90, 501_000));
  expect(await meter.readings()).toEqual([
    '1000 good',
    '500000 suspect jump',
    '500900 suspect jump',
    '501000 suspect jump',
  ]);
  await meter.release('accept');
  expect(await meter.readings()).toEqual(['1000 good', '500000 good jump', '500900 good', '501000 good']);
  expect(await meter.holds()).toEqual([]);
  expect(await meter.state()).toMatchObject({ last_read_at: minute(90) });
  const audit = await ctx.db.query('select action, operator_id, subject, reason from audit where market_id = $1', [
    meter.market.marketId,
  ]);
  expect(audit).toEqual([
    {
      action: 'readings.release_hold',
      operator_id: OPERATOR,
      subject: `meter:${meter.meterId}`,
      reason: 'looked at it',
    },
  ]);
});

test('a decrease cannot be accepted, a released hold not released again, another market’s not at all', async () => {
  const meter = await oneMeter();
  const stranger = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(30, 900));
  await expect(meter.release('accept')).rejects.toMatchObject({ code: 'readings.accept_would_decrease' });
  const [hold] = await meter.holds();
  const release = { holdId: hold?.holdId ?? '', action: 'reject' as const, note: 'no', operatorId: OPERATOR };
  await expect(releaseHold(ctx, { ...release, marketId: stranger.market.marketId })).rejects.toMatchObject({
    code: 'readings.hold_not_found',
  });
  await releaseHold(ctx, { ...release, marketId: meter.market.marketId });
  await expect(releaseHold(ctx, { ...release, marketId: meter.market.marketId })).rejects.toMatchObject({
    code: 'readings.hold_released',
  });
});

test('a reading whose time has not come is accepted when it has, not before', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(10_100, 1_500, { receivedAt: minute(30) }));
  await expect(meter.release('accept')).rejects.toMatchObject({ code: 'readings.accept_in_future' });
  clock.set(minute(10_200));
  await meter.release('accept');
  expect(await meter.readings()).toEqual(['1000 good', '1500 good future_time']);
});

test('releases and new readings at the same time leave every suspect reading under a hold', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000_000));
  for (let round = 1; round <= 50; round++) {
    await take(meter.at(round * 30, 10));
    await Promise.all([
      meter.release(round % 2 === 0 ? 'reject' : 'accept').catch(() => {}),
      meter.release('reject').catch(() => {}),
      take(meter.at(round * 30 + 10, 20)),
      take(meter.at(round * 30 + 20, 1_000_000 + round)),
    ]);
  }
  const checks = await verifyMarket(ctx.db, clock, meter.market.marketId);
  expect(checks.filter((check) => !check.ok)).toEqual([]);
});
