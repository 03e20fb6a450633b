import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { testContext } from '../../test-support/database.ts';
import { seedMarket, type TestMarket } from '../../test-support/market.ts';
import type { Context } from '../platform/context.ts';
import { post } from './post.ts';
import { anyFacts, memoryLedger, type Sums, sumsOf, transactionsOf } from './test-support/model.ts';
import type { LedgerTransaction } from './types.ts';

const CASES = 100_000;
const DATABASE_CASES = 150;
const TIMEOUT_MS = 180_000;
const ACCOUNTS = ['a', 'b', 'c'];

const inOrder = (sums: Sums) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
const linesOf = (transactions: readonly LedgerTransaction[]) => transactions.flatMap(({ lines }) => lines);
const totalOf = (sums: Sums, begin: string) =>
  [...sums].reduce((total, [account, sum]) => (account.startsWith(begin) ? total + sum : total), 0n);

/** Whatever can be posted without another having been: the reversals last, the rest as the numbers fall. */
function reordered(transactions: readonly LedgerTransaction[], ranks: readonly number[]): LedgerTransaction[] {
  const rank = new Map(transactions.map(({ txId }, at) => [txId, ranks[at % ranks.length] ?? 0]));
  const place = ({ kind, txId }: LedgerTransaction) => (kind === 'reversal' ? 2 ** 32 : 0) + (rank.get(txId) ?? 0);
  return transactions.toSorted((a, b) => place(a) - place(b));
}

const ranks = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
const size = fc.integer({ min: 1, max: 5 });
const batched = <T>(all: readonly T[], of: number) =>
  all.flatMap((_, at) => (at % of === 0 ? [all.slice(at, at + of)] : []));

test(
  'in whatever order, in whatever batches and however often facts are posted, every account comes to the same',
  async () => {
    const property = fc.asyncProperty(anyFacts(3, 8), ranks, size, async (facts, order, batch) => {
      const given = transactionsOf(facts, ACCOUNTS, 'any');
      const ledger = memoryLedger();
      for (const some of batched(reordered(given, order), batch)) {
        await post(ledger.tx, 'market', some);
        const again = await post(ledger.tx, 'market', some.toReversed());
        if (again.some(({ repeated }) => !repeated)) expect(again).toEqual([]);
      }
      expect(inOrder(sumsOf(ledger.lines))).toEqual(inOrder(sumsOf(linesOf(given))));
    });
    await fc.assert(property, { numRuns: CASES });
  },
  TIMEOUT_MS,
);

test(
  'every transaction sums to nought, and purses hold what came in less what was charged and refunded',
  async () => {
    const property = fc.asyncProperty(anyFacts(3, 8), async (facts) => {
      const ledger = memoryLedger();
      await post(ledger.tx, 'market', transactionsOf(facts, ACCOUNTS, 'any'));
      const sums = sumsOf(ledger.lines);
      const [paidIn, refunded] = [-totalOf(sums, 'cash'), totalOf(sums, 'bank')];
      const wrong = totalOf(sums, 'purse.') - (paidIn - totalOf(sums, 'revenue.') - refunded);
      if (wrong !== 0n || totalOf(sums, '') !== 0n) expect([...sums]).toEqual([]);
    });
    await fc.assert(property, { numRuns: CASES });
  },
  TIMEOUT_MS,
);

test(
  'a reversal puts every account back where it was, exactly, and everyone whose balance moved is told',
  async () => {
    const property = fc.asyncProperty(anyFacts(3, 5), anyFacts(3, 1), async (before, [fact]) => {
      if (fact === undefined || fact.kind === 'reversed') return;
      const ledger = memoryLedger();
      await post(ledger.tx, 'market', transactionsOf(before, ACCOUNTS, 'before'));
      const stood = inOrder(sumsOf(ledger.lines));
      const told = ledger.told.length;
      const [done, undone] = transactionsOf([fact, { kind: 'reversed', which: 0 }], ACCOUNTS, 'undone');
      for (const one of [done, undone]) if (one) await post(ledger.tx, 'market', [one]);
      expect(inOrder(sumsOf(ledger.lines))).toEqual(stood);
      const payload = `market ${ACCOUNTS[fact.account]}`;
      expect(ledger.told.slice(told)).toEqual([payload, payload]);
    });
    await fc.assert(property, { numRuns: CASES });
  },
  TIMEOUT_MS,
);

let ctx: Context;
let market: TestMarket;

beforeAll(async () => {
  ctx = await testContext();
  market = await seedMarket(ctx.db, { meters: 3 });
});

async function stored(): Promise<Sums> {
  const rows = await ctx.db.query<{ account: string; sum: bigint }>(
    `select concat('purse.', kind, ' ', account_id) as account, balance_fen as sum from purse where market_id = $1
     union all
     select concat(ledger_account, ' -'), sum(amount_fen)::bigint from posting
     where market_id = $1 and account_id is null group by ledger_account`,
    [market.marketId],
  );
  return new Map(rows.map(({ account, sum }) => [account, sum]));
}

test(
  'the ledger in the database, posted to by several at once, comes to what the facts come to',
  async () => {
    const accountIds = market.meters.map(({ accountId }) => accountId);
    const all: LedgerTransaction[] = [];
    let run = 0;
    const property = fc.asyncProperty(anyFacts(3, 12), ranks, size, async (facts, order, batch) => {
      const given = reordered(transactionsOf(facts, accountIds, `run ${run++}`), order);
      const isReversal = ({ kind }: LedgerTransaction) => kind === 'reversal';
      for (const some of [given.filter((one) => !isReversal(one)), given.filter(isReversal)]) {
        const twice = batched(some, batch).flatMap((one) => [one, one.toReversed()]);
        const results = await Promise.all(twice.map((one) => ctx.db.tx((tx) => post(tx, market.marketId, one))));
        expect(results.flat().filter(({ repeated }) => !repeated)).toHaveLength(some.length);
      }
      all.push(...given);
      const held = [...(await stored())].filter(([, sum]) => sum !== 0n);
      expect(inOrder(new Map(held))).toEqual(inOrder(sumsOf(linesOf(all))));
    });
    await fc.assert(property, { numRuns: DATABASE_CASES });
  },
  TIMEOUT_MS,
);
