import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import { START, seedMarket } from '../headend/test-support/market.ts';
import { meterSuccess, slotSuccess } from './success.ts';

const db = await freshDatabase();
const minute = (minutes: number) => new Date(START.getTime() + minutes * 60_000);

interface Given {
  readonly read: number;
  readonly received?: number;
  readonly origin?: string;
  readonly quality?: 'good' | 'suspect';
}

async function give(meter: { marketId: string; meterId: string }, readings: readonly Given[]): Promise<void> {
  for (const { read, received = read, origin = 'scheduled', quality = 'good' } of readings) {
    await db.query(
      `insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality, suspect_reason)
       values ($1, $2, $3, $4, $5, 1, $6, case $6 when 'suspect' then 'jump' end)`,
      [meter.marketId, meter.meterId, minute(read), minute(received), origin, quality],
    );
  }
}

const NOTHING = { offset: 0, limit: 100 };

test('each due slot is in time, late, backfilled or missed, by what is there', async () => {
  const market = await seedMarket(db, { electricity: 2 });
  const other = await seedMarket(db, { electricity: 1 });
  const [first, second] = market.electricity;
  const [foreign] = other.electricity;
  if (!first || !second || !foreign) throw new Error('no meters');
  await give(first, [
    { read: 5 },
    { read: 20, origin: 'on_demand' },
    { read: 59, received: 60.5 },
    { read: 65, received: 95, origin: 'pushed' },
    { read: 100, received: 300, origin: 'backfilled' },
    { read: 125, origin: 'manual' },
  ]);
  await give(second, [
    { read: 0 },
    { read: 31, quality: 'suspect' },
    { read: 61 },
    { read: 91, received: 200, origin: 'backfilled' },
    { read: 91.5 },
    { read: 121 },
  ]);
  await give(foreign, [{ read: 5 }]);
  const { total, slots } = await slotSuccess(db, market.marketId, minute(155), 24, {});
  expect(
    slots.map(({ slotAt: at, intervalS: _, ...figures }) => [(Date.parse(at) - +START) / 60_000, figures]),
  ).toEqual([
    [120, { due: 2, inTime: 1, late: 0, backfilled: 0, missed: 1 }],
    [90, { due: 2, inTime: 1, late: 0, backfilled: 1, missed: 0 }],
    [60, { due: 2, inTime: 1, late: 1, backfilled: 0, missed: 0 }],
    [30, { due: 2, inTime: 2, late: 0, backfilled: 0, missed: 0 }],
    [0, { due: 2, inTime: 2, late: 0, backfilled: 0, missed: 0 }],
  ]);
  expect(total).toEqual({ due: 10, inTime: 7, late: 1, backfilled: 1, missed: 1 });

  const { meters, total: count } = await meterSuccess(db, market.marketId, minute(155), 7, NOTHING);
  expect(count).toBe(2);
  expect(meters).toEqual([
    expect.objectContaining({
      meterId: first.meterId,
      stallCode: 'acrel4g-0',
      intervalS: 1800,
      due: 5,
      inTime: 2,
      late: 1,
      backfilled: 1,
      missed: 1,
      completeBp: 8000,
    }),
    expect.objectContaining({ meterId: second.meterId, due: 5, inTime: 5, missed: 0, completeBp: 10_000 }),
  ]);
});

test('a meter is due from when it was installed, at the interval of its building, and not when it is retired', async () => {
  const market = await seedMarket(db, { electricity: 3 });
  const [daily, young, retired] = market.electricity;
  if (!daily || !young || !retired) throw new Error('no meters');
  const buildingId = uuidV7(START);
  await db.query(
    `insert into building (market_id, building_id, name, reading_interval_s) values ($1, $2, 'hourly', 3600)`,
    [market.marketId, buildingId],
  );
  await db.query(`update stall set building_id = $2 where market_id = $1 and code = 'acrel4g-0'`, [
    market.marketId,
    buildingId,
  ]);
  await db.query('update meter set installed_at = $2 where meter_id = $1', [young.meterId, minute(70)]);
  await db.query('update meter set retired_at = $2 where meter_id = $1', [retired.meterId, minute(70)]);
  const { slots } = await slotSuccess(db, market.marketId, minute(180), 24, {});
  const due = slots.map(({ slotAt: at, intervalS, ...row }) => [
    (Date.parse(at) - +START) / 60_000,
    intervalS,
    row.due,
  ]);
  expect(due).toEqual([
    [150, 1800, 1],
    [120, 1800, 1],
    [120, 3600, 1],
    [90, 1800, 1],
    [60, 3600, 1],
    [0, 3600, 1],
  ]);
  const { meters } = await meterSuccess(db, market.marketId, minute(180), 7, { ...NOTHING, search: 'G-1' });
  expect(meters.map((meter) => [meter.meterId, meter.due])).toEqual([[young.meterId, 3]]);
  expect((await slotSuccess(db, market.marketId, minute(180), 24, { link: 'nb' })).slots).toEqual([]);
});
