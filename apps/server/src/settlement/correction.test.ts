import { fen, type NanoYuan, roundToFen } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute } from '../../test-support/market.ts';
import { ledgerLines } from '../ledger/index.ts';
import { listHolds } from '../readings/hold-list.ts';
import { correctReading } from './index.ts';
import { DAY, OPERATOR, steps, swapMarket } from './test-support/swap.ts';

const clock = testClock(minute(500_000));
const ctx = { ...(await testContext(clock)), clock };
const hours = (count: number) => count * 60;

/** A kWh a day for seven days, then the meter burnt: its last reading is an average, 2.5 days on. */
async function burntMeter(rule: unknown) {
  const market = await swapMarket(ctx, rule);
  await market.read(market.first, ...[0, 1, 2, 3, 4, 5, 6, 7].map((day) => [day * DAY, day * 1_000] as const));
  const at = 9 * DAY + hours(12);
  const next = await market.swap(market.first, { at, final: 'estimated', start: 0 });
  return { market, at, next };
}

test('a lost final reading is estimated, and its truth corrected by one signed entry where the month stands', async () => {
  const { market, at, next } = await burntMeter(steps(10_000, '0.5', '0.8'));
  await market.read(next, [10 * DAY, 1_500]);
  await market.settle();
  // 9.500 by the average of 1.000 a day: 4.75; then 0.500 × 0.5 + 1.000 × 0.8 = 1.05.
  expect(await market.charges()).toEqual([
    [475n, '9500 1'],
    [105n, '500 1,1000 2'],
  ]);
  await market.prove();
  // It was found and showed 8.200: 1.300 too many, 1.000 of them at 0.8 and 0.300 at 0.5.
  const [posted, ...more] = await market.correct(market.first, at, 8_200);
  expect([posted?.amountFen, more]).toEqual([-95n, []]);
  expect(await market.cost()).toBe(485n);
  await market.prove();
  await market.read(next, [11 * DAY, 2_500]);
  await market.settle();
  // 10.700 in all: 10 × 0.5 + 0.7 × 0.8 = 5.56, as with the truth from the start.
  expect((await market.charges()).at(-1)).toEqual([71n, '300 1,700 2']);
  expect(await market.cost()).toBe(556n);
  await market.prove();
  const lines = await ledgerLines(ctx.db, market.marketId, market.accountId, 10);
  expect(lines.find(({ kind }) => kind === 'correction')).toMatchObject({
    txId: posted?.txId,
    amountFen: 95,
    memo: 'the old meter was found',
    correction: {
      meterSerial: 'S0',
      readAt: minute(at).toISOString(),
      saidValue: 9_500,
      trueValue: 8_200,
      planVersion: 1,
    },
  });
});

test('the same correction again changes nothing, another one goes on from it, and back again leaves no trace', async () => {
  const { market, at, next } = await burntMeter(steps(10_000, '0.5', '0.8'));
  await market.read(next, [10 * DAY, 1_500]);
  await market.settle();
  await market.correct(market.first, at, 8_200);
  expect(await market.correct(market.first, at, 8_200)).toEqual([]);
  expect(await market.cost()).toBe(485n);
  expect((await market.correct(market.first, at, 11_000))[0]?.amountFen).toBe(215n);
  await market.prove();
  expect((await market.correct(market.first, at, 9_500))[0]?.amountFen).toBe(-120n);
  expect(await market.cost()).toBe(580n);
  expect(await market.readings(market.first)).toContainEqual([9_500n, 'estimated', 'good', 0, 9_500n]);
  await market.prove();
});

test('when the month is over the correction is priced where it ended, and the next month is left alone', async () => {
  const { market, at, next } = await burntMeter(steps(10_000, '0.5', '0.8'));
  await market.read(next, [10 * DAY, 1_500], [30 * DAY, 2_500], [31 * DAY, 3_500]);
  await market.settle();
  // March 12.000: 10 × 0.5 + 2 × 0.8 = 6.60; April 1.000: 0.50.
  expect(await market.cost()).toBe(710n);
  expect((await market.correct(market.first, at, 9_000))[0]?.amountFen).toBe(-40n);
  await market.read(next, [32 * DAY, 13_000]);
  await market.settle();
  // April 10.500: 5.00 + 0.500 × 0.8 = 5.40.
  expect(await market.cost()).toBe(660n - 40n + 540n);
  await market.prove();
});

