import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import { createBuilding, listBuildings } from './buildings.ts';
import { createMarket, renameMarket } from './markets.ts';
import { createStall } from './register/stalls.ts';
import { listMarkets } from './service.ts';

test('a market is begun by hand: itself, its building, its stall, each once however often it is sent', async () => {
  const ctx = await testContext();
  const id = () => uuidV7(ctx.clock.now());
  const act = { marketId: id(), operatorId: id() };
  const market = { code: 'M01', name: 'North Market', timeZone: 'Asia/Shanghai' };
  await Promise.all([createMarket(ctx, act, market), createMarket(ctx, act, market)]);
  await createMarket(ctx, act, market);
  expect(await listMarkets(ctx.db)).toEqual([{ ...market, marketId: act.marketId, lowBalanceFen: 2_000 }]);
  await expect(createMarket(ctx, { ...act, marketId: id() }, market)).rejects.toMatchObject({
    code: 'sites.market_code_taken',
  });
  await expect(
    createMarket(ctx, { ...act, marketId: id() }, { ...market, code: 'M02', timeZone: 'Asia/Nowhere' }),
  ).rejects.toMatchObject({ code: 'sites.bad_time_zone' });

  await renameMarket(ctx, act, 'North Gate Market');
  await renameMarket(ctx, act, 'North Gate Market');
  expect(await listMarkets(ctx.db)).toEqual([
    { ...market, name: 'North Gate Market', marketId: act.marketId, lowBalanceFen: 2_000 },
  ]);

  const hall = { ...act, buildingId: id() };
  const data = {
    name: 'Hall 1',
    readingIntervalS: 900,
    settlementPeriod: 'each_reading' as const,
    settlementTimes: [],
  };
  await createBuilding(ctx, hall, data);
  await createBuilding(ctx, hall, data);
  await expect(createBuilding(ctx, { ...act, buildingId: id() }, data)).rejects.toMatchObject({
    code: 'sites.building_taken',
  });
  expect(await listBuildings(ctx.db, act.marketId)).toEqual([
    expect.objectContaining({ ...data, buildingId: hall.buildingId }),
  ]);
  const stall = { code: 'A-1', building: 'Hall 1', stallType: 'meat', areaM2: null, protected: false };
  await createStall(ctx, act, id(), stall);
  const audit = await ctx.db.query<{ action: string }>('select action from audit order by audit_id');
  expect(audit.map(({ action }) => action)).toEqual([
    'sites.create_market',
    'sites.rename_market',
    'sites.create_building',
    'sites.create_stall',
  ]);
});
