import type { ApprovalAct } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { reverseSale } from '../counter/reversal.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { topUp } from '../counter/top-up.ts';
import { decideApproval, requestApproval } from './service.ts';

/** `RACE_ROUNDS=1000` for a night. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 200);
const LIMIT_MS = 60_000 + ROUNDS * 300;

let counter: Counter;
let marketId: string;

beforeAll(async () => {
  counter = await openCounter({ meters: 4 });
  marketId = counter.market.marketId;
});

const ask = async (act: ApprovalAct): Promise<string> => {
  const requestId = uuidV7(counter.clock.now());
  await requestApproval(counter.ctx, marketId, { requestId, act, reason: 'moves out' }, counter.ann);
  return requestId;
};
const agree = (approvalId: string, by = counter.finance) =>
  decideApproval(counter.ctx, marketId, approvalId, { decision: 'approve' }, by);

/** How many came to be, and that the others were refused with one of these codes. */
async function doneOf(work: readonly Promise<unknown>[], refusals: readonly string[]): Promise<number> {
  const settled = await Promise.allSettled(work);
  for (const one of settled) {
    if (one.status === 'rejected') expect(refusals).toContain((one.reason as { code?: string }).code);
  }
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

/** What the tills hold is what the purses hold: nothing else was posted in this file. */
async function expectNothingLost(): Promise<void> {
  const [sums] = await counter.ctx.db.query<{ purses: string; tills: string }>(
    `select (select sum(balance_fen) from purse where market_id = $1)::text as purses,
            (select -sum(amount_fen) from posting where market_id = $1 and account_id is null)::text as tills`,
    [marketId],
  );
  expect(sums?.purses).toBe(sums?.tills);
}

test(`two refunds at once never pay out more than the purse holds, ${ROUNDS} times over`, {
  timeout: LIMIT_MS,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await counter.sell(0, 1_000);
    const held = await counter.balance(0);
    const act = {
      kind: 'refund_cash',
      accountId: counter.accountId(0),
      amountFen: Number(held) - (round % 3),
    } as const;
    const [one, two] = await Promise.all([ask(act), ask(act)]);
    const done = await doneOf([agree(one), agree(two, counter.manager)], ['counter.refund_too_much']);
    expect(done).toBe(1);
    expect(await counter.balance(0)).toBe(BigInt(round % 3));
  }
  await expectNothingLost();
  await counter.expectProved();
});

test(`one refund agreed to by two persons at once is paid once, ${ROUNDS} times over`, {
  timeout: LIMIT_MS,
}, async () => {
  await counter.sell(1, ROUNDS * 100);
  for (let round = 0; round < ROUNDS; round++) {
    const approvalId = await ask({ kind: 'refund_cash', accountId: counter.accountId(1), amountFen: 50 });
    const work = [agree(approvalId), agree(approvalId, counter.manager), agree(approvalId)];
    expect(await doneOf(work, ['approvals.not_pending'])).toBeGreaterThan(0);
    expect(await counter.balance(1)).toBe(BigInt(ROUNDS * 100 - (round + 1) * 50));
  }
  await expectNothingLost();
});

test(`a refund and top-ups at once lose nothing, ${ROUNDS} times over`, { timeout: LIMIT_MS }, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const before = await counter.balance(2);
    await counter.sell(2, 100);
    const approvalId = await ask({ kind: 'refund_cash', accountId: counter.accountId(2), amountFen: 60 });
    const sale = counter.saleOf(2, 7, { operatorId: counter.ben.operatorId });
    await Promise.all([agree(approvalId), topUp(counter.ctx, sale), topUp(counter.ctx, sale), counter.sell(2, 3)]);
    expect(await counter.balance(2)).toBe(before + 100n - 60n + 7n + 3n);
  }
  await expectNothingLost();
  await counter.expectProved();
});

test(`a sale taken back by several at once is taken back once, ${ROUNDS} times over`, {
  timeout: LIMIT_MS,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const before = await counter.balance(3);
    const { txId } = await counter.sell(3, 900);
    const approvalId = await ask({ kind: 'reversal', txId });
    const alone = () =>
      reverseSale(counter.ctx, { marketId, txId, operatorId: counter.ann.operatorId, reason: 'twice' });
    const work = [alone(), agree(approvalId), alone(), counter.sell(3, 1)];
    await doneOf(work, ['counter.already_reversed']);
    expect(await counter.balance(3)).toBe(before + 1n);
    const reversals = await counter.ctx.db.query('select from ledger_tx where market_id = $1 and reverses_tx_id = $2', [
      marketId,
      txId,
    ]);
    expect(reversals).toHaveLength(1);
  }
  await expectNothingLost();
  await counter.expectProved();
});

test(`refund and reversal of the same money at once: the purse never pays twice, ${ROUNDS} times over`, {
  timeout: LIMIT_MS,
}, async () => {
  const fresh = await openCounter({ meters: 1 });
  for (let round = 0; round < ROUNDS; round++) {
    const { txId } = await fresh.sell(0, 500);
    const requestId = uuidV7(fresh.clock.now());
    const act = { kind: 'refund_cash', accountId: fresh.accountId(0), amountFen: 500 } as const;
    const at = fresh.market.marketId;
    await requestApproval(fresh.ctx, at, { requestId, act, reason: 'moves out' }, fresh.ben);
    const work = [
      decideApproval(fresh.ctx, at, requestId, { decision: 'approve' }, fresh.finance),
      reverseSale(fresh.ctx, { marketId: at, txId, operatorId: fresh.ann.operatorId, reason: 'twice' }),
    ];
    expect(await doneOf(work, ['counter.refund_too_much', 'counter.needs_approval'])).toBe(1);
    expect(await fresh.balance(0)).toBe(0n);
  }
  await fresh.expectProved();
});
