import { uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { minute } from '../../test-support/market.ts';
import { findCustomers } from './customers.ts';
import { type Counter, openCounter } from './test-support/world.ts';

let counter: Counter;
let find: (text: string) => Promise<string[]>;

/** Account 3 also has stall B-03 and a telephone; account 4 gave its stall back; 5 is only prepared, 6 closed. */
beforeAll(async () => {
  counter = await openCounter();
  const { ctx, market } = counter;
  const { marketId, meters } = market;
  find = async (text) => (await findCustomers(ctx.db, marketId, text)).map(({ number }) => number);
  const stallId = uuidV7(minute(0));
  await ctx.db.query(
    `insert into stall (market_id, stall_id, building_id, code, stall_type)
     select market_id, $2, building_id, 'B-03', 'meat' from stall where market_id = $1 and stall_id = $3`,
    [marketId, stallId, meters[0]?.stallId],
  );
  await ctx.db.query(
    'insert into tenancy (market_id, tenancy_id, account_id, stall_id, from_at) values ($1, $2, $3, $4, $5)',
    [marketId, uuidV7(minute(0)), counter.accountId(3), stallId, minute(0)],
  );
  const change = (sql: string, index: number) => ctx.db.query(sql, [marketId, counter.accountId(index)]);
  await change(`update account set phone = '139-0000-1234' where market_id = $1 and account_id = $2`, 3);
  await change(`update tenancy set to_at = from_at + interval '1 hour' where market_id = $1 and account_id = $2`, 4);
  await change(`update account set state = 'prepared', opened_at = null where market_id = $1 and account_id = $2`, 5);
  await change(
    `update account set state = 'closed', closed_at = opened_at + interval '1 hour' where market_id = $1 and account_id = $2`,
    6,
  );
});

test('a customer is found by stall, with or without the hyphen, by number, by name and by telephone', async () => {
  for (const typed of ['B-03', ' b03 ', 'Ｂ－０３', 'A3', 'a3', '商户 3', '13900001234', '139-0000-1234', '1234']) {
    expect([typed, await find(typed)]).toEqual([typed, ['A3']]);
  }
  expect(await find('A4')).toEqual(['A4']);
  for (const typed of ['S4', '123', '139%', 'A_3', 'B-04', '  '])
    expect([typed, await find(typed)]).toEqual([typed, []]);
});

test('what fits whole comes first, and says so', async () => {
  const found = await findCustomers(counter.ctx.db, counter.market.marketId, 's1');
  expect(found[0]).toMatchObject({ number: 'A1', exact: true });
  const parts = await findCustomers(counter.ctx.db, counter.market.marketId, '商户');
  expect(parts.map(({ exact }) => exact)).not.toContain(true);
  // 4 has no stall, 6 is closed: the rest by the codes of their stalls.
  expect(parts.map(({ number }) => number)).toEqual(['A3', 'A0', 'A1', 'A2', 'A5', 'A7', 'A4']);
});

test('a customer shows what he holds and has, and his telephone masked', async () => {
  await counter.sell(3, 12_345);
  const [customer] = await findCustomers(counter.ctx.db, counter.market.marketId, 'B-03');
  expect(customer).toMatchObject({
    accountId: counter.accountId(3),
    phone: '139******1234',
    state: 'open',
    purses: { utility: 12_345, fees: 0, deposit: 0, debt: 0 },
  });
  expect(customer?.stalls.map(({ code }) => code)).toEqual(['B-03', 'S3']);
  expect(await findCustomers(counter.ctx.db, uuidV7(minute(0)), 'B-03')).toEqual([]);
});
