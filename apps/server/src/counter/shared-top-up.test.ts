import { type Fen, fen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type PurseKind, post, purseBalances } from '../ledger/index.ts';
import { reverseApproved } from './reversal.ts';
import { type Counter, openCounter } from './test-support/world.ts';

let counter: Counter;
let next = 0;

beforeAll(async () => {
  counter = await openCounter({ meters: 250 });
  await setTerms({ minimum: 100, maximum: 50_000, share: 30, cap: 2_000 });
});

const setTerms = (terms: { minimum: number; maximum: number; share: number; cap: number | null }) =>
  counter.ctx.db.query(
    `update market set top_up_minimum_fen = $2, top_up_maximum_fen = $3, debt_share_percent = $4, debt_cap_fen = $5
     where market_id = $1`,
    [counter.market.marketId, terms.minimum, terms.maximum, terms.share, terms.cap],
  );

/** An account of its own that owes so much, and is so much short of its utility purse. */
async function owing({ debtFen = 0, utilityFen = 0 }): Promise<number> {
  const index = next++;
  const accountId = counter.accountId(index);
  const at = counter.clock.now();
  const lines = [
    { ledgerAccount: 'purse.debt' as const, accountId, amountFen: fen(-debtFen) },
    { ledgerAccount: 'purse.utility' as const, accountId, amountFen: fen(utilityFen) },
    { ledgerAccount: 'opening' as const, accountId: null, amountFen: fen(debtFen - utilityFen) },
  ].filter(({ amountFen }) => amountFen !== 0n);
  const txId = uuidV7(at);
  const head = { txId, kind: 'opening_balance', businessAt: at, recordedAt: at, operatorId: null, memo: null } as const;
  if (lines.length > 1) {
    await counter.ctx.db.tx((tx) =>
      post(tx, counter.market.marketId, [{ ...head, idempotencyKey: `opening:${txId}`, lines }]),
    );
  }
  return index;
}

const takeEmergency = (index: number) =>
  counter.ctx.db.query(
    'update account set emergency_limit_fen = 1000, emergency_taken_at = $3 where market_id = $1 and account_id = $2',
    [counter.market.marketId, counter.accountId(index), counter.clock.now()],
  );

async function hasEmergency(index: number): Promise<boolean> {
  const [row] = await counter.ctx.db.query<{ taken: boolean }>(
    'select emergency_taken_at is not null as taken from account where market_id = $1 and account_id = $2',
    [counter.market.marketId, counter.accountId(index)],
  );
  return row?.taken ?? false;
}

async function holds(index: number): Promise<Partial<Record<PurseKind, Fen>>> {
  const purses = await purseBalances(counter.ctx.db, counter.market.marketId, [counter.accountId(index)]);
  return Object.fromEntries(purses.map(({ kind, balanceFen }) => [kind, balanceFen]));
}

test('a share of a top-up repays an old debt, at most the cap and no more than is owed, and the receipt says so', async () => {
  const one = await owing({ debtFen: 5_000 });
  expect((await counter.sell(one, 10_000)).receipt).toMatchObject({
    amountFen: 10_000,
    debtFen: 2_000,
    balanceFen: 8_000,
  });
  expect((await counter.sell(one, 1_001)).receipt.debtFen).toBe(300);
  expect((await counter.sell(one, 50_000)).receipt.debtFen).toBe(2_000);
  expect((await counter.sell(one, 50_000)).receipt.debtFen).toBe(700);
  expect((await counter.sell(one, 50_000)).receipt.debtFen).toBe(0);
  expect(await holds(one)).toEqual({ debt: 0n, utility: 156_001n });
  await counter.expectProved();
});

test('less than the least and more than the most is refused by name, and moves nothing', async () => {
  const one = await owing({});
  await expect(counter.sell(one, 99)).rejects.toMatchObject({
    code: 'counter.top_up_too_small',
    details: { minimumFen: 100 },
  });
  await expect(counter.sell(one, 50_001)).rejects.toMatchObject({
    code: 'counter.top_up_too_large',
    details: { maximumFen: 50_000 },
  });
  expect(await holds(one)).toEqual({});
  await counter.sell(one, 100);
  await counter.sell(one, 50_000);
});

test('who is short of less than the least may pay exactly that', async () => {
  const one = await owing({ utilityFen: -37 });
  await expect(counter.sell(one, 36)).rejects.toMatchObject({ code: 'counter.top_up_too_small' });
  expect((await counter.sell(one, 37)).balanceFen).toBe(0n);
});

test('emergency credit is repaid first, and may be taken again once it is', async () => {
  const one = await owing({ utilityFen: -800, debtFen: 1_000 });
  await takeEmergency(one);
  // Not enough to repay it: nothing of it is for the debt.
  expect((await counter.sell(one, 500)).receipt).toMatchObject({ debtFen: 0, balanceFen: -300 });
  expect(await hasEmergency(one)).toBe(true);
  // The last 300 first, and 30 % of the other 700.
  expect((await counter.sell(one, 1_000)).receipt).toMatchObject({ debtFen: 210, balanceFen: 490 });
  expect(await hasEmergency(one)).toBe(false);
});

test('a sale that is taken back restores what it repaid, whatever was owed, paid and shared', async () => {
  const amount = fc.integer({ min: 100, max: 50_000 });
  const owed = fc.integer({ min: 0, max: 60_000 });
  await fc.assert(
    fc.asyncProperty(
      amount,
      owed,
      fc.integer({ min: -2_000, max: 2_000 }),
      fc.boolean(),
      async (sum, debtFen, utilityFen, taken) => {
        const one = await owing({ debtFen, utilityFen });
        if (taken) await takeEmergency(one);
        const before = await holds(one);
        const { txId, receipt } = await counter.sell(one, sum);
        expect(receipt.debtFen).toBeLessThanOrEqual(debtFen);
        const { marketId } = counter.market;
        const order = {
          marketId,
          txId,
          operatorId: counter.ann.operatorId,
          reason: 'mistaken',
          at: counter.clock.now(),
        };
        await counter.ctx.db.tx((tx) => reverseApproved(tx, order));
        const after = await holds(one);
        expect({ debt: after.debt ?? 0n, utility: after.utility }).toEqual({
          debt: before.debt ?? 0n,
          utility: before.utility ?? 0n,
        });
      },
    ),
    { numRuns: 100 },
  );
  await counter.expectProved();
});

test('of sales at once each finds the debt that the one before left: it never becomes credit', async () => {
  for (let round = 0; round < 20; round++) {
    const one = await owing({ debtFen: 1_000 });
    const sales = await Promise.all([2_000, 2_000, 2_000, 2_000].map((sum) => counter.sell(one, sum)));
    expect(sales.map(({ receipt }) => receipt.debtFen).sort((a, b) => a - b)).toEqual([0, 0, 400, 600]);
    expect(await holds(one)).toEqual({ debt: 0n, utility: 7_000n });
  }
  await counter.expectProved();
});
