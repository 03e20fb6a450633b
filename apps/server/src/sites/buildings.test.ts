import type { BuildingTimes } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, seedMarket } from '../../test-support/market.ts';
import { createBuilding, listBuildings, renameBuilding, setBuildingTimes } from './buildings.ts';
import { importSite } from './import.ts';
import { testSite } from './test-support/site.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const ctx = await testContext(testClock(minute(0)));

const daily: BuildingTimes = {
  readingIntervalS: 900,
  settlementPeriod: 'daily',
  settlementTimes: ['19:30', '07:05'],
};

async function newBuilding() {
  const { marketId } = await seedMarket(ctx.db);
  const [hall] = await listBuildings(ctx.db, marketId);
  return { act: { marketId, buildingId: hall?.buildingId ?? '', operatorId: OPERATOR }, hall };
}

test('a building’s interval, period and times are set, in order of the day, and the audit has both', async () => {
  const { act, hall } = await newBuilding();
  expect(hall).toMatchObject({ readingIntervalS: 1_800, settlementPeriod: 'each_reading', settlementTimes: [] });
  await setBuildingTimes(ctx, act, daily);
  const after = { ...daily, settlementTimes: ['07:05', '19:30'] };
  expect(await listBuildings(ctx.db, act.marketId)).toEqual([{ ...hall, ...after }]);
  const audit = await ctx.db.query(
    'select action, subject, operator_id, before, after from audit where market_id = $1',
    [act.marketId],
  );
  expect(audit).toEqual([
    {
      action: 'sites.set_building_times',
      subject: `building:${act.buildingId}`,
      operator_id: OPERATOR,
      before: { readingIntervalS: 1_800, settlementPeriod: 'each_reading', settlementTimes: [] },
      after,
    },
  ]);
});

test('a building is entered once, has a name of its own, and is given another', async () => {
  const { act, hall } = await newBuilding();
  expect(hall).toMatchObject({ name: 'Hall', stalls: 1, meters: 1 });
  const cold = { ...act, buildingId: uuidV7(minute(0)) };
  await createBuilding(ctx, cold, { name: 'Cold store', ...daily });
  await createBuilding(ctx, cold, { name: 'Cold store', ...daily });
  const twin = { ...act, buildingId: uuidV7(minute(0)) };
  const taken = expect.objectContaining({ code: 'sites.building_taken' });
  await expect(createBuilding(ctx, twin, { name: 'Hall', ...daily })).rejects.toEqual(taken);
  await expect(renameBuilding(ctx, cold, 'Hall')).rejects.toEqual(taken);
  await renameBuilding(ctx, cold, 'Annex');
  expect(await listBuildings(ctx.db, act.marketId)).toMatchObject([
    { name: 'Annex', stalls: 0, meters: 0, readingIntervalS: 900, settlementTimes: ['07:05', '19:30'] },
    { name: 'Hall' },
  ]);
  const { act: other } = await newBuilding();
  const foreign = renameBuilding(ctx, { ...other, buildingId: act.buildingId }, 'Mine');
  await expect(foreign).rejects.toMatchObject({ code: 'sites.no_such_building' });
  const audit = await ctx.db.query(
    `select action, before, after -> 'name' as name from audit where market_id = $1 order by audit_id`,
    [act.marketId],
  );
  expect(audit).toEqual([
    { action: 'sites.create_building', before: null, name: 'Cold store' },
    { action: 'sites.rename_building', before: { name: 'Cold store' }, name: 'Annex' },
  ]);
});

test('who settles each reading has no times, and a building of another market is not there', async () => {
  const { act } = await newBuilding();
  const other = await newBuilding();
  const each = setBuildingTimes(ctx, act, { ...daily, settlementPeriod: 'each_reading' });
  await expect(each).rejects.toMatchObject({ code: 'sites.times_without_period' });
  const foreign = setBuildingTimes(ctx, { ...act, buildingId: other.act.buildingId }, daily);
  await expect(foreign).rejects.toMatchObject({ code: 'sites.no_such_building' });
  const none = setBuildingTimes(ctx, { ...act, buildingId: uuidV7(minute(0)) }, daily);
  await expect(none).rejects.toMatchObject({ code: 'sites.no_such_building' });
  expect(await listBuildings(ctx.db, act.marketId)).toMatchObject([{ readingIntervalS: 1_800 }]);
});

test('a site file brings its buildings’ times in, and is refused where they have no period', async () => {
  const site = testSite([{ code: 'A' }]);
  const [hall] = site.buildings;
  const weekly = { name: 'Hall 1', ...hall, settlementPeriod: 'weekly' as const, readingIntervalS: 1_800 };
  const { marketId } = await importSite(
    ctx.db,
    { ...site, buildings: [{ ...weekly, settlementTimes: ['08:00'] }] },
    minute(0),
  );
  expect(await listBuildings(ctx.db, marketId)).toMatchObject([
    { settlementPeriod: 'weekly', settlementTimes: ['08:00'] },
  ]);
  const wrong = {
    ...site,
    market: { ...site.market, code: 'other' },
    buildings: [{ ...hall, settlementTimes: ['08:00'] }],
  };
  await expect(importSite(ctx.db, wrong, minute(0))).rejects.toMatchObject({ code: 'sites.times_without_period' });
});
