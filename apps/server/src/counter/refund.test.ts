import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { minute, reportOf, seedMarket } from '../../test-support/market.ts';
import { post } from '../ledger/index.ts';
import { intake } from '../readings/index.ts';
import { settleMarket } from '../settlement/index.ts';
import { receiptOf } from './receipts.ts';
import { type CashRefund, refundCash, requireRefundable } from './refund.ts';
import { type Counter, openCounter } from './test-support/world.ts';

let counter: Counter;

beforeAll(async () => {
  counter = await openCounter();
});

const refund = (index: number, amountFen: number, over: Partial<CashRefund> = {}) =>
  counter.ctx.db.tx((tx) =>
    refundCash(tx, {
      marketId: counter.market.marketId,
      accountId: counter.accountId(index),
      amountFen: fen(amountFen),
      refundId: uuidV7(minute(0)),
      operatorId: counter.ann.operatorId,
      reason: 'moves out',
      at: counter.clock.now(),
      ...over,
    }),
  );

const read = (index: number, minutes: number, total: number) =>
  intake(counter.ctx.db, [reportOf(counter.market, counter.market.meters[index]?.meterId ?? '', minutes, total)]);

test('a refund takes from the purse and the till what it says, with a receipt, once under its id', async () => {
  const { ctx, market } = counter;
  await counter.sell(0, 10_000);
  const refundId = uuidV7(minute(0));
  const txId = await refund(0, 4_000, { refundId });
  expect(await refund(0, 4_000, { refundId })).toBe(txId);
  expect(await counter.balance(0)).toBe(6_000n);
  expect(await receiptOf(ctx.db, market.marketId, txId)).toMatchObject({
    kind: 'refund',
    method: 'cash',
    amountFen: -4_000,
    amountInCapitals: '肆拾元整',
    balanceFen: 6_000,
  });
  await counter.expectProved();
});

test('never more than the purse holds, to the fen', async () => {
  await counter.sell(1, 5_000);
  await expect(refund(1, 5_001)).rejects.toMatchObject({ code: 'counter.refund_too_much' });
  expect(await counter.balance(1)).toBe(5_000n);
  await refund(1, 5_000);
  expect(await counter.balance(1)).toBe(0n);
  await expect(refund(1, 1)).rejects.toMatchObject({ code: 'counter.refund_too_much' });
});

test('what another purse is short of is kept back', async () => {
  const { ctx, market } = counter;
  const accountId = counter.accountId(2);
  await counter.sell(2, 5_000);
  await ctx.db.tx((tx) =>
    post(tx, market.marketId, [
      {
        txId: uuidV7(minute(0)),
        kind: 'opening_balance',
        idempotencyKey: 'fees',
        businessAt: minute(0),
        recordedAt: minute(0),
        operatorId: null,
        memo: null,
        lines: [
          { ledgerAccount: 'purse.fees', accountId, amountFen: fen(-1_200) },
          { ledgerAccount: 'opening', accountId: null, amountFen: fen(1_200) },
        ],
      },
    ]),
  );
  await expect(refund(2, 3_801)).rejects.toMatchObject({
    code: 'counter.refund_too_much',
    details: { balanceFen: 5_000n, owedFen: 1_200n },
  });
  await refund(2, 3_800);
});

test('what a meter counted since it was settled is kept back at the price of its last charge, rounded up', async () => {
  const { ctx, market } = counter;
  const marketId = market.marketId;
  await counter.sell(3, 10_000);
  await read(3, 0, 0);
  await settleMarket(ctx, marketId);
  await read(3, 30, 1_000);
  const asked = { marketId, accountId: counter.accountId(3), amountFen: fen(1) };
  const refundable = () => ctx.db.tx((tx) => requireRefundable(tx, asked));
  await expect(refundable()).rejects.toMatchObject({ code: 'counter.use_not_settled' });
  await settleMarket(ctx, marketId);
  // 1 kWh at 0.8532 yuan was charged; 1.5 kWh more was counted, which is 127.98 fen.
  expect(await counter.balance(3)).toBe(9_915n);
  expect((await refundable()).owedFen).toBe(0n);
  await read(3, 60, 2_500);
  expect((await refundable()).owedFen).toBe(128n);
  await expect(refund(3, 9_788)).rejects.toMatchObject({ code: 'counter.refund_too_much' });
  await refund(3, 9_787);
  await settleMarket(ctx, marketId);
  expect(await counter.balance(3)).toBe(0n);
  await counter.expectProved();
});

test('nothing is refunded to an account that is not open, or is another market’s', async () => {
  const { ctx, market } = counter;
  const other = await seedMarket(ctx.db);
  await expect(refund(4, 1, { marketId: other.marketId })).rejects.toMatchObject({ code: 'accounts.not_found' });
  await counter.sell(4, 100);
  await ctx.db.query(
    `update account set state = 'prepared', opened_at = null where market_id = $1 and account_id = $2`,
    [market.marketId, counter.accountId(4)],
  );
  await expect(refund(4, 1)).rejects.toMatchObject({ code: 'accounts.not_open' });
});
