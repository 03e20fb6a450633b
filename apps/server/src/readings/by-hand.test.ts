import { quantity, uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { MINUTE_MS, minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { readWorkbook, writeWorkbook } from '../platform/workbook.ts';
import { verifyMarket } from '../verify/index.ts';
import { listHolds } from './hold-list.ts';
import { type Release, releaseHold } from './holds.ts';
import { importReadings } from './import.ts';
import { estimateFinal, intake, type ManualReading, takeManual } from './index.ts';
import { listReadings } from './lists.ts';
import { findPhoto } from './photos.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3);
const clock = testClock(minute(10_000));
const ctx = await testContext(clock);
const refused = (code: string) => expect.objectContaining({ code });
const everything = { from: null, before: null, quality: null };

async function oneMeter(options: Parameters<typeof seedMarket>[1] = {}) {
  const market = await seedMarket(ctx.db, options);
  const { marketId } = market;
  const meterId = market.meters[0]?.meterId ?? '';
  const asked = { marketId, meterId, note: 'read at the stall', operatorId: OPERATOR };
  return {
    market,
    marketId,
    meterId,
    at: (minutes: number, total: number, options?: Parameters<typeof reportOf>[4]) =>
      reportOf(market, meterId, minutes, total, options),
    manual: (minutes: number, register: number, more: Partial<ManualReading> = {}) =>
      ctx.db.tx((tx) =>
        takeManual(tx, clock.now(), {
          ...asked,
          readAt: minute(minutes),
          register: BigInt(register),
          tariffs: null,
          photo: null,
          confirmJump: false,
          ...more,
        }),
      ),
    estimate: (minutes: number) => ctx.db.tx((tx) => estimateFinal(tx, clock.now(), { ...asked, at: minute(minutes) })),
    holds: async () => (await listHolds(ctx.db, marketId, {})).holds,
    async release(action: Release['action'], more: Partial<Release> = {}) {
      const [hold] = await this.holds();
      const release = {
        marketId,
        holdId: hold?.holdId ?? uuidV7(minute(0)),
        action,
        note: 'looked at it',
        operatorId: OPERATOR,
      };
      await releaseHold(ctx, { ...release, ...more });
    },
    rows: () => listReadings(ctx.db, marketId, meterId, everything, 100),
    async readings() {
      return (await this.rows())
        .toReversed()
        .map((row) =>
          [row.total, row.quality, row.suspectReason, row.origin, row.saidTotal]
            .filter((one) => one !== null)
            .join(' '),
        );
    },
    async prove() {
      expect((await verifyMarket(ctx.db, clock, marketId)).filter((check) => !check.ok)).toEqual([]);
    },
  };
}

const take = (...reports: Parameters<typeof intake>[1]) => intake(ctx.db, reports);

test('nobody reads a meter after it went out of service', async () => {
  const { marketId, meterId, at, manual } = await oneMeter();
  await intake(ctx.db, [at(0, 1_000)]);
  await ctx.db.query('update meter set retired_at = $3 where market_id = $1 and meter_id = $2', [
    marketId,
    meterId,
    minute(60),
  ]);
  await expect(manual(61, 1_500)).rejects.toThrow(refused('readings.meter_retired'));
  expect(await manual(60, 1_500)).toMatchObject({ total: 1_500n });
});

test('a reading by hand is stored with who, why and its photo, and is in the audit', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000));
  expect(await meter.manual(60, 2_000, { photo: JPEG })).toEqual({ readAt: minute(60), total: 2_000n });
  const [row] = await meter.rows();
  expect(row).toMatchObject({
    origin: 'manual',
    quality: 'good',
    total: 2_000n,
    note: 'read at the stall',
    frameId: null,
  });
  const photo = await findPhoto(ctx.db, meter.marketId, row?.photoId ?? '');
  expect([photo.mediaType, Uint8Array.from(photo.bytes)]).toEqual(['image/jpeg', JPEG]);
  const audit = await ctx.db.query('select action, operator_id, reason from audit where market_id = $1', [
    meter.marketId,
  ]);
  expect(audit).toEqual([{ action: 'readings.manual', operator_id: OPERATOR, reason: 'read at the stall' }]);
  const stranger = await oneMeter();
  await expect(findPhoto(ctx.db, stranger.marketId, row?.photoId ?? '')).rejects.toEqual(
    refused('readings.photo_not_found'),
  );
  await meter.prove();
});

