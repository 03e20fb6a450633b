import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { flatRule, minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { sealMarket } from '../ledger/index.ts';
import { intake } from '../readings/index.ts';
import { chargeSilentMeters, settleMarket } from '../settlement/index.ts';
import { proofOf } from './service.ts';

const ctx = await testContext(testClock(minute(600)));
const STEPS = {
  kind: 'steps',
  period: 'month',
  steps: [
    {
      upTo: 10_000,
      parts: [
        { name: 'energy', price: '0.5' },
        { name: 'loss', price: '0.025' },
      ],
    },
    { parts: [{ name: 'energy', price: '0.8' }] },
  ],
};

async function charged(rule: unknown = STEPS) {
  const market = await seedMarket(ctx.db);
  const { marketId } = market;
  const [meter] = market.meters;
  const meterId = meter?.meterId ?? '';
  await ctx.db.query('update price_plan_version set rule = $2 where market_id = $1', [marketId, JSON.stringify(rule)]);
  const frame = Uint8Array.of(0x7b, 0x7b, 0x01);
  await intake(ctx.db, [
    reportOf(market, meterId, 0, 1_000, { frame }),
    reportOf(market, meterId, 60, 9_000),
    reportOf(market, meterId, 120, 13_500),
  ]);
  await settleMarket(ctx, marketId);
  const [charge] = await ctx.db.query<{ tx_id: string }>('select tx_id from charge where market_id = $1', [marketId]);
  return { market, marketId, meterId, frame, txId: charge?.tx_id ?? '' };
}

test('a charge opens to its readings with their bytes, the plan, the sum that a calculator repeats, and its postings', async () => {
  const { marketId, market, txId } = await charged();
  const proof = await proofOf(ctx.db, marketId, txId);
  // 10.000 × 0.525 + 2.500 × 0.8 = 5.25 + 2.00
  expect(proof).toMatchObject({
    kind: 'charge',
    marketName: 'Market',
    account: { accountId: market.meters[0]?.accountId, number: 'A0', customerName: '商户 0' },
    postings: [
      { ledgerAccount: 'purse.utility', amountFen: -725 },
      { ledgerAccount: 'revenue.electricity', amountFen: 725 },
    ],
    seal: null,
    correction: null,
    charge: {
      meter: { serial: 'S0', model: 'DDSY1352-NK', ctRatio: 1, stallCode: 'S0' },
      from: { readAt: minute(0).toISOString(), value: 1_000, frame: { protocol: 'acrel4g', hex: '7b7b01' } },
      to: { readAt: minute(120).toISOString(), value: 13_500, frame: null },
      intervals: 2,
      sum: {
        planName: 'standard',
        planVersion: 1,
        usedBefore: 0,
        uses: [
          {
            step: 1,
            use: 10_000,
            unitPrice: '0.525000',
            parts: [
              { name: 'energy', price: '0.500000' },
              { name: 'loss', price: '0.025000' },
            ],
            exact: '5.25',
          },
          { step: 2, use: 2_500, unitPrice: '0.800000', exact: '2.00' },
        ],
        exactBefore: '0.00',
        exactAfter: '7.25',
        roundedBeforeFen: 0,
        roundedAfterFen: 725,
        amountFen: 725,
      },
    },
  });
});

test('free use and a standing charge are lines of the sum', async () => {
  const rule = { ...flatRule('0.5'), allowance: { quantity: '5', per: 'month' }, standing: { perDay: '0.25' } };
  const { marketId, market, meterId } = await charged(rule);
  await intake(ctx.db, [reportOf(market, meterId, 1_600, 14_500)]);
  await settleMarket(ctx, marketId);
  const [last] = await ctx.db.query<{ tx_id: string }>(
    'select tx_id from charge where market_id = $1 order by from_at desc limit 1',
    [marketId],
  );
  // 5.000 free, 7.500 × 0.5 = 3.75 before; 1.000 × 0.5 and a midnight now.
  expect((await proofOf(ctx.db, marketId, last?.tx_id ?? '')).charge?.sum).toMatchObject({
    uses: [{ step: 2, use: 1_000, exact: '0.50' }],
    standing: { days: 1, perDay: '0.250000', exact: '0.25' },
    exactBefore: '3.75',
    exactAfter: '4.50',
    amountFen: 75,
  });
});

test('once sealed, its link in the chain is part of the proof', async () => {
  const { marketId, txId } = await charged();
  await sealMarket(ctx.db, marketId, minute(600), 'everything');
  expect((await proofOf(ctx.db, marketId, txId)).seal).toMatchObject({
    seq: 1,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a transaction of another market, or none, is not found', async () => {
  const { txId } = await charged();
  const other = await seedMarket(ctx.db);
  const refused = expect.objectContaining({ code: 'proof.no_such_transaction' });
  await expect(proofOf(ctx.db, other.marketId, txId)).rejects.toThrow(refused);
  await expect(proofOf(ctx.db, other.marketId, uuidV7(minute(1)))).rejects.toThrow(refused);
});

test('a provisional charge opens to its days and average, and the entry that takes it back to what it replaced', async () => {
  const market = await seedMarket(ctx.db);
  const { marketId } = market;
  const meterId = market.meters[0]?.meterId ?? '';
  await ctx.db.query('update market set provisional_after_s = 86400 where market_id = $1', [marketId]);
  const midnight = (day: number) => 960 + day * 1_440;
  const read = (minutes: number, total: number) => intake(ctx.db, [reportOf(market, meterId, minutes, total)]);
  const at = (minutes: number) => ({ ...ctx, clock: testClock(minute(minutes)) });
  for (let day = 0; day <= 3; day++) await read(midnight(day) - 60, day * 24_000);
  await settleMarket(at(midnight(3)), marketId);
  await chargeSilentMeters(at(midnight(4)), marketId);
  await chargeSilentMeters(at(midnight(5)), marketId);
  const txIds = async () =>
    (
      await ctx.db.query<{ tx_id: string }>(
        `select tx_id from ledger_tx where market_id = $1 and kind = 'provisional' order by business_at, recorded_at`,
        [marketId],
      )
    ).map((row) => row.tx_id);
  const [, second = ''] = await txIds();
  const open = await proofOf(ctx.db, marketId, second);
  expect(open).toMatchObject({
    kind: 'provisional',
    charge: null,
    takesBack: [],
    provisional: {
      settled: { value: 72_000, readAt: minute(midnight(3) - 60).toISOString() },
      fromAt: minute(midnight(4)).toISOString(),
      toAt: minute(midnight(5)).toISOString(),
      days: [{ day: '2026-03-03' }, { day: '2026-03-04', use: 24_000, fromValue: 24_000, toValue: 48_000 }],
      daysUse: 48_000,
      elapsedMs: 49 * 3_600_000,
      averageUse: 49_000,
      usedBefore: 25_000,
      use: 24_000,
      replacedAt: null,
      sum: { usedBefore: 97_000, uses: [{ use: 24_000 }], amountFen: 2_048 },
    },
  });
  await read(midnight(5) + 60, 120_000);
  await settleMarket(at(midnight(5) + 60), marketId);
  const third = (await txIds()).at(-1) ?? '';
  const back = await proofOf(ctx.db, marketId, third);
  expect(back.provisional).toBeNull();
  expect(back.takesBack.map(({ use }) => use)).toEqual([25_000, 24_000]);
  expect(back.takesBack.reduce((sum, { amountFen }) => sum + amountFen, 0)).toBe(back.postings[0]?.amountFen);
  expect((await proofOf(ctx.db, marketId, second)).provisional).toMatchObject({ replacedTxId: third });
});
