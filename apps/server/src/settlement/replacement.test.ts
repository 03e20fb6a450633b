import { fen, uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { listHolds } from '../readings/hold-list.ts';
import { releaseHold } from '../readings/index.ts';
import { DAY, OPERATOR, steps, swapMarket } from './test-support/swap.ts';

const clock = testClock(minute(500_000));
const ctx = { ...(await testContext(clock)), clock };

test('a meter swapped under a flat price: use is the sum over both, rounded once', async () => {
  const market = await swapMarket(ctx, null);
  await market.read(market.first, [0, 40_000], [30, 40_500]);
  const next = await market.swap(market.first, { at: 60, final: { register: 41_000 }, start: 700_000 });
  await market.read(next, [90, 701_000]);
  await market.settle();
  // 1.000 × 0.8532 = 0.8532; 2.000 × 0.8532 = 1.7064: two roundings by themselves would make 1.70.
  expect(await market.charges()).toEqual([
    [85n, '1000'],
    [86n, '1000'],
  ]);
  expect(await market.cost()).toBe(171n);
  await market.prove();
});

test('a meter swapped in mid-month: the use of the old one counts for the steps of the new one', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'));
  await market.read(market.first, [0, 0], [DAY, 6_000]);
  await market.settle();
  const next = await market.swap(market.first, { at: 2 * DAY, final: { register: 8_000 }, start: 123_000 });
  await market.read(next, [3 * DAY, 128_000]);
  await market.settle();
  expect(await market.charges()).toEqual([
    [300n, '6000 1'],
    [100n, '2000 1'],
    [340n, '2000 1,3000 2'],
  ]);
  const third = await market.swap(next, { at: 4 * DAY, final: { register: 129_000 }, start: 0 });
  await market.read(third, [5 * DAY, 1_000], [30 * DAY, 2_000], [31 * DAY, 6_000]);
  await market.settle();
  // March goes on in its second step over the third meter, April begins with its first reading there.
  expect((await market.charges()).slice(3)).toEqual([
    [80n, '1000 2'],
    [160n, '2000 2'],
    [200n, '4000 1'],
  ]);
  await market.prove();
});

const tariffs = {
  calendar: {
    dayTables: {
      normal: [
        { from: '00:00', to: '09:00', tariff: 'valley' },
        { from: '09:00', to: '24:00', tariff: 'peak' },
      ],
    },
    seasons: [{ from: '01-01', to: '12-31', weekday: 'normal' }],
  },
  prices: { peak: [{ name: 'energy', price: '1' }], valley: [{ name: 'energy', price: '0.3' }] },
};

test('a meter swapped under times of use, told by the times of its readings', async () => {
  const market = await swapMarket(ctx, { kind: 'tou', by: 'intervals', ...tariffs });
  // The market begins at 08:00; at 09:00 the peak does.
  await market.read(market.first, [0, 0], [30, 1_000]);
  const next = await market.swap(market.first, { at: 50, final: { register: 1_500 }, start: 900 });
  await market.read(next, [80, 1_500]);
  await market.settle();
  // 1.500 × 0.3 = 0.45; of 0.600 in half an hour ten minutes are valley: 0.200 × 0.3 + 0.400 × 1 = 0.46.
  expect(await market.charges()).toEqual([
    [45n, '1500 valley'],
    [46n, '400 peak,200 valley'],
  ]);
  await market.prove();
});

test('a meter swapped under times of use, told by its registers; a final value without them goes by time', async () => {
  const market = await swapMarket(ctx, { kind: 'tou', by: 'registers', ...tariffs });
  const shows = (peak: number, valley: number) => [null, BigInt(peak), null, BigInt(valley), null];
  await market.read(market.first, [0, 10_000, shows(6_000, 4_000)], [30, 11_000, shows(6_900, 4_100)]);
  const next = await market.swap(market.first, { at: 40, final: { register: 11_200 }, start: 500 });
  await market.read(next, [60, 500, shows(400, 100)], [120, 1_500, shows(1_000, 500)]);
  await market.settle();
  // 0.900 × 1 + 0.100 × 0.3 = 0.93, and 0.200 × 0.3 = 0.06 by time; then 0.600 × 1 + 0.400 × 0.3 = 0.72.
  expect(await market.charges()).toEqual([
    [99n, '900 peak,300 valley'],
    [72n, '600 peak,400 valley'],
  ]);
  await market.prove();
});

test('a CT changed: each part of the register is worth what its own ratio says', async () => {
  const market = await swapMarket(ctx, null, { ctRatio: 40 });
  await market.read(market.first, [0, 100_000], [60, 100_500]);
  const next = await market.swap(market.first, { at: 60, final: 'as_read', start: 100_500, ctRatio: 30 });
  await market.read(next, [120, 101_000]);
  await market.settle();
  // 0.500 × 40 = 20 kWh, 0.500 × 30 = 15 kWh; 35 × 0.8532 = 29.862.
  expect(await market.charges()).toEqual([
    [1_706n, '20000'],
    [1_280n, '15000'],
  ]);
  expect(await market.cost()).toBe(2_986n);
  await market.prove();
});