test('a correction before the new meter has used anything is carried to it', async () => {
  const { market, at, next } = await burntMeter(steps(10_000, '0.5', '0.8'));
  await market.settle();
  expect((await market.correct(market.first, at, 9_900))[0]?.amountFen).toBe(20n);
  await market.read(next, [10 * DAY, 1_000]);
  await market.settle();
  // 10.900: 5.00 + 0.900 × 0.8.
  expect(await market.cost()).toBe(572n);
  await market.prove();
});

test('under a flat price and under times of use the truth costs what it would have cost', async () => {
  const flat = await burntMeter({ kind: 'flat', parts: [{ name: 'energy', price: '0.333333' }] });
  await flat.market.settle();
  await flat.market.correct(flat.market.first, flat.at, 8_200);
  expect(await flat.market.cost()).toBe(roundToFen((8_200n * 333_333n) as NanoYuan));
  await flat.market.prove();
  const tou = await burntMeter({
    kind: 'tou',
    by: 'intervals',
    calendar: {
      dayTables: {
        normal: [
          { from: '00:00', to: '08:00', tariff: 'valley' },
          { from: '08:00', to: '24:00', tariff: 'peak' },
        ],
      },
      seasons: [{ from: '01-01', to: '12-31', weekday: 'normal' }],
    },
    prices: { peak: [{ name: 'energy', price: '1' }], valley: [{ name: 'energy', price: '0.25' }] },
  });
  await tou.market.settle();
  // A day from 08:00 to 08:00 is 16 hours of peak and 8 of valley: of each 1.000, 0.666 and 0.334. The 60 hours after are 16
  // and 8, 16 and 8, and 12 of peak, each but the last rounded down.
  const cost = (use: number) => {
    const valley = 2 * Math.trunc((use * 8) / 60);
    return roundToFen(BigInt((7 * 666 + use - valley) * 1_000_000 + (7 * 334 + valley) * 250_000) as NanoYuan);
  };
  expect(await tou.market.cost()).toBe(cost(2_500));
  await tou.market.correct(tou.market.first, tou.at, 8_200);
  expect(await tou.market.cost()).toBe(cost(1_200));
  await tou.market.prove();
});

test('a value typed too high holds what the meter says then; put right, that counts at once', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'));
  await market.read(market.first, [0, 0]);
  await market.manual(market.first, DAY, 12_000);
  await market.settle();
  expect(await market.cost()).toBe(660n);
  await market.read(market.first, [2 * DAY, 2_000]);
  expect((await listHolds(ctx.db, market.marketId, {})).total).toBe(1);
  expect((await market.correct(market.first, DAY, 1_200))[0]?.amountFen).toBe(-600n);
  expect((await listHolds(ctx.db, market.marketId, {})).total).toBe(0);
  await market.settle();
  expect(await market.cost()).toBe(100n);
  await market.prove();
});

test('a start value that was typed wrongly is put right on the charge that began with it, or before there is one', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.5', '0.8'));
  await market.read(market.first, [0, 0]);
  const next = await market.swap(market.first, { at: DAY, final: { register: 9_000 }, start: 500 });
  await market.settle();
  expect(await market.correct(next, DAY, 600)).toEqual([]);
  await market.read(next, [2 * DAY, 2_600]);
  await market.settle();
  // 9.000 × 0.5 + 1.000 × 0.5 + 1.000 × 0.8.
  expect(await market.cost()).toBe(580n);
  await market.prove();
  expect((await market.correct(next, DAY, 2_100))[0]?.amountFen).toBe(-105n);
  // 9.500 × 0.5.
  expect(await market.cost()).toBe(475n);
  await market.prove();
});

test('a typed value in the middle of a month is put right on both charges that it parts', async () => {
  const market = await swapMarket(ctx, steps(10_000, '0.512345', '0.812347'));
  await market.read(market.first, [0, 0]);
  await market.manual(market.first, DAY, 9_000);
  await market.settle();
  await market.read(market.first, [2 * DAY, 12_000]);
  await market.settle();
  const cost = await market.cost();
  expect(await market.correct(market.first, DAY, 7_001)).toHaveLength(2);
  // What lies between the readings around it is as it was, and so is what it costs.
  expect(await market.cost()).toBe(cost);
  await market.prove();
  await market.read(market.first, [3 * DAY, 13_000]);
  await market.settle();
  expect(await market.cost()).toBe(roundToFen((10_000n * 512_345n + 3_000n * 812_347n) as NanoYuan));
  await market.prove();
});

