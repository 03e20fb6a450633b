import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { freshDatabase, testClock } from '../../test-support/database.ts';
import { minute, reportOf, seedMarket, type TestMarket } from '../../test-support/market.ts';
import { topUp } from '../counter/index.ts';
import { silentLog } from '../platform/log.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { verifyMarket } from './index.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
const db = await freshDatabase();
const clock = testClock(minute(1_000));
const ctx = { db, clock, log: silentLog, signals: { on: () => () => {}, close: async () => {} } };
let market: TestMarket;
let meterId = '';

/** A market with two meters, three charges each, a sale, and a suspect reading under its hold. */
beforeEach(async () => {
  market = await seedMarket(db, { meters: 2 });
  meterId = market.meters[0]?.meterId ?? '';
  for (const [index, total] of [0, 1_000, 2_500, 4_001].entries()) {
    await intake(
      db,
      market.meters.map((meter) => reportOf(market, meter.meterId, index * 30, total)),
    );
    await settleMarket(ctx, market.marketId);
  }
  await topUp(ctx, {
    marketId: market.marketId,
    accountId: market.meters[0]?.accountId ?? '',
    requestId: uuidV7(minute(0)),
    amountFen: fen(5_000),
    method: 'cash',
    memo: null,
    operatorId: OPERATOR,
  });
  await intake(db, [reportOf(market, meterId, 120, 10)]);
});

const broken = async () => (await verifyMarket(db, clock, market.marketId)).filter((check) => !check.ok);

test('books that are right are proved, and every rule had something to look at', async () => {
  const checks = await verifyMarket(db, clock, market.marketId);
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  const counted = Object.fromEntries(checks.map((check) => [check.name, check.checked]));
  expect(counted).toMatchObject({
    'every transaction sums to zero': 7,
    'every purse is the sum of its postings': 2,
    'every charge begins and ends on a stored good reading': 6,
    'every suspect reading is under an open hold': 1,
  });
});

const FIRST_CHARGE = `(select charge_id from charge where market_id = $1 order by from_at, meter_id limit 1)`;

test.each([
  [
    'a fen added to a posting',
    `update posting set amount_fen = amount_fen + 1 where market_id = $1 and account_id is null`,
    'every transaction sums to zero',
  ],
  [
    'a purse moved by hand',
    `update purse set balance_fen = balance_fen + 1 where market_id = $1`,
    'every purse is the sum of its postings',
  ],
  [
    'a purse that was lost',
    `delete from purse where market_id = $1`,
    'all purses together are what was paid in less what was charged',
  ],
  [
    'a charge without its transaction',
    `update charge set tx_id = null, amount_fen = 0 where market_id = $1 and charge_id = ${FIRST_CHARGE}`,
    'every charge and correction is posted once, to its own account',
  ],
  [
    'a charge that was lost',
    `delete from charge where market_id = $1 and charge_id = (select charge_id from charge where market_id = $1 order by from_at offset 2 limit 1)`,
    'charges of a meter follow each other without gap or overlap',
  ],
  [
    'a charge that begins too early',
    `update charge set from_at = from_at - interval '1 minute' where market_id = $1 and charge_id = (select charge_id from charge where market_id = $1 order by from_at desc limit 1)`,
    'charges of a meter follow each other without gap or overlap',
  ],
  [
    'a reading that was edited',
    `update reading set total = total + 1 where market_id = $1 and total = 1000`,
    'every charge begins and ends on a stored good reading',
  ],
  [
    'a reading rejected after it was charged',
    `update reading set quality = 'rejected' where market_id = $1 and total = 2500`,
    'every charge begins and ends on a stored good reading',
  ],
  [
    'a price edited after it was charged',
    `update price_plan_version set rule = jsonb_set(rule, '{parts,0,price}', '"0.9"') where market_id = $1`,
    'every charge is its use at the price in force, rounded on the sum',
  ],
  [
    'a charge by a fen too high',
    `update charge set amount_fen = amount_fen + 1 where market_id = $1`,
    'every charge is its use at the price in force, rounded on the sum',
  ],
  [
    'a cursor ahead of its charges',
    `update meter_settlement set settled_at = settled_at + interval '1 minute' where market_id = $1`,
    'what an account was charged for a meter is its exact sum, rounded once',
  ],
  [
    'use that a step would forget',
    `update meter_settlement set period_use = period_use - 1 where market_id = $1`,
    'what an account was charged for a meter is its exact sum, rounded once',
  ],
  [
    'a period that begins anew on its own',
    `update charge set use_before = 0, exact_before_nano_yuan = 0, period_from = from_at where market_id = $1 and charge_id = (select charge_id from charge where market_id = $1 order by from_at desc limit 1)`,
    'charges of a meter follow each other without gap or overlap',
  ],
  [
    'a good reading below the one before',
    `update reading set quality = 'good' where market_id = $1 and total = 10`,
    'good readings of a meter never decrease',
  ],
  ['a hold that vanished', `delete from hold where market_id = $1`, 'every suspect reading is under an open hold'],
])('%s is found', async (_, damage, rule) => {
  await db.query(damage, [market.marketId]);
  const found = (await broken()).find((check) => check.name === rule);
  expect(found?.problems.length).toBeGreaterThan(0);
});

