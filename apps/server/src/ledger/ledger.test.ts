import { fen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import { minute, seedMarket, type TestMarket } from '../../test-support/market.ts';
import type { Context } from '../platform/context.ts';
import { verifyMarket } from '../verify/index.ts';
import { type LedgerTransaction, post, purseBalances } from './index.ts';

let ctx: Context;
let market: TestMarket;

beforeAll(async () => {
  ctx = await testContext();
  market = await seedMarket(ctx.db, { meters: 8 });
});

const accountId = (index: number) => market.meters[index]?.accountId ?? '';
const transaction = (key: string, index: number, amountFen: bigint): LedgerTransaction => ({
  txId: uuidV7(minute(0)),
  kind: 'opening_balance',
  idempotencyKey: key,
  businessAt: minute(0),
  recordedAt: minute(0),
  operatorId: null,
  memo: null,
  lines: [
    { ledgerAccount: 'purse.utility', accountId: accountId(index), amountFen: fen(amountFen) },
    { ledgerAccount: 'opening', accountId: null, amountFen: fen(-amountFen) },
  ],
});

const balance = async (index: number) =>
  (await purseBalances(ctx.db, market.marketId, [accountId(index)])).find(({ kind }) => kind === 'utility')
    ?.balanceFen ?? 0n;

async function expectProved(): Promise<void> {
  const failed = (await verifyMarket(ctx.db, ctx.clock, market.marketId)).filter((check) => !check.ok);
  expect(failed).toEqual([]);
}

test('whatever is posted in whatever batches and repeats, each key counts once and purses are their postings', async () => {
  const facts = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.bigInt({ min: -9_999n, max: 9_999n })), {
    minLength: 1,
    maxLength: 25,
  });
  let run = 0;
  const property = fc.asyncProperty(facts, fc.integer({ min: 1, max: 9 }), async (given, size) => {
    const name = `any:${run++}`;
    const all = given
      .filter(([, amount]) => amount !== 0n)
      .map(([index, amount], n) => transaction(`${name}:${n}`, index, amount));
    const before = await Promise.all(market.meters.map((_, index) => balance(index)));
    const batches = all.flatMap((_, n) => (n % size === 0 ? [all.slice(n, n + size)] : []));
    const posted = batches.flatMap((batch) => [batch, batch.toReversed()]);
    const results = await Promise.all(posted.map((batch) => ctx.db.tx((tx) => post(tx, market.marketId, batch))));
    expect(results.flat().filter(({ repeated }) => !repeated)).toHaveLength(all.length);
    for (const [index] of market.meters.entries()) {
      const moved = given.reduce((sum, [of, amount]) => (of === index ? sum + amount : sum), 0n);
      expect(await balance(index)).toBe((before[index] ?? 0n) + moved);
    }
  });
  await fc.assert(property, { numRuns: 40 });
  await expectProved();
});

test.each([
  ['does not sum to zero', [fen(5), fen(-4)]],
  ['moves nothing', [fen(0), fen(0)]],
])('a transaction that %s is refused and leaves nothing behind', async (_, [purse, till]) => {
  const wrong = transaction('wrong', 0, 1n);
  const lines = wrong.lines.map((line, index) => ({ ...line, amountFen: (index === 0 ? purse : till) ?? fen(0) }));
  const attempt = ctx.db.tx((tx) => post(tx, market.marketId, [transaction('right', 0, 1n), { ...wrong, lines }]));
  await expect(attempt).rejects.toMatchObject({ code: 'kernel.assertion_failed' });
  expect(await ctx.db.query(`select from ledger_tx where idempotency_key in ('right', 'wrong')`)).toEqual([]);
});

test('everyone whose balance moved is told of', async () => {
  const heard: (string | null)[] = [];
  const told = new Promise<void>((done) => {
    ctx.signals.on('balance', (payload) => {
      heard.push(payload);
      if (payload?.includes(accountId(6))) done();
    });
  });
  await ctx.db.tx((tx) =>
    post(tx, market.marketId, [
      transaction('tell:1', 5, 1n),
      transaction('tell:2', 5, 1n),
      transaction('tell:3', 6, 1n),
    ]),
  );
  await told;
  expect(heard).toEqual([`${market.marketId} ${accountId(5)} ${accountId(6)}`]);
});
