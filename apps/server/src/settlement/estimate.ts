import type { BalanceEstimate } from '@openprepay/contract';
import { OpenPrepayError, uuidV7 } from '@openprepay/kernel';
import { accountTerms } from '../accounts/index.ts';
import { purseBalances } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { rehearse } from '../platform/rehearse.ts';
import { settleMeters } from './service.ts';

/**
 * What an account's utility purse would hold if each good reading were settled now, whatever its building's times: the settlement
 * itself, rehearsed, so that the estimate is what will be charged. Where it cannot be priced there is no estimate.
 * @throws accounts.not_found
 */
export async function estimateBalance(ctx: Context, marketId: string, accountId: string): Promise<BalanceEstimate> {
  const now = ctx.clock.now();
  await accountTerms(ctx.db, marketId, accountId);
  const meters = await metersOf(ctx.db, marketId, accountId);
  const late = meters.filter(({ isLate }) => isLate).map(({ meterId }) => meterId);
  const asPosted = async (unsettledFen: bigint | null): Promise<Estimate> => {
    return { postedFen: await utilityFen(ctx.db, marketId, accountId), unsettledFen, dataAt: oldest(meters) };
  };
  const rehearsed = () =>
    rehearse(ctx.db, async (tx): Promise<Estimate> => {
      await settleMeters(tx, now, marketId, late);
      const unsettledFen = await takenHere(tx, marketId, accountId, now);
      // The cursors are locked: what is taken here is in no other posting that this balance has.
      const postedFen = (await utilityFen(tx, marketId, accountId)) + unsettledFen;
      return { postedFen, unsettledFen, dataAt: oldest(await metersOf(tx, marketId, accountId)) };
    });
  const { postedFen, unsettledFen, dataAt } =
    late.length === 0
      ? await asPosted(0n)
      : await rehearsed().catch((error: unknown) => {
          if (error instanceof OpenPrepayError) return asPosted(null);
          throw error;
        });
  return {
    accountId,
    at: now.toISOString(),
    postedFen: Number(postedFen),
    unsettledFen: unsettledFen === null ? null : Number(unsettledFen),
    estimatedFen: unsettledFen === null ? null : Number(postedFen - unsettledFen),
    dataAt: dataAt?.toISOString() ?? null,
  };
}

interface Estimate {
  readonly postedFen: bigint;
  readonly unsettledFen: bigint | null;
  readonly dataAt: Date | null;
}

async function utilityFen(db: Queryable, marketId: string, accountId: string): Promise<bigint> {
  const purses = await purseBalances(db, marketId, [accountId]);
  return purses.find(({ kind }) => kind === 'utility')?.balanceFen ?? 0n;
}

interface AccountMeter {
  readonly meterId: string;
  /** It has a good reading that is not settled. */
  readonly isLate: boolean;
  /** In use at one of the account's stalls now. */
  readonly isPresent: boolean;
  readonly settledAt: Date | null;
}

/** The meters that the account has or had, and up to where each is settled. */
async function metersOf(db: Queryable, marketId: string, accountId: string): Promise<AccountMeter[]> {
  return db.query<AccountMeter & Record<string, unknown>>(
    `select binding.meter_id as "meterId", settled.settled_at as "settledAt",
            coalesce(state.last_read_at > coalesce(settled.settled_at, '-infinity'), false) as "isLate",
            bool_or(binding.to_at is null and tenancy.to_at is null) as "isPresent"
     from tenancy
     join meter_binding binding on binding.market_id = $1 and binding.stall_id = tenancy.stall_id
       and greatest(binding.from_at, tenancy.from_at)
         < least(coalesce(binding.to_at, 'infinity'), coalesce(tenancy.to_at, 'infinity'))
     left join meter_state state on state.market_id = $1 and state.meter_id = binding.meter_id
     left join meter_settlement settled on settled.market_id = $1 and settled.meter_id = binding.meter_id
     where tenancy.market_id = $1 and tenancy.account_id = $2
     group by binding.meter_id, settled.settled_at, state.last_read_at
     order by binding.meter_id`,
    [marketId, accountId],
  );
}

/** Every meter in use is known up to then; null where one was never read. */
function oldest(meters: readonly AccountMeter[]): Date | null {
  const times = meters.filter(({ isPresent }) => isPresent).map(({ settledAt }) => settledAt);
  return times.includes(null) ? null : (times.toSorted((a, b) => Number(a) - Number(b))[0] ?? null);
}

/** What this database transaction took from the purse, and no other. */
async function takenHere(tx: Queryable, marketId: string, accountId: string, now: Date): Promise<bigint> {
  const [row] = await tx.query<{ taken: bigint }>(
    `select coalesce(-sum(amount_fen), 0)::bigint as taken from posting
     where market_id = $1 and account_id = $2 and tx_id >= $3 and ledger_account = 'purse.utility'
       and xmin = pg_current_xact_id()::xid`,
    [marketId, accountId, uuidV7(now, new Uint8Array(10))],
  );
  return row?.taken ?? 0n;
}