test('a person is asked to confirm a jump, and told of what cannot be', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(120, 1_400));
  await expect(meter.manual(180, 90_000)).rejects.toEqual(refused('readings.confirm_jump'));
  await expect(meter.manual(180, 1_399, { confirmJump: true })).rejects.toEqual(refused('readings.would_decrease'));
  await expect(meter.manual(60, 1_401, { confirmJump: true })).rejects.toEqual(refused('readings.would_decrease'));
  await expect(meter.manual(120, 1_401)).rejects.toEqual(refused('readings.time_taken'));
  await expect(meter.manual(10_001, 1_500)).rejects.toEqual(refused('readings.time_in_future'));
  await expect(meter.manual(180, 1_000_000_000)).rejects.toEqual(refused('readings.beyond_register'));
  await expect(meter.manual(180, 1_500, { photo: Uint8Array.of(1, 2) })).rejects.toEqual(
    refused('readings.not_a_photo'),
  );
  const tariffs = [0n, 0n, 0n, 0n, null];
  await expect(meter.manual(180, 1_500, { tariffs })).rejects.toEqual(refused('readings.tariffs_do_not_add_up'));
  const stranger = await oneMeter();
  await expect(meter.manual(180, 1_500, { marketId: stranger.marketId })).rejects.toEqual(
    refused('readings.meter_not_found'),
  );
  expect(await meter.readings()).toHaveLength(2);
  await meter.manual(180, 90_000, { confirmJump: true });
  await meter.manual(180, 90_000, { confirmJump: true });
  expect(await meter.readings()).toEqual(['1000 good pushed', '1400 good pushed', '90000 good manual']);
});

test('a reading by hand over a wrap, and what a hold then was about', async () => {
  const meter = await oneMeter({ kind: 'water' });
  await take(meter.at(0, 99_999_500), meter.at(60, 50_000));
  expect(await meter.holds()).toMatchObject([{ reason: 'decrease', value: 50_000, registerValue: '50.000' }]);
  await meter.manual(30, 100, { confirmJump: false });
  expect(await meter.readings()).toEqual([
    '99999500 good pushed',
    '100000100 good manual',
    '100050000 suspect jump pushed',
  ]);
  await meter.release('accept');
  expect(await meter.readings()).toContain('100050000 good jump pushed');
  await meter.prove();
});

test('a held reading is replaced: the person’s value counts, the meter’s stays beside it', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(30, 900), meter.at(60, 1_300));
  await expect(meter.release('replace')).rejects.toEqual(refused('readings.value_missing'));
  await expect(meter.release('replace', { register: 999n })).rejects.toEqual(refused('readings.would_decrease'));
  await expect(meter.release('replace', { register: 1_301n })).rejects.toEqual(refused('readings.would_decrease'));
  await meter.release('replace', { register: 1_100n, photo: JPEG });
  expect(await meter.readings()).toEqual(['1000 good pushed', '1100 good decrease pushed 900', '1300 good pushed']);
  expect(await meter.holds()).toEqual([]);
  const [, row] = await meter.rows();
  expect(row).toMatchObject({ note: 'looked at it', photoId: expect.any(String), tariffs: null });
  const [audit] = await ctx.db.query('select before, after from audit where market_id = $1', [meter.marketId]);
  expect(audit).toMatchObject({
    before: { total: '900', reason: 'decrease' },
    after: { action: 'replace', total: '1100' },
  });
  await meter.prove();
});

test('a replaced value that is a jump is confirmed, and turns what came after it good', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(30, 5), meter.at(60, 90_500));
  await expect(meter.release('replace', { register: 90_000n })).rejects.toEqual(refused('readings.confirm_jump'));
  await meter.release('replace', { register: 90_000n, confirmJump: true });
  expect(await meter.readings()).toEqual(['1000 good pushed', '90000 good decrease pushed 5', '90500 good pushed']);
});

