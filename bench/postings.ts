import pg from 'pg';
import { type LedgerTransaction, type Posted, post } from '../apps/server/src/ledger/index.ts';
import type { Database } from '../apps/server/src/platform/database.ts';
import { createGroupCommit } from '../apps/server/src/platform/group-commit.ts';
import { type BenchResult, compareSlow, type SlowWork } from './pairs.ts';
import { type PostingsMarket, seedPostingsMarket } from './postings-market.ts';
import { storeBySql } from './postings-sql.ts';
import { type Done, perSecond, prepareTpcb } from './tpcb.ts';

export interface PostingsOptions {
  readonly pairs: number;
  /** How long each half of a pair lasts, about. */
  readonly legS: number;
  readonly accounts: number;
  /** Of TPC-B. Not below the number of callers: its clients would wait for each other's branch. */
  readonly scale: number;
}

const CALLERS = 32;
/** Enough where there is no goal. */
const FEW_PAIRS = 11;
const MAX_GROUP = 1_000;
const IN_FLIGHT = 2;
const BATCH = 1_000;
const GOAL_CALLERS = 3;
const GOAL_BATCHES = 0.9;

/** P4, what 32 callers get posted who each wait until it is durable, and P5, what is posted in batches. */
export async function benchPostings(db: Database, options: PostingsOptions): Promise<BenchResult[]> {
  const market = await seedPostingsMarket(db, options.accounts);
  return [...(await benchCallers(db, market, options)), await benchBatches(db, market, options)];
}

async function benchCallers(db: Database, market: PostingsMarket, options: PostingsOptions): Promise<BenchResult[]> {
  const { marketId, topUp } = market;
  const { pairs, legS } = options;
  const callers = Array.from({ length: CALLERS }, (_, at) => at);
  const group = createGroupCommit<LedgerTransaction, Posted>({
    store: (transactions) => db.tx((tx) => post(tx, marketId, transactions)),
    maxBatch: MAX_GROUP,
    inFlight: IN_FLIGHT,
    delayMs: 0,
  });
  const works = [
    { work: `${CALLERS} callers, one commit for all that wait`, atLeast: GOAL_CALLERS, one: () => group.add(topUp()) },
    {
      work: `${CALLERS} callers, each with its own commit`,
      atLeast: null,
      one: () => db.tx((tx) => post(tx, marketId, [topUp()])),
    },
  ];
  const tpcb = await prepareTpcb(db, { scale: options.scale, clients: CALLERS, legS });
  const results: BenchResult[] = [];
  try {
    for (const { work, atLeast, one } of works) {
      const ours = metered(db, () => perSecond(callers, legS, one));
      const theirs = metered(db, () => tpcb.run());
      const ratio = await compareSlow(
        ours.msEach,
        theirs.msEach,
        1,
        atLeast === null ? Math.min(pairs, FEW_PAIRS) : pairs,
      );
      results.push({ goal: 'P4', work, baseline: tpcb.name, atLeast, ...ratio, note: noteOf(ours, theirs) });
    }
  } finally {
    await tpcb.close();
  }
  return results;
}

async function benchBatches(db: Database, market: PostingsMarket, options: PostingsOptions): Promise<BenchResult> {
  const { marketId, topUp } = market;
  const { pairs, legS } = options;
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  const inBatches = (store: (transactions: readonly LedgerTransaction[]) => Promise<unknown>) =>
    metered(db, async () => {
      const { units, perS } = await perSecond([0], legS, () => store(Array.from({ length: BATCH }, topUp)));
      return { units: units * BATCH, perS: perS * BATCH };
    });
  try {
    const ours = inBatches((transactions) => db.tx((tx) => post(tx, marketId, transactions)));
    const theirs = inBatches((transactions) => storeBySql(client, marketId, transactions));
    const ratio = await compareSlow(ours.msEach, theirs.msEach, 1, pairs);
    return {
      goal: 'P5',
      work: `postings, ${BATCH} a commit`,
      baseline: 'one statement of the same rows',
      atLeast: GOAL_BATCHES,
      ...ratio,
      note: noteOf(ours, theirs),
    };
  } finally {
    await client.end();
  }
}

interface Metered {
  /** Milliseconds a unit. */
  readonly msEach: SlowWork;
  readonly transactionsEach: () => number;
  readonly walBytesEach: () => number;
}

/** A work that also counts what it costs the server: transactions that wrote, and bytes of its log. */
function metered(db: Database, run: () => Promise<Done>): Metered {
  const sum = { units: 0, transactions: 0, walBytes: 0 };
  return {
    async msEach() {
      const before = await counters(db);
      const { units, perS } = await run();
      const after = await counters(db);
      sum.units += units;
      sum.transactions += Number(after.transactions - before.transactions);
      sum.walBytes += Number(after.walBytes - before.walBytes);
      return 1_000 / perS;
    },
    transactionsEach: () => sum.transactions / sum.units,
    walBytesEach: () => sum.walBytes / sum.units,
  };
}

async function counters(db: Database): Promise<{ transactions: bigint; walBytes: bigint }> {
  const [row] = await db.query<{ transactions: bigint; walBytes: bigint }>(
    `select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as transactions,
            (pg_current_wal_insert_lsn() - '0/0')::bigint as "walBytes"`,
  );
  return row ?? { transactions: 0n, walBytes: 0n };
}

const noteOf = (ours: Metered, theirs: Metered): string =>
  [ours, theirs]
    .map((one) => `${one.transactionsEach().toFixed(3)} transactions, ${Math.round(one.walBytesEach())} B of log each`)
    .join(' beside ');
