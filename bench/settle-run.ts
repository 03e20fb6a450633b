import type { Context } from '../apps/server/src/platform/context.ts';
import type { Database } from '../apps/server/src/platform/database.ts';
import { silentLog } from '../apps/server/src/platform/log.ts';
import { openSignals } from '../apps/server/src/platform/signals.ts';
import { settleMarket } from '../apps/server/src/settlement/index.ts';
import { compareSlow, type Ratio } from './pairs.ts';
import { readAll, seedSettleMarket, slotAt } from './settle-market.ts';
import { SETTLE_SQL } from './settle-sql.ts';

const ZONE = 'Asia/Shanghai';
/** Moved and not added: a purse and a cursor an account. */
const MOVED_ROWS = 2;

/** What one settlement of a market asks of the database, on average. */
export interface SettleCost {
  /** Transactions that wrote. */
  readonly commits: number;
  readonly rowsPerAccount: number;
  readonly walBytesPerAccount: number;
}

export interface SettleFigures extends Ratio {
  readonly accounts: number;
  readonly ours: SettleCost;
  readonly baseline: SettleCost;
}

/**
 * Two markets alike: one settled by us, one by the single statement, one new reading a meter each time. Afterwards both must have
 * the same rows, to the fen.
 */
export async function runSettle(db: Database, accounts: number, pairs: number): Promise<SettleFigures> {
  const signals = await openSignals(db.url, silentLog);
  const ctx: Context = { db, signals, clock: { now: () => slotAt(pairs + 2) }, log: silentLog };
  try {
    const ours = await newSide(ctx, 'ours', accounts, async (marketId) => {
      return (await settleMarket(ctx, marketId)).charges;
    });
    const baseline = await newSide(ctx, 'baseline', accounts, async (marketId) => {
      const [row] = await db.query<{ accounts: number }>(SETTLE_SQL, [marketId, ctx.clock.now(), ZONE]);
      return row?.accounts ?? 0;
    });
    await db.query('vacuum analyze');
    const ratio = await compareSlow(ours.round, baseline.round, accounts, pairs);
    await mustBeAlike(db, ours.marketId, baseline.marketId);
    return { ...ratio, accounts, ours: ours.cost(), baseline: baseline.cost() };
  } finally {
    await signals.close();
  }
}

/** A market of one's own with its first readings settled, and what it costs to settle one more of each meter. */
async function newSide(ctx: Context, name: string, accounts: number, settle: (marketId: string) => Promise<number>) {
  const { db } = ctx;
  const marketId = await seedSettleMarket(db, name, accounts);
  await readAll(db, marketId, 0);
  await settleMarket(ctx, marketId);
  const costs: SettleCost[] = [];
  const mean = (of: (cost: SettleCost) => number) => costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;
  return {
    marketId,
    async round(round: number): Promise<number> {
      await readAll(db, marketId, round);
      const before = await counters(db, marketId);
      const startedMs = performance.now();
      const settled = await settle(marketId);
      const ms = performance.now() - startedMs;
      if (settled !== accounts) throw new Error(`${name}: ${settled} of ${accounts} meters were settled`);
      const after = await counters(db, marketId);
      costs.push({
        commits: after.commits - before.commits,
        rowsPerAccount: (after.rows - before.rows) / accounts + MOVED_ROWS,
        walBytesPerAccount: (after.walBytes - before.walBytes) / accounts,
      });
      return ms;
    },
    cost: (): SettleCost => ({
      commits: mean(({ commits }) => commits),
      rowsPerAccount: mean(({ rowsPerAccount }) => rowsPerAccount),
      walBytesPerAccount: mean(({ walBytesPerAccount }) => walBytesPerAccount),
    }),
  };
}

interface Counters {
  readonly commits: number;
  readonly rows: number;
  readonly walBytes: number;
}

async function counters(db: Database, marketId: string): Promise<Counters> {
  const [row] = await db.query<{ commits: string; rows: bigint; wal: string }>(
    `select pg_snapshot_xmax(pg_current_snapshot())::text as commits, pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal,
            (select count(*) from charge where market_id = $1) + (select count(*) from ledger_tx where market_id = $1)
            + (select count(*) from posting where market_id = $1) as rows`,
    [marketId],
  );
  return { commits: Number(row?.commits), rows: Number(row?.rows), walBytes: Number(row?.wal) };
}

/** What must be the same of both, by the serial numbers of their meters and the numbers of their accounts. */
const ROWS: readonly string[] = [
  `select serial, from_at, to_at, from_value, to_value, plan.name, plan_version, billing_period, period_from, use_before,
          intervals, uses, exact_before_nano_yuan, exact_after_nano_yuan, amount_fen, (tx_id = charge_id)::text as tx
   from charge join meter using (market_id, meter_id) join price_plan plan using (market_id, plan_id) where market_id = $1`,
  `select serial, account.number, settled.opened_at, billing_period, period_from, settled_at, settled_value, period_use,
          exact_nano_yuan
   from meter_settlement settled join meter using (market_id, meter_id) join account using (market_id, account_id)
   where market_id = $1`,
  'select number, purse.kind, balance_fen from purse join account using (market_id, account_id) where market_id = $1',
  `select serial, tx.kind, business_at, recorded_at, line, ledger_account, number, posting.amount_fen,
          split_part(idempotency_key, ':', 1) as fact, substr(idempotency_key, 45) as key
   from charge
   join meter on meter.market_id = $1 and meter.meter_id = charge.meter_id
   join ledger_tx tx on tx.market_id = $1 and tx.tx_id = charge.tx_id
   join posting on posting.market_id = $1 and posting.tx_id = tx.tx_id
   left join account on account.market_id = $1 and account.account_id = posting.account_id
   where charge.market_id = $1`,
];

async function mustBeAlike(db: Database, one: string, other: string): Promise<void> {
  for (const sql of ROWS) {
    const [both] = await db.query<{ rows: bigint; apart: bigint }>(
      `with one as (${sql}), other as (${sql.replaceAll('$1', '$2')})
       select (select count(*) from one) as rows,
              (select count(*) from ((table one except all table other) union all (table other except all table one)) as t)
                as apart`,
      [one, other],
    );
    if (!both || both.rows === 0n || both.apart !== 0n) throw new Error(`ours and the baseline differ in: ${sql}`);
  }
}