const answered = (minutesLate: number, minutes: number) =>
  ({ origin: 'scheduled', receivedAt: new Date(minute(minutes).getTime() + minutesLate * MINUTE_MS) }) as const;

test('the answers of a meter whose clock is behind are held; accepted once, all of that clock that fit count', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 1_000), meter.at(30, 1_100, answered(10, 30)));
  for (const at of [60, 90, 120]) await take(meter.at(at, 1_000 + at * 2, answered(11, at)));
  await take(meter.at(100, 900, answered(11, 100)));
  await take(meter.at(125, 1_260, { receivedAt: minute(300) }));
  expect(await meter.readings()).toEqual([
    '1000 good pushed',
    '1100 good scheduled',
    '1120 suspect clock_drift scheduled',
    '1180 suspect clock_drift scheduled',
    '900 suspect clock_drift scheduled',
    '1240 suspect clock_drift scheduled',
    '1260 good pushed',
  ]);
  await meter.release('accept');
  expect(await meter.readings()).toEqual([
    '1000 good pushed',
    '1100 good scheduled',
    '1120 good clock_drift scheduled',
    '1180 good scheduled',
    '900 suspect decrease scheduled',
    '1240 good scheduled',
    '1260 good pushed',
  ]);
  expect(await meter.holds()).toMatchObject([{ reason: 'decrease' }]);
  await meter.prove();
});

test('registers that do not add up are held once: accepted, the same error is the meter’s way', async () => {
  const meter = await oneMeter();
  const shows = (minutes: number, total: number, valley: number) => {
    const report = meter.at(minutes, total);
    return { ...report, reading: report.reading && { ...report.reading, tariffs: [0n, 0n, 0n, BigInt(valley), null] } };
  };
  await take(shows(0, 10_000, 10_000), shows(30, 11_000, 5_000), shows(60, 12_000, 6_000));
  expect(await meter.holds()).toMatchObject([{ reason: 'tariff_sum', value: 11_000 }]);
  await meter.release('accept');
  await take(shows(90, 13_000, 7_000));
  expect(await meter.readings()).toEqual([
    '10000 good pushed',
    '11000 good tariff_sum pushed',
    '12000 good pushed',
    '13000 good pushed',
  ]);
  await meter.prove();
});

test('a backfilled reading from memory may be late, and wraps like any other', async () => {
  const meter = await oneMeter();
  await take(meter.at(0, 999_999_000), meter.at(120, 1_000));
  await take(
    meter.at(30, 999_999_500, { origin: 'backfilled', receivedAt: minute(500) }),
    meter.at(60, 0, { origin: 'backfilled', receivedAt: minute(500) }),
  );
  expect(await meter.readings()).toEqual([
    '999999000 good pushed',
    '999999500 good backfilled',
    '1000000000 good backfilled',
    '1000001000 good pushed',
  ]);
  await meter.prove();
});

test('an estimate is refused where there is a reading, or nothing to estimate from', async () => {
  const meter = await oneMeter();
  await expect(meter.estimate(60)).rejects.toEqual(refused('readings.nothing_to_estimate_from'));
  await take(meter.at(0, 1_000));
  await expect(meter.estimate(60)).rejects.toEqual(refused('readings.nothing_to_estimate_from'));
  await take(meter.at(60, 1_600));
  await expect(meter.estimate(60)).rejects.toEqual(refused('readings.good_reading_later'));
  await expect(meter.estimate(20_000)).rejects.toEqual(refused('readings.time_in_future'));
  expect(await meter.estimate(91)).toEqual({ readAt: minute(91), total: quantity(1_910) });
  expect(await meter.readings()).toEqual(['1000 good pushed', '1600 good pushed', '1910 good estimated']);
});

const importOf = (marketId: string, bytes: Uint8Array, dryRun = false) =>
  importReadings(ctx, {
    marketId,
    operatorId: OPERATOR,
    note: 'round of March',
    dryRun,
    file: { fileName: 'round.csv', bytes },
  });

