import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { minute } from '../../test-support/market.ts';
import { post } from '../ledger/index.ts';
import { closeDay } from './days.ts';
import { receiptOf } from './receipts.ts';
import { reverseApproved, reverseSale } from './reversal.ts';
import { closeShift, currentShift } from './shifts.ts';
import { type Counter, openCounter } from './test-support/world.ts';

let counter: Counter;

beforeEach(async () => {
  counter = await openCounter();
});

const reverse = (txId: string, operatorId = counter.ann.operatorId, marketId = counter.market.marketId) =>
  reverseSale(counter.ctx, { marketId, txId, operatorId, reason: 'wrong stall' });

const agreed = (txId: string) =>
  counter.ctx.db.tx((tx) =>
    reverseApproved(tx, {
      marketId: counter.market.marketId,
      txId,
      operatorId: counter.ann.operatorId,
      reason: 'wrong stall',
      at: counter.clock.now(),
    }),
  );

/** What a charge would take. */
const use = (index: number, amountFen: bigint) =>
  counter.ctx.db.tx((tx) =>
    post(tx, counter.market.marketId, [
      {
        txId: uuidV7(minute(0)),
        kind: 'opening_balance',
        idempotencyKey: `use:${index}:${amountFen}`,
        businessAt: minute(0),
        recordedAt: minute(0),
        operatorId: null,
        memo: null,
        lines: [
          { ledgerAccount: 'purse.utility', accountId: counter.accountId(index), amountFen: fen(-amountFen) },
          { ledgerAccount: 'opening', accountId: null, amountFen: fen(amountFen) },
        ],
      },
    ]),
  );

async function endShift(): Promise<void> {
  const { ctx, market, ann } = counter;
  const shift = await currentShift(ctx.db, market.marketId, ann.operatorId);
  await closeShift(ctx, {
    marketId: market.marketId,
    shiftId: shift?.shiftId ?? '',
    countedFen: fen(shift?.expectedFen ?? 0),
    note: null,
    operator: ann,
  });
}

test('a mistaken sale is taken back to the fen, once, by a new entry that names it', async () => {
  const { ctx, market } = counter;
  await counter.sell(0, 100);
  const sale = await counter.sell(0, 4_000, { method: 'pos' });
  const txId = await reverse(sale.txId);
  expect(await counter.balance(0)).toBe(100n);
  const receipt = await receiptOf(ctx.db, market.marketId, txId);
  expect(receipt).toMatchObject({
    kind: 'reversal',
    method: 'pos',
    amountFen: -4_000,
    amountInCapitals: '肆拾元整',
    balanceFen: 100,
    memo: 'wrong stall',
    reverses: sale.receipt.number,
    number: '001-00000003',
  });
  expect((await receiptOf(ctx.db, market.marketId, sale.txId)).reversedBy).toBe(receipt.number);
  expect(await reverse(sale.txId)).toBe(txId);
  await expect(reverse(sale.txId, counter.ben.operatorId)).rejects.toMatchObject({ code: 'counter.already_reversed' });
  await expect(agreed(sale.txId)).rejects.toMatchObject({ code: 'counter.already_reversed' });
  expect(await counter.balance(0)).toBe(100n);
  const audit = await ctx.db.query(`select reason, before, after from audit where action = 'counter.reverse_sale'`);
  expect(audit).toEqual([
    { reason: 'wrong stall', before: { txId: sale.txId }, after: { txId, amountFen: '-4000', method: 'pos' } },
  ]);
  await counter.expectProved();
});

test.each([
  ['another cashier', async () => {}, () => counter.ben.operatorId],
  ['another shift', endShift, () => counter.ann.operatorId],
  ['another day', async () => counter.clock.advance(86_400_000), () => counter.ann.operatorId],
  ['a sale that is partly used', () => use(0, 1n), () => counter.ann.operatorId],
])('%s needs a second person, and then it is done', async (_, change, who) => {
  const { txId } = await counter.sell(0, 4_000);
  await change();
  const before = await counter.balance(0);
  await expect(reverse(txId, who())).rejects.toMatchObject({ code: 'counter.needs_approval' });
  expect(await counter.balance(0)).toBe(before);
  await agreed(txId);
  expect(await counter.balance(0)).toBe(before - 4_000n);
  await counter.expectProved();
});

test('with a second person a purse may end below zero: what was used and never paid is owed', async () => {
  const { txId } = await counter.sell(1, 4_000);
  await use(1, 3_000n);
  await agreed(txId);
  expect(await counter.balance(1)).toBe(-3_000n);
});

test('a closed day is over for its cashier too', async () => {
  const { ctx, market, finance } = counter;
  const { txId } = await counter.sell(0, 4_000);
  await endShift();
  await closeDay(ctx, { marketId: market.marketId, day: '2026-03-02', note: null, operatorId: finance.operatorId });
  await expect(reverse(txId)).rejects.toMatchObject({ code: 'counter.needs_approval' });
  const reversed = await agreed(txId);
  expect((await receiptOf(ctx.db, market.marketId, reversed)).day).toBe('2026-03-03');
  await counter.expectProved();
});

test('only a sale is taken back, never what took one back, and never another market’s', async () => {
  const sale = await counter.sell(0, 4_000);
  const other = await openCounter();
  await expect(reverse(sale.txId, counter.ann.operatorId, other.market.marketId)).rejects.toMatchObject({
    code: 'counter.no_such_receipt',
  });
  const txId = await reverse(sale.txId);
  await expect(reverse(txId)).rejects.toMatchObject({ code: 'counter.not_a_sale' });
  await expect(agreed(txId)).rejects.toMatchObject({ code: 'counter.not_a_sale' });
  await expect(reverse(uuidV7(minute(0)))).rejects.toMatchObject({ code: 'counter.no_such_receipt' });
});
