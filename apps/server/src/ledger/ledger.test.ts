import { fen, uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import { minute, seedMarket, type TestMarket } from '../../test-support/market.ts';
import type { Context } from '../platform/context.ts';
import { verifyMarket } from '../verify/index.ts';
import { type LedgerTransaction, ledgerLines, post, purseBalances, type TopUp, topUp } from './index.ts';

const OPERATOR = '0190aaaa-0000-7000-8000-000000000001';
let ctx: Context;
let market: TestMarket;

beforeAll(async () => {
  ctx = await testContext();
  market = await seedMarket(ctx.db, { meters: 8 });
  await ctx.db.query(
    `insert into operator (operator_id, login, name, password_hash, role, created_at)
     values ($1, 'till', 'Till', 'x', 'cashier', $2)`,
    [OPERATOR, minute(0)],
  );
});

const accountId = (index: number) => market.meters[index]?.accountId ?? '';
const sale = (index: number, amountFen: number, over: Partial<TopUp> = {}): TopUp => ({
  marketId: market.marketId,
  accountId: accountId(index),
  requestId: uuidV7(minute(0)),
  amountFen: fen(amountFen),
  method: 'cash',
  memo: null,
  operatorId: OPERATOR,
  ...over,
});

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

test('a top-up moves money from the till into the utility purse and names who sold it', async () => {
  const before = await balance(0);
  const done = await topUp(ctx, sale(0, 12_345, { method: 'pos', memo: 'card' }));
  expect(done).toMatchObject({ balanceFen: before + 12_345n, repeated: false });
  const [line] = await ledgerLines(ctx.db, market.marketId, accountId(0), 1);
  expect(line).toEqual({
    txId: done.txId,
    kind: 'top_up',
    at: ctx.clock.now().toISOString(),
    purse: 'utility',
    amountFen: 12_345,
    memo: 'card',
    operatorName: 'Till',
    charge: null,
    correction: null,
  });
  const audit = await ctx.db.query(`select action, operator_id, after from audit where after->>'txId' = $1`, [
    done.txId,
  ]);
  expect(audit).toEqual([
    {
      action: 'ledger.top_up',
      operator_id: OPERATOR,
      after: { txId: done.txId, amountFen: '12345', method: 'pos' },
    },
  ]);
});

test('the same sale sent again answers as the first time, and takes the money once', async () => {
  const once = sale(1, 500);
  const first = await topUp(ctx, once);
  expect(await topUp(ctx, once)).toEqual({ ...first, repeated: true });
  expect(await balance(1)).toBe(500n);
});

test.each([
  ['amount', { amountFen: fen(501) }],
  ['account', { accountId: 'another' }],
  ['method', { method: 'bank' as const }],
])('a request id that comes back with another %s is refused and moves nothing', async (_, other) => {
  const once = sale(2, 500);
  await topUp(ctx, once);
  const before = await balance(2);
  const again = { ...once, ...other, ...('accountId' in other && { accountId: accountId(3) }) };
  await expect(topUp(ctx, again)).rejects.toMatchObject({ code: 'ledger.request_reused' });
  expect(await balance(2)).toBe(before);
});

test('nothing is sold to an account that is not there or not open, but a sale made before still answers', async () => {
  const before = sale(7, 100);
  await topUp(ctx, before);
  await ctx.db.query(`update account set state = 'closed' where market_id = $1 and account_id = $2`, [
    market.marketId,
    accountId(7),
  ]);
  await expect(topUp(ctx, sale(7, 100))).rejects.toMatchObject({ code: 'accounts.not_open' });
  await expect(topUp(ctx, sale(7, 100, { accountId: uuidV7(minute(0)) }))).rejects.toMatchObject({
    code: 'accounts.not_found',
  });
  expect(await topUp(ctx, before)).toMatchObject({ repeated: true });
});

test('a sale sent by many tills at once is made once, 100 times over', async () => {
  for (let round = 0; round < 100; round++) {
    const before = await balance(4);
    const once = sale(4, 700);
    const answers = await Promise.all([topUp(ctx, once), topUp(ctx, once), topUp(ctx, once)]);
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(answers.map(({ txId }) => txId)).size).toBe(1);
    expect(await balance(4)).toBe(before + 700n);
  }
  await expectProved();
});

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
