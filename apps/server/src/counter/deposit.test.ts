import { fen } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { purseBalances } from '../ledger/index.ts';
import { takeDeposit } from './deposit.ts';
import { salesReport } from './report.ts';
import { reverseSale } from './reversal.ts';
import { type Counter, openCounter } from './test-support/world.ts';
import type { TopUp } from './top-up.ts';

let counter: Counter;

beforeEach(async () => {
  counter = await openCounter();
});

const take = (index: number, amountFen: number, over: Partial<TopUp> = {}) =>
  takeDeposit(counter.ctx, counter.saleOf(index, amountFen, over));
const pursesOf = async (index: number) => {
  const purses = await purseBalances(counter.ctx.db, counter.market.marketId, [counter.accountId(index)]);
  return Object.fromEntries(purses.map(({ kind, balanceFen }) => [kind, balanceFen]));
};

test('a deposit has the next receipt of its cashier’s series, and a purse of its own that pays for nothing', async () => {
  await counter.sell(0, 1_000);
  const { balanceFen, receipt } = await take(0, 50_000, { method: 'bank' });
  expect(balanceFen).toBe(fen(50_000));
  expect(receipt).toMatchObject({
    number: '001-00000002',
    kind: 'deposit',
    purse: 'deposit',
    amountFen: 50_000,
    balanceFen: 50_000,
    debtFen: 0,
    method: 'bank',
  });
  expect((await take(0, 1_000)).receipt).toMatchObject({ number: '001-00000003', balanceFen: 51_000 });
  expect(await pursesOf(0)).toEqual({ utility: 1_000n, deposit: 51_000n });
  const day = receipt.day;
  const { total } = await salesReport(counter.ctx.db, counter.market.marketId, { from: day, to: day, by: 'day' });
  expect(total).toMatchObject({ topUps: 1, deposits: 2, depositFen: 51_000, netFen: 52_000 });
  await counter.expectProved();
});

test('a deposit sent several times at once is taken once, and its id stands for no other', async () => {
  const deposit = counter.saleOf(1, 20_000);
  const all = await Promise.all([1, 2, 3, 4].map(() => takeDeposit(counter.ctx, deposit)));
  expect(new Set(all.map(({ receipt }) => receipt.number))).toEqual(new Set(['001-00000001']));
  expect(await pursesOf(1)).toEqual({ deposit: 20_000n });
  const other = takeDeposit(counter.ctx, { ...deposit, amountFen: fen(1) });
  await expect(other).rejects.toMatchObject({ code: 'counter.request_reused' });
  await counter.expectProved();
});

test('a mistaken deposit is taken back like a sale, out of its own purse', async () => {
  await counter.sell(2, 300);
  const { txId } = await take(2, 700);
  const { marketId } = counter.market;
  const asked = { marketId, txId, operatorId: counter.ann.operatorId, reason: 'wrong account' };
  await reverseSale(counter.ctx, asked);
  expect(await pursesOf(2)).toEqual({ utility: 300n, deposit: 0n });
  await counter.expectProved();
});
