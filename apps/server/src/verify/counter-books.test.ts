import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { closeDay } from '../counter/days.ts';
import { refundCash } from '../counter/refund.ts';
import { reverseSale } from '../counter/reversal.ts';
import { closeShift, listShifts } from '../counter/shifts.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { verifyMarket } from './index.ts';
import { receiptRules } from './receipts.ts';

let counter: Counter;
let marketId: string;

/** A closed day with sales of two cashiers, one taken back, and a refund; one sale of the next day. */
beforeAll(async () => {
  counter = await openCounter();
  marketId = counter.market.marketId;
  const { ctx, clock, ann, finance } = counter;
  await counter.sell(0, 5_000);
  await counter.sell(1, 300, { method: 'bank', operatorId: counter.ben.operatorId });
  const { txId } = await counter.sell(2, 50);
  await reverseSale(ctx, { marketId, txId, operatorId: ann.operatorId, reason: 'twice' });
  await ctx.db.tx((tx) =>
    refundCash(tx, {
      marketId,
      accountId: counter.accountId(0),
      amountFen: fen(700),
      refundId: uuidV7(clock.now()),
      operatorId: ann.operatorId,
      reason: 'moves out',
      at: clock.now(),
    }),
  );
  const { shifts } = await listShifts(ctx.db, marketId, {});
  for (const { shiftId, expectedFen } of shifts) {
    await closeShift(ctx, { marketId, shiftId, countedFen: fen(expectedFen), note: null, operator: finance });
  }
  await closeDay(ctx, { marketId, day: '2026-03-02', note: null, operatorId: finance.operatorId });
  await counter.sell(3, 10);
});

test('the books of a counter are proved, and every rule had something to look at', async () => {
  const checks = await verifyMarket(counter.ctx.db, counter.clock, marketId);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(Object.fromEntries(checks.map(({ name, checked }) => [name, checked]))).toMatchObject({
    'every series of receipts runs from one on without a gap': 6,
    'every receipt is its transaction: kind, account, till and amount': 6,
    'every deposit, refund and reversal at the counter has its receipt': 2,
    'every reversal undoes its transaction, line by line': 1,
    'every closed day is the sum of its receipts, and every ended shift of its cash': 3,
  });
});

class Undo extends Error {}

const OF_RECEIPT = 'every receipt is its transaction: kind, account, till and amount';
const OF_DAYS = 'every closed day is the sum of its receipts, and every ended shift of its cash';
const OF_SERIES = 'every series of receipts runs from one on without a gap';

test.each([
  ['a receipt that was lost', `delete from receipt where market_id = $1 and kind = 'top_up' and number = 1`, OF_SERIES],
  ['the last receipt of a series, lost', `delete from receipt where market_id = $1 and day = '2026-03-03'`, OF_SERIES],
  ['a number given away', 'update till set last_number = last_number + 1 where market_id = $1', OF_SERIES],
  [
    'a receipt of another amount',
    `update receipt set amount_fen = amount_fen + 1 where market_id = $1 and number = 1`,
    OF_RECEIPT,
  ],
  ['a receipt of another method', `update receipt set method = 'pos' where market_id = $1 and number = 1`, OF_RECEIPT],
  [
    'a receipt of another account',
    `update receipt set account_id = (select account_id from account where market_id = $1 and number = 'A7')
     where market_id = $1 and number = 1`,
    OF_RECEIPT,
  ],
  [
    'a receipt of another kind',
    `update receipt set kind = 'refund' where market_id = $1 and kind = 'reversal'`,
    OF_RECEIPT,
  ],
  [
    'a refund without a receipt',
    `delete from receipt where market_id = $1 and kind = 'refund'`,
    'every deposit, refund and reversal at the counter has its receipt',
  ],
  [
    'a reversal that undoes less',
    `update posting set amount_fen = amount_fen / 2 where market_id = $1
       and tx_id = (select tx_id from ledger_tx where market_id = $1 and kind = 'reversal')`,
    'every reversal undoes its transaction, line by line',
  ],
  ['a receipt slipped into a closed day', `update receipt set day = '2026-03-02' where market_id = $1`, OF_DAYS],
  ['a closed day’s totals edited', `update counter_day set totals = '[]' where market_id = $1`, OF_DAYS],
  [
    'a shift that expected less',
    'update shift set expected_fen = 0 where market_id = $1 and expected_fen > 0',
    OF_DAYS,
  ],
])('%s is found', async (_, damage, rule) => {
  expect(await brokenBy(damage)).toContain(rule);
});

/** The rules that break when this is done to the books, which is then taken back. */
async function brokenBy(damage: string): Promise<string[]> {
  const names: string[] = [];
  const attempt = counter.ctx.db.tx(async (tx) => {
    const touched = await tx.query(`${damage} returning 1`, [marketId]);
    expect(touched.length).toBeGreaterThan(0);
    for (const rule of receiptRules) {
      if ((await tx.query(rule.problems, [marketId])).length > 0) names.push(rule.name);
    }
    throw new Undo();
  });
  await expect(attempt).rejects.toThrow(Undo);
  return names;
}
