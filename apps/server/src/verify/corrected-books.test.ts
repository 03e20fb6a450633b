import { beforeEach, expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { DAY, steps, swapMarket } from '../settlement/test-support/swap.ts';
import { verifyMarket } from './index.ts';

const clock = testClock(minute(500_000));
const ctx = { ...(await testContext(clock)), clock };
let market: Awaited<ReturnType<typeof swapMarket>>;

/** A register that wrapped, a swap in mid-month, and a final reading put right after the new meter was used. */
beforeEach(async () => {
  market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'));
  await market.read(market.first, [0, 999_999_000], [DAY, 4_000]);
  const next = await market.swap(market.first, { at: 2 * DAY, final: { register: 8_000 }, start: 123_000 });
  await market.read(next, [3 * DAY, 128_000]);
  await market.settle();
  await market.correct(market.first, 2 * DAY, 7_000);
  await market.read(next, [4 * DAY, 130_000]);
  await market.settle();
});

const checks = () => verifyMarket(ctx.db, clock, market.marketId);

test('books with a wrap, a swap and a correction are proved, and every rule of them had something to look at', async () => {
  const all = await checks();
  expect(all.filter((check) => !check.ok)).toEqual([]);
  expect(Object.fromEntries(all.map((check) => [check.name, check.checked]))).toMatchObject({
    'every charge and correction is posted once, to its own account': 4,
    'charges and corrections of a billing period go on from one another': 4,
    'a meter that took another’s place goes on in its billing period': 1,
    'every correction is of its charge: account, period, price, and the value that was said': 1,
    'every replacement has the last reading of the old meter and the first of the new one': 1,
    'a register wraps within its modulus, and its turns are never taken back': 2,
  });
});

const LAST_CHARGE = '(select charge_id from charge where market_id = $1 order by from_at desc limit 1)';

test.each([
  [
    'a correction by a fen too low',
    'update charge_correction set amount_fen = amount_fen - 1 where market_id = $1',
    'every correction is its use at the price of the charge, in the steps where the period stood, rounded on the sum',
  ],
  [
    'a correction in the wrong step',
    `update charge_correction set uses = '[{"step": 1, "tariff": null, "use": "-1000"}]' where market_id = $1`,
    'every correction is its use at the price of the charge, in the steps where the period stood, rounded on the sum',
  ],
  [
    'a correction that was lost',
    'delete from charge_correction where market_id = $1',
    'charges and corrections of a billing period go on from one another',
  ],
  [
    'a correction that names another value',
    'update charge_correction set said_value = said_value + 1, true_value = true_value + 1 where market_id = $1',
    'every correction is of its charge: account, period, price, and the value that was said',
  ],
  [
    'a correction without its posting',
    'update charge_correction set tx_id = null, amount_fen = 0 where market_id = $1',
    'every charge and correction is posted once, to its own account',
  ],
  [
    'a corrected reading set back',
    'update reading set total = said_total where market_id = $1 and said_total is not null',
    'every charge begins and ends on a stored good reading',
  ],
  [
    'a charge that forgets what was put right before it',
    `update charge set use_before = use_before + 1000 where market_id = $1 and charge_id = ${LAST_CHARGE}`,
    'charges and corrections of a billing period go on from one another',
  ],
  [
    'a new meter that begins a period of its own',
    `update charge set period_from = from_at, use_before = 0, exact_before_nano_yuan = 0
     where market_id = $1 and from_value = 123000`,
    'a meter that took another’s place goes on in its billing period',
  ],
  [
    'a new meter whose account never had the old one',
    'delete from meter_replacement where market_id = $1',
    'charges of a meter follow each other without gap or overlap',
  ],
  [
    'a cursor of the new meter that forgot the old one’s use',
    'update meter_settlement set period_use = period_use - 9000 where market_id = $1 and settled_value = 130000',
    'what an account was charged for a meter is its exact sum, rounded once',
  ],
  [
    'a start reading that was set aside',
    `update reading set quality = 'rejected' where market_id = $1 and total = 123000`,
    'every replacement has the last reading of the old meter and the first of the new one',
  ],
  [
    'a turn too many',
    'update reading set turnovers = 2 where market_id = $1 and turnovers = 1',
    'a register wraps within its modulus, and its turns are never taken back',
  ],
])('%s is found', async (_, damage, rule) => {
  await ctx.db.query(damage, [market.marketId]);
  const found = (await checks()).find((check) => check.name === rule);
  expect(found?.problems.length).toBeGreaterThan(0);
});

test('a correction in the wrong tariff is found, though it adds up', async () => {
  const price = (yuan: string) => [{ name: 'energy', price: yuan }];
  const day = [
    { from: '00:00', to: '08:00', tariff: 'valley' },
    { from: '08:00', to: '24:00', tariff: 'peak' },
  ];
  const calendar = { dayTables: { day }, seasons: [{ from: '01-01', to: '12-31', weekday: 'day' }] };
  // One price for both, so that nothing but the division is wrong.
  const prices = { peak: price('0.5'), valley: price('0.5') };
  market = await swapMarket(ctx, { kind: 'tou', by: 'intervals', calendar, prices });
  await market.read(market.first, [0, 0]);
  const next = await market.swap(market.first, { at: DAY, final: { register: 2_400 }, start: 0 });
  await market.read(next, [2 * DAY, 2_400]);
  await market.settle();
  await market.correct(market.first, DAY, 3_600);
  expect((await checks()).filter((check) => !check.ok)).toEqual([]);
  await ctx.db.query(
    `update charge_correction set uses = '[{"step": null, "tariff": "peak", "use": "1200"}]' where market_id = $1`,
    [market.marketId],
  );
  expect((await checks()).filter((check) => !check.ok)).toMatchObject([
    { name: 'what a correction gives and takes is in the tariffs that the time says', checked: 1 },
  ]);
  // What cannot even be worked out again is named like anything else.
  await ctx.db.query('update charge_correction set use_before = 0 where market_id = $1', [market.marketId]);
  await ctx.db.query('update reading set total = 3 where market_id = $1 and total = 0', [market.marketId]);
  await ctx.db.query('update reading set total = 1 where market_id = $1 and total = 2400', [market.marketId]);
  const names = (await checks()).filter((check) => !check.ok).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'use was in the tariffs that the readings say',
      'what a correction gives and takes is in the tariffs that the time says',
    ]),
  );
});

test('an open hold of a reading that is good is found', async () => {
  await market.read(market.first, [DAY + 1, 900_000]);
  expect((await checks()).filter((check) => !check.ok)).toEqual([]);
  await ctx.db.query(`update reading set quality = 'rejected' where market_id = $1 and quality = 'suspect'`, [
    market.marketId,
  ]);
  expect((await checks()).filter((check) => !check.ok)).toMatchObject([
    { name: 'an open hold is of a suspect reading' },
  ]);
});