const CSV = `serial,time,value
S0,2026-03-02 09:00,1.5
S1,2026/3/2 9:00:00,2
S1,2026-03-02 09:30,1.99
S9,2026-03-02 09:00,1
S0,2026-03-02T10:00:00+08:00,2.25
S0,2026-03-02 10:00,2.26
,2026-03-02 10:00,1
S0,tomorrow,1
S0,2026-03-02 11:00,1.2345
S0,2026-03-12 11:00,9
`;

test('rounds of readings come in from a file: good rows are stored, bad ones come back, and the same file changes nothing', async () => {
  const { market, marketId, prove } = await oneMeter({ meters: 2 });
  const bytes = Buffer.from(CSV);
  const tried = await importOf(marketId, bytes, true);
  expect(await ctx.db.query('select from reading where market_id = $1', [marketId])).toEqual([]);
  expect(tried).toMatchObject({ rows: 10, taken: 3, unchanged: 0, failed: 7 });
  const stored = await importOf(marketId, bytes);
  expect(stored.errors.map(({ row, column, code }) => [row, column, code])).toEqual([
    [4, 'value', 'readings.would_decrease'],
    [5, 'serial', 'readings.meter_not_found'],
    [7, 'time', 'readings.time_taken'],
    [8, 'serial', 'readings.bad_row'],
    [9, 'time', 'readings.bad_row'],
    [10, 'value', 'readings.bad_row'],
    [11, 'time', 'readings.time_in_future'],
  ]);
  const back = await readWorkbook(Buffer.from(stored.failedRows?.base64 ?? '', 'base64'), {
    maxBytes: 100_000,
    maxRows: 100,
    maxColumns: 10,
  });
  expect(back[1]?.slice(0, 4)).toEqual(['S1', '2026-03-02 09:30', '1.99', 'readings.would_decrease']);
  const again = await importOf(marketId, bytes);
  expect(again).toMatchObject({ taken: 0, unchanged: 3, failed: 7 });
  const rows = await ctx.db.query(
    `select total, read_at, origin, note from reading where market_id = $1 and meter_id = $2 order by read_at`,
    [marketId, market.meters[0]?.meterId],
  );
  expect(rows).toEqual([
    { total: 1_500n, read_at: minute(60), origin: 'manual', note: 'round of March' },
    { total: 2_250n, read_at: minute(120), origin: 'manual', note: 'round of March' },
  ]);
  await prove();
});

test('a first row with a value is a reading, also of a meter whose serial begins like a heading', async () => {
  const { market, marketId } = await oneMeter();
  const meterId = market.meters[0]?.meterId;
  await ctx.db.query(`update meter set serial = 'METER-7' where market_id = $1 and meter_id = $2`, [marketId, meterId]);
  const bytes = Buffer.from('METER-7,2026-03-02 09:00,1.5\n');
  expect(await importOf(marketId, bytes)).toMatchObject({ rows: 1, taken: 1, failed: 0 });
});

test('an Excel file is read like a CSV, and what is neither is named', async () => {
  const { marketId } = await oneMeter();
  const rows = [
    ['表号', '时间', '示数'],
    ['S0', '2026-03-02 09:00', '1.5'],
  ];
  const bytes = await writeWorkbook([{ name: 'rows', headRows: 1, widths: [10, 20, 10], rows }]);
  expect(await importOf(marketId, bytes)).toMatchObject({ rows: 1, taken: 1, failed: 0, failedRows: null });
  const bad = refused('readings.bad_import');
  await expect(importOf(marketId, Uint8Array.of(0xff, 0xfe, 0))).rejects.toEqual(bad);
  await expect(importOf(marketId, Buffer.from('serial,time,value\n'))).rejects.toEqual(bad);
  await expect(importOf(marketId, Buffer.from('a,b,c\n'.repeat(5_002)))).rejects.toEqual(bad);
  await expect(importOf(marketId, Buffer.from('PK\x03\x04nothing'))).rejects.toMatchObject({ code: /^workbook\./ });
});