test('a register that wraps: nothing is lost and nobody is asked', async () => {
  const market = await swapMarket(ctx, null);
  await market.read(market.first, [0, 999_999_000], [60, 999_999_990]);
  await market.settle();
  await market.read(market.first, [120, 1_000], [180, 2_000]);
  await market.settle();
  expect(await market.readings(market.first)).toEqual([
    [999_999_000n, 'pushed', 'good', 0, null],
    [999_999_990n, 'pushed', 'good', 0, null],
    [1_000_001_000n, 'pushed', 'good', 1, null],
    [1_000_002_000n, 'pushed', 'good', 1, null],
  ]);
  // 0.990 × 0.8532 = 0.844668; 3.000 × 0.8532 = 2.5596.
  expect(await market.charges()).toEqual([
    [84n, '990'],
    [172n, '2010'],
  ]);
  await market.prove();
});

test('the new meter waits for the old one: for its final reading under a hold, and then both are settled in one go', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'));
  await market.read(market.first, [0, 0], [60, 900_000]);
  const next = await market.swap(market.first, { at: DAY, final: { register: 8_000 }, start: 0 });
  await market.read(next, [2 * DAY, 5_000]);
  expect(await market.settle()).toEqual({ charges: 0, skipped: [] });
  const {
    holds: [hold],
  } = await listHolds(ctx.db, market.marketId, {});
  const release = { marketId: market.marketId, holdId: hold?.holdId ?? '', note: 'not so', operatorId: OPERATOR };
  await releaseHold(ctx, { ...release, action: 'reject' });
  expect(await market.settle()).toEqual({ charges: 2, skipped: [] });
  expect(await market.charges()).toEqual([
    [400n, '8000 1'],
    [340n, '2000 1,3000 2'],
  ]);
  await market.prove();
});

test('two workers at once, and a rerun after them, settle a swap once', async () => {
  for (let round = 1; round <= 25; round++) {
    const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'));
    await market.read(market.first, [0, 0], [DAY, 6_000]);
    const next = await market.swap(market.first, { at: 2 * DAY, final: { register: 8_000 }, start: 123_000 });
    await Promise.all([market.settle(), market.read(next, [3 * DAY, 128_000]), market.settle(), market.settle()]);
    await market.settle();
    expect(await market.settle()).toEqual({ charges: 0, skipped: [] });
    expect(await market.cost()).toBe(740n);
    if (round % 10 === 0) await market.prove();
  }
}, 60_000);

test('a new tenant at the swapped meter begins a period of his own', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'), { meters: 2 });
  const other = market.meters[1]?.accountId ?? '';
  await market.read(market.first, [0, 0], [DAY, 9_000]);
  const next = await market.swap(market.first, { at: 2 * DAY, final: { register: 9_500 }, start: 0 });
  await market.read(next, [3 * DAY, 1_000]);
  const handOver = minute(3 * DAY);
  await ctx.db.query('update tenancy set to_at = $3 where market_id = $1 and stall_id = $2', [
    market.marketId,
    market.stallId,
    handOver,
  ]);
  await ctx.db.query(
    'insert into tenancy (market_id, tenancy_id, account_id, stall_id, from_at) values ($1, $2, $3, $4, $5)',
    [market.marketId, uuidV7(handOver), other, market.stallId, handOver],
  );
  await market.read(next, [4 * DAY, 2_000]);
  await market.settle();
  // 9.500 × 0.5 = 4.75, 0.500 × 0.5 + 0.500 × 0.8 = 0.65; then 1.000 × 0.5 of the new one.
  expect(await market.cost()).toBe(540n);
  expect(await market.cost(other)).toBe(fen(50));
  await market.prove();
});

test('a tenant who came after the swap waits for nobody and carries nothing', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'), { meters: 2 });
  const other = market.meters[1]?.accountId ?? '';
  await market.read(market.first, [0, 0], [DAY, 9_000]);
  const at = 2 * DAY;
  await ctx.db.query('update tenancy set to_at = $3 where market_id = $1 and stall_id = $2', [
    market.marketId,
    market.stallId,
    minute(at),
  ]);
  await ctx.db.query(
    'insert into tenancy (market_id, tenancy_id, account_id, stall_id, from_at) values ($1, $2, $3, $4, $5)',
    [market.marketId, uuidV7(minute(at)), other, market.stallId, minute(at)],
  );
  const next = await market.swap(market.first, { at, final: { register: 9_500 }, start: 0 });
  await market.read(next, [3 * DAY, 2_000]);
  await market.settle();
  expect(await market.cost()).toBe(475n);
  expect(await market.cost(other)).toBe(100n);
  await market.prove();
});
