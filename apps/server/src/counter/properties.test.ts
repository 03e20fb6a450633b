import { fen, negateFen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { post } from '../ledger/index.ts';
import { refundCash } from './refund.ts';
import { reverseApproved } from './reversal.ts';
import { type Counter, openCounter } from './test-support/world.ts';

const ACCOUNTS = 3;
const NUM_RUNS = 60;

let counter: Counter;

beforeAll(async () => {
  counter = await openCounter({ meters: ACCOUNTS });
});

type Act =
  | { readonly kind: 'sell' | 'refund' | 'charge'; readonly account: number; readonly amount: number }
  | { readonly kind: 'reverse'; readonly which: number };

const account = fc.nat({ max: ACCOUNTS - 1 });
const amount = fc.integer({ min: 1, max: 5_000 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom('sell' as const, 'refund' as const, 'charge' as const), account, amount }),
  fc.record({ kind: fc.constant('reverse' as const), which: fc.nat() }),
);

const charge = (index: number, amountFen: number) =>
  counter.ctx.db.tx((tx) =>
    post(tx, counter.market.marketId, [
      {
        txId: uuidV7(counter.clock.now()),
        kind: 'opening_balance',
        idempotencyKey: uuidV7(counter.clock.now()),
        businessAt: counter.clock.now(),
        recordedAt: counter.clock.now(),
        operatorId: null,
        memo: null,
        lines: [
          { ledgerAccount: 'purse.utility', accountId: counter.accountId(index), amountFen: negateFen(fen(amountFen)) },
          { ledgerAccount: 'revenue.electricity', accountId: null, amountFen: fen(amountFen) },
        ],
      },
    ]),
  );

/** Runs one act of a counter. @returns what it moved into a purse; null where the rules refuse it */
async function perform(one: Act, sales: { txId: string; account: number; amount: number }[]) {
  const { ctx, market, ann, clock } = counter;
  const given = { marketId: market.marketId, operatorId: ann.operatorId, reason: 'as it came', at: clock.now() };
  const refused = (error: { code?: string }) => {
    expect(['counter.refund_too_much', 'counter.already_reversed']).toContain(error.code);
    return null;
  };
  if (one.kind === 'reverse') {
    const sale = sales[one.which % Math.max(sales.length, 1)];
    if (sale === undefined) return null;
    const done = await ctx.db.tx((tx) => reverseApproved(tx, { ...given, txId: sale.txId })).catch(refused);
    return done && { account: sale.account, amount: -sale.amount };
  }
  if (one.kind === 'sell') {
    const { txId } = await counter.sell(one.account, one.amount);
    sales.push({ txId, account: one.account, amount: one.amount });
    return one;
  }
  if (one.kind === 'charge') await charge(one.account, one.amount);
  else {
    const refund = { ...given, accountId: counter.accountId(one.account), amountFen: fen(one.amount) };
    const refundId = uuidV7(clock.now());
    const done = await ctx.db.tx((tx) => refundCash(tx, { ...refund, refundId })).catch(refused);
    if (done === null) return null;
  }
  return { account: one.account, amount: -one.amount };
}

/** Money by what it was: paid in at the counter, taken back, refunded, charged; and what all purses hold. */
async function sums() {
  const [row] = await counter.ctx.db.query<Record<'held' | 'paid' | 'reversed' | 'refunded' | 'charged', bigint>>(
    `select (select coalesce(sum(balance_fen), 0)::bigint from purse where market_id = $1) as held,
            coalesce(-sum(amount_fen) filter (where kind = 'top_up'), 0)::bigint as paid,
            coalesce(sum(amount_fen) filter (where kind = 'reversal'), 0)::bigint as reversed,
            coalesce(sum(amount_fen) filter (where kind = 'refund'), 0)::bigint as refunded,
            coalesce(sum(amount_fen) filter (where ledger_account like 'revenue.%'), 0)::bigint as charged
     from posting join ledger_tx using (market_id, tx_id) where market_id = $1 and account_id is null`,
    [counter.market.marketId],
  );
  return row ?? { held: 0n, paid: 0n, reversed: 0n, refunded: 0n, charged: 0n };
}

test('whatever happens at a counter, purses hold what came in less what was charged, taken back and refunded', async () => {
  const balances = Array.from({ length: ACCOUNTS }, () => 0);
  const sales: { txId: string; account: number; amount: number }[] = [];
  const property = fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 15 }), async (acts) => {
    for (const one of acts) {
      const before = [...balances];
      const moved = await perform(one, sales);
      if (moved) balances[moved.account] = (balances[moved.account] ?? 0) + moved.amount;
      if (one.kind !== 'refund') continue;
      if (moved) expect(balances[one.account]).toBeGreaterThanOrEqual(0);
      else expect(before[one.account]).toBeLessThan(one.amount);
    }
    for (const [index, expected] of balances.entries()) expect(await counter.balance(index)).toBe(BigInt(expected));
    const { held, paid, reversed, refunded, charged } = await sums();
    expect(held).toBe(paid - reversed - refunded - charged);
  });
  await fc.assert(property, { numRuns: NUM_RUNS });
  await counter.expectProved();
}, 60_000);

test('sales at once come to the same balances as one after another', async () => {
  const orders = fc.array(fc.tuple(account, amount), { minLength: 2, maxLength: 8 });
  const property = fc.asyncProperty(orders, async (given) => {
    const before = await Promise.all(given.map(([index]) => counter.balance(index)));
    await Promise.all(given.map(([index, paid]) => counter.sell(index, paid)));
    for (const [place, [index]] of given.entries()) {
      const paid = given.reduce((sum, [of, one]) => (of === index ? sum + one : sum), 0);
      expect(await counter.balance(index)).toBe((before[place] ?? 0n) + BigInt(paid));
    }
  });
  await fc.assert(property, { numRuns: 20 });
}, 60_000);
