import { quantity } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { verifyMarket } from '../verify/index.ts';
import { changeCt, replaceMeter } from './replace.ts';

const clock = testClock(minute(0));
const ctx = await testContext(clock);
const market = await seedMarket(ctx.db, { meters: 2 });
const [swapped, changed] = market.meters;
if (!swapped || !changed) throw new Error('no meters');
const { marketId } = market;
const act = { marketId, operatorId: marketId };

const read = (meterId: string, minutes: number, total: bigint, ctRatio = 1) =>
  intake(ctx.db, [{ ...reportOf(market, meterId, minutes, quantity(total * BigInt(ctRatio))), ctRatio }]);

const chargesOf = (stallId: string) =>
  ctx.db.query(
    `select meter.serial, meter.ct_ratio, min(from_value) as from_value, max(to_value) as to_value,
            sum(amount_fen) as fen
     from charge join meter using (market_id, meter_id) where market_id = $1 and stall_id = $2
     group by meter_id, meter.serial, meter.ct_ratio order by min(from_at)`,
    [marketId, stallId],
  );

test('use over an exchange is the sum of both devices, and every fen of it is proved', async () => {
  await read(swapped.meterId, 0, 100_000n);
  await read(swapped.meterId, 30, 101_000n);
  clock.set(minute(60));
  await settleMarket(ctx, marketId);
  const { newMeterId } = await replaceMeter(ctx, act, swapped.meterId, {
    final: { origin: 'manual', value: '101.5' },
    next: {
      kind: 'electricity',
      model: 'DDSY1352-NK',
      serial: 'NEW',
      ctRatio: 1,
      link: 'acrel4g',
      linkKey: 'NEW',
      busAddress: '1',
    },
    start: { value: '7' },
    note: 'burnt',
  });
  await read(newMeterId, 90, 7_800n);
  clock.set(minute(100));
  await settleMarket(ctx, marketId);
  // 2.3 kWh at 0.8532 yuan are 196.236 fen, whatever they were counted by.
  const charges = await chargesOf(swapped.stallId);
  expect(charges).toMatchObject([
    { serial: 'S0', from_value: 100_000n, to_value: 101_500n },
    { serial: 'NEW', from_value: 7_000n, to_value: 7_800n },
  ]);
  expect(charges.reduce((sum, charge) => sum + Number(charge['fen']), 0)).toBe(196);
});

test('use over a change of CT is each part by its own ratio', async () => {
  await read(changed.meterId, 0, 50_000n);
  await read(changed.meterId, 30, 50_400n);
  clock.set(minute(120));
  const { newMeterId } = await changeCt(ctx, act, changed.meterId, {
    final: { origin: 'manual', value: '51' },
    ctRatio: 30,
    note: 'bigger CT',
  });
  await read(newMeterId, 150, 51_100n, 30);
  clock.set(minute(160));
  await settleMarket(ctx, marketId);
  expect(await chargesOf(changed.stallId)).toMatchObject([
    { ct_ratio: 1, from_value: 50_000n, to_value: 51_000n },
    { ct_ratio: 30, from_value: 51_000n * 30n, to_value: 51_100n * 30n },
  ]);
  const problems = (await verifyMarket(ctx.db, clock, marketId)).flatMap((check) => check.problems);
  expect(problems).toEqual([]);
});
