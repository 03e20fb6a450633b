import { routes } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import { seedMarket } from '../../test-support/market.ts';
import { setFirstPrice } from '../prices/first.ts';
import { createMarket } from '../sites/markets.ts';
import { setUpOf } from './set-up.ts';

const isSetUp = Compile(routes.setUp.response);

test('an empty market has everything before it, one that sells has nothing', async () => {
  const ctx = await testContext();
  const { db, clock } = ctx;
  const act = { marketId: uuidV7(clock.now()), operatorId: uuidV7(clock.now()) };
  await createMarket(ctx, act, { code: 'M01', name: 'North Market', timeZone: 'Asia/Shanghai' });
  const nothing = await setUpOf(db, act.marketId, clock.now());
  expect(isSetUp.Check(nothing)).toBe(true);
  expect(nothing).toEqual({
    buildings: 0,
    stalls: 0,
    meters: 0,
    metersRead: 0,
    withoutPrice: [],
    firstPrices: true,
    accounts: 0,
    topUps: 0,
    suppliedStallId: null,
    firstStallId: null,
  });

  const market = await seedMarket(db, { meters: 2 });
  const [first] = market.meters;
  await db.query('update price_plan set market_default = false where market_id = $1', [market.marketId]);
  const without = await setUpOf(db, market.marketId, clock.now());
  expect(without).toMatchObject({ stalls: 2, meters: 2, accounts: 2, firstPrices: false, suppliedStallId: null });
  expect(without.withoutPrice).toEqual(['electricity']);
  await db.query('update price_plan set market_default = true where market_id = $1', [market.marketId]);
  await db.query(
    `insert into meter_state (market_id, meter_id, switch_state) values ($1, $2, 'on')
     on conflict (market_id, meter_id) do update set switch_state = 'on'`,
    [market.marketId, first?.meterId],
  );
  const ready = await setUpOf(db, market.marketId, clock.now());
  expect(ready.withoutPrice).toEqual([]);
  expect(ready.suppliedStallId).toBe(first?.stallId);
});

test('the first price is set by one person and holds at once; once somebody could pay it, two have to agree', async () => {
  const ctx = await testContext();
  const { db, clock } = ctx;
  const id = () => uuidV7(clock.now());
  const act = { marketId: id(), operatorId: id() };
  await createMarket(ctx, act, { code: 'M01', name: 'North Market', timeZone: 'Asia/Shanghai' });
  const power = { planId: id(), kind: 'electricity', name: 'Power', price: '0.853200' } as const;
  await setFirstPrice(ctx, act, power);
  await setFirstPrice(ctx, act, power);
  const versions = await db.query<{ version: number; valid_from: Date }>(
    'select version, valid_from from price_plan_version where market_id = $1',
    [act.marketId],
  );
  expect(versions).toEqual([{ version: 1, valid_from: clock.now() }]);
  await expect(setFirstPrice(ctx, act, { ...power, planId: id(), name: 'Another' })).rejects.toMatchObject({
    code: 'prices.second_person',
  });
  await expect(setFirstPrice(ctx, act, { ...power, planId: id(), kind: 'water' })).rejects.toMatchObject({
    code: 'prices.name_taken',
  });
  await db.query(
    `insert into account (market_id, account_id, number, customer_name, state) values ($1, $2, '1', 'Ann', 'prepared')`,
    [act.marketId, id()],
  );
  await expect(setFirstPrice(ctx, act, { ...power, planId: id(), kind: 'water', name: 'Water' })).rejects.toMatchObject(
    {
      code: 'prices.second_person',
    },
  );
  const audit = await db.query<{ action: string }>(`select action from audit where action like 'prices.%'`);
  expect(audit).toEqual([{ action: 'prices.publish_first' }]);
});
