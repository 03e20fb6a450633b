import { beforeEach, expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { chargeSilentMeters } from '../settlement/index.ts';
import { DAY, steps, swapMarket } from '../settlement/test-support/swap.ts';
import { verifyMarket } from './index.ts';

const clock = testClock(minute(0));
const ctx = { ...(await testContext(clock)), clock };
let market: Awaited<ReturnType<typeof swapMarket>>;
/** Midnight in the market's zone. */
const midnight = (day: number) => 960 + day * DAY;

/** Two provisional charges that a reading replaced, and two that are open. */
beforeEach(async () => {
  market = await swapMarket(ctx, { ...steps(50_000, '0.5', '0.8'), standing: { perDay: '0.35' } });
  await ctx.db.query('update market set provisional_after_s = 86400 where market_id = $1', [market.marketId]);
  for (let day = 0; day <= 4; day++) await market.read(market.first, [midnight(day), day * 10_000]);
  await market.settle();
  const silence = async (day: number) => {
    clock.set(minute(midnight(day) + 1));
    await chargeSilentMeters(ctx, market.marketId);
  };
  await silence(5);
  await silence(6);
  await market.read(market.first, [midnight(7), 71_000], [midnight(8), 84_000]);
  clock.set(minute(midnight(8)));
  await market.settle();
  await silence(9);
  await silence(11);
});

const checks = () => verifyMarket(ctx.db, clock, market.marketId);

const POSTED = 'every provisional charge is posted once, and taken back once and whole';
const FOLLOWS =
  'provisional charges follow each other from the last good reading, and are open until it is settled further';
const AVERAGE = 'every provisional use is the average of days that readings show';
const PRICED = 'every provisional charge is its use at the price in force and in its steps, rounded on the sum';

test('books with provisional charges, open and replaced, are proved', async () => {
  const all = await checks();
  expect(all.filter((check) => !check.ok)).toEqual([]);
  const looked = Object.fromEntries(all.map((check) => [check.name, check.checked]));
  expect([POSTED, FOLLOWS, AVERAGE, PRICED].map((name) => looked[name])).toEqual([4, 4, 4, 4]);
});

const OPEN = 'market_id = $1 and replaced_at is null';

test.each([
  ['one that is a fen too much', `update provisional_charge set amount_fen = amount_fen + 1 where ${OPEN}`, PRICED],
  ['one that was never posted', `update provisional_charge set tx_id = null, amount_fen = 0 where ${OPEN}`, POSTED],
  ['one without its midnights', `update provisional_charge set standing_nano_yuan = 0 where ${OPEN}`, PRICED],
  [
    'one that was taken back with no entry',
    `update provisional_charge set replaced_at = created_at where ${OPEN}`,
    POSTED,
  ],
  [
    'an entry that takes back too little',
    `update provisional_charge set replaced_tx_id = null
     where market_id = $1 and replaced_at is not null and from_at = settled_at`,
    POSTED,
  ],
  [
    'one that is open though its readings are settled',
    'update provisional_charge set replaced_at = null, replaced_tx_id = null where market_id = $1',
    FOLLOWS,
  ],
  ['a gap between two', `update provisional_charge set from_at = from_at + interval '1 h' where ${OPEN}`, FOLLOWS],
  [
    'a day that was not so',
    `update provisional_charge set days = jsonb_set(days, '{0,use}', '"1"') where ${OPEN}`,
    AVERAGE,
  ],
  ['a use that is no average', `update provisional_charge set use = use + 1 where ${OPEN}`, AVERAGE],
  ['the wrong step', `update provisional_charge set use_before = use_before - 60000 where ${OPEN}`, PRICED],
])('%s is found', async (_, damage, rule) => {
  await ctx.db.query(damage, [market.marketId]);
  const broken = (await checks()).filter((check) => !check.ok).map((check) => check.name);
  expect(broken).toContain(rule);
});