const command = (state: string, expiresMinute: number) =>
  db.query(
    `insert into command (market_id, command_id, meter_id, wanted, wanted_seq, cause, state, created_at, expires_at,
                          next_attempt_at, finished_at)
     values ($1, $2, $3, 'off', 1, 'balance', $4, $5, $6::timestamptz, $5, case when $4 = 'queued' then null else $6::timestamptz end)`,
    [market.marketId, uuidV7(minute(0)), meterId, state, minute(0), minute(expiresMinute)],
  );

test('a command is found when it is open long past its limit, not before', async () => {
  await command('queued', 990);
  expect(await broken()).toEqual([]);
  await db.query('delete from command where market_id = $1', [market.marketId]);
  await command('queued', 980);
  expect(await broken()).toMatchObject([
    { name: 'no command is unconfirmed past its limit', problems: [expect.stringContaining(meterId)] },
  ]);
});

test('a meter that refused is found until it is on the exception list or does what is wanted', async () => {
  await command('failed', 500);
  await db.query(`insert into meter_control (market_id, meter_id, wanted) values ($1, $2, 'off')`, [
    market.marketId,
    meterId,
  ]);
  await db.query(`update meter_state set switch_state = 'on' where market_id = $1`, [market.marketId]);
  expect(await broken()).toMatchObject([{ name: 'a meter that did not do what is wanted is on the exception list' }]);
  await db.query(
    `insert into device_exception (market_id, exception_id, meter_id, kind, opened_at, detail)
     values ($1, $2, $3, 'switch_not_confirmed', $4, '{"wanted":"off","readBack":"on","writes":3}')`,
    [market.marketId, uuidV7(minute(0)), meterId, minute(500)],
  );
  expect(await broken()).toEqual([]);
  await db.query('delete from device_exception where market_id = $1', [market.marketId]);
  await db.query(`update meter_state set switch_state = 'off' where market_id = $1`, [market.marketId]);
  expect(await broken()).toEqual([]);
});

test('what it found is named, at most twenty times', async () => {
  await db.query(
    `insert into reading (market_id, meter_id, read_at, received_at, origin, total, quality)
     select $1, $2, $3::timestamptz + n * interval '1 minute', $3, 'manual', 5000 - n, 'good' from generate_series(1, 50) n`,
    [market.marketId, market.meters[1]?.meterId, minute(500)],
  );
  const [check] = await broken();
  expect(check?.problems).toHaveLength(20);
  expect(check?.problems[0]).toContain(market.meters[1]?.meterId);
});

test('another market’s damage is not this one’s', async () => {
  const other = await seedMarket(db);
  await db.query(`update purse set balance_fen = balance_fen + 1 where market_id = $1`, [market.marketId]);
  expect((await verifyMarket(db, clock, other.marketId)).filter((check) => !check.ok)).toEqual([]);
});