test.each(['before', 'after'])(
  'the one look at a register whose CT was changed is put right %s it, and so on both sides',
  async (side) => {
    const market = await swapMarket(ctx, steps(10_000, '0.512345', '0.812347'));
    await market.read(market.first, [0, 0]);
    const next = await market.swap(market.first, { at: DAY, final: { register: 9_000 }, start: 9_000, ctRatio: 30 });
    await market.read(next, [2 * DAY, 9_100]);
    await market.settle();
    const posted = await market.correct(side === 'before' ? market.first : next, DAY, 9_050);
    expect(posted).toHaveLength(2);
    // 9.050 through the old CT, and 0.050 × 30 through the new one.
    expect(await market.cost()).toBe(roundToFen((10_000n * 512_345n + 550n * 812_347n) as NanoYuan));
    await market.prove();
    expect(await market.correct(market.first, DAY, 9_050)).toEqual([]);
    await market.read(next, [3 * DAY, 9_200]);
    await market.settle();
    expect(await market.cost()).toBe(roundToFen((10_000n * 512_345n + 3_550n * 812_347n) as NanoYuan));
    await market.prove();
  },
);

test('what nobody typed or estimated, what lies inside a charge, and what would make a register fall is refused', async () => {
  const { market, at } = await burntMeter(steps(10_000, '0.5', '0.8'));
  const refused = (code: string) => expect.objectContaining({ code });
  await expect(market.correct(market.first, 3 * DAY, 3_100)).rejects.toEqual(refused('readings.not_correctable'));
  await expect(market.correct(market.first, 3 * DAY + 1, 3_100)).rejects.toEqual(refused('readings.reading_not_found'));
  await expect(market.correct(market.first, at, 6_999)).rejects.toEqual(refused('readings.would_decrease'));
  await expect(market.correct(market.first, at, 1_000_000_000)).rejects.toEqual(refused('readings.beyond_register'));
  const stranger = await swapMarket(ctx, null);
  const elsewhere = { marketId: stranger.marketId, meterId: market.first, readAt: minute(at), register: 8_000n };
  await expect(correctReading(ctx, { ...elsewhere, reason: 'no', operatorId: OPERATOR, photo: null })).rejects.toEqual(
    refused('readings.meter_not_found'),
  );
  const typed = await swapMarket(ctx, null);
  await typed.read(typed.first, [0, 0]);
  await typed.manual(typed.first, DAY, 500);
  await typed.read(typed.first, [2 * DAY, 2_000]);
  await typed.settle();
  await expect(typed.correct(typed.first, DAY, 600)).rejects.toEqual(refused('settlement.inside_a_charge'));
});

test('corrections and settlements at the same time, 30 rounds: the month costs what the truth costs', async () => {
  for (let round = 0; round < 30; round++) {
    const { market, at, next } = await burntMeter(steps(10_000, '0.5', '0.8'));
    await Promise.all([
      market.settle(),
      market.correct(market.first, at, 8_200),
      market.read(next, [10 * DAY, 1_500]),
      market.settle(),
      market.correct(market.first, at, 8_200),
      market.settle(),
    ]);
    await market.settle();
    expect(await market.cost()).toBe(fen(485));
    if (round % 10 === 0) await market.prove();
  }
}, 60_000);

test('whatever was said and is true, whenever it comes out, estimate and correction cost what the truth costs', async () => {
  const kwh = fc.integer({ min: 0, max: 12_000 });
  await fc.assert(
    fc.asyncProperty(kwh, kwh, kwh, kwh, fc.boolean(), async (said, truth, before, after, flat) => {
      const market = await swapMarket(
        ctx,
        flat ? { kind: 'flat', parts: [{ name: 'energy', price: '0.853217' }] } : steps(10_000, '0.512345', '0.812347'),
      );
      await market.read(market.first, [0, 0]);
      const next = await market.swap(market.first, { at: DAY, final: { register: said }, start: 77 });
      await market.settle();
      await market.read(next, [2 * DAY, 77 + before]);
      await market.settle();
      await market.correct(market.first, DAY, truth);
      await market.read(next, [3 * DAY, 77 + before + after]);
      await market.settle();
      const use = BigInt(truth + before + after);
      const low = use < 10_000n ? use : 10_000n;
      const exact = flat ? use * 853_217n : low * 512_345n + (use - low) * 812_347n;
      expect(await market.cost()).toBe(roundToFen(exact as NanoYuan));
      await market.prove();
    }),
    { numRuns: 25 },
  );
}, 60_000);
