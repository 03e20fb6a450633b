import type { Queryable } from '../platform/database.ts';
import { accountsError } from './errors.ts';
import { insertTenancies } from './store.ts';
import type { AccountState } from './types.ts';

/** The stalls an account has now, in order of code. */
export async function currentStalls(
  db: Queryable,
  marketId: string,
  accountId: string,
): Promise<{ readonly stallId: string; readonly code: string }[]> {
  return db.query(
    `select stall.stall_id as "stallId", stall.code from tenancy join stall using (market_id, stall_id)
     where tenancy.market_id = $1 and tenancy.account_id = $2 and tenancy.to_at is null order by stall.code`,
    [marketId, accountId],
  );
}

/** When somebody's time at one of the stalls last began or ended; null where nobody ever had them. */
export async function lastTenancyChange(
  db: Queryable,
  marketId: string,
  stallIds: readonly string[],
): Promise<{ readonly beganAt: Date | null; readonly endedAt: Date | null }> {
  const [row] = await db.query<{ beganAt: Date | null; endedAt: Date | null }>(
    `select max(from_at) filter (where to_at is null) as "beganAt", max(to_at) as "endedAt"
     from tenancy where market_id = $1 and stall_id = any($2::uuid[])`,
    [marketId, stallIds],
  );
  return row ?? { beganAt: null, endedAt: null };
}

/** An account's time at stalls that it has ends. */
export async function endTenancies(
  tx: Queryable,
  marketId: string,
  accountId: string,
  stallIds: readonly string[],
  at: Date,
): Promise<void> {
  await tx.query(
    `update tenancy set to_at = $4
     where market_id = $1 and account_id = $2 and stall_id = any($3::uuid[]) and to_at is null`,
    [marketId, accountId, stallIds, at],
  );
}

/** Stalls that nobody has become an account's. */
export async function takeOver(
  tx: Queryable,
  marketId: string,
  accountId: string,
  stallIds: readonly string[],
  at: Date,
): Promise<void> {
  await insertTenancies(
    tx,
    marketId,
    at,
    stallIds.map((stallId) => ({ accountId, stallId })),
  );
}

/** Ends an account that has no stall and no money any more; of one that is closed nothing changes. */
export async function closeAccount(tx: Queryable, marketId: string, accountId: string, at: Date): Promise<void> {
  await tx.query(
    `update account set state = 'closed', closed_at = $3, prepared_stalls = '{}', emergency_taken_at = null
     where market_id = $1 and account_id = $2 and state <> 'closed'`,
    [marketId, accountId, at],
  );
}

/**
 * The state of an account that nobody else changes until the transaction ends, whatever it is.
 * @throws accounts.not_found
 */
export async function lockAny(tx: Queryable, marketId: string, accountId: string): Promise<AccountState> {
  const [row] = await tx.query<{ state: AccountState }>(
    'select state from account where market_id = $1 and account_id = $2 for no key update',
    [marketId, accountId],
  );
  if (!row) throw accountsError('accounts.not_found', 'this market has no such account');
  return row.state;
}

/** A closed account opens again, without a stall, for money that was posted to it afterwards. */
export async function reopenAccount(tx: Queryable, marketId: string, accountId: string): Promise<void> {
  await tx.query(
    `update account set state = 'open', closed_at = null where market_id = $1 and account_id = $2 and state = 'closed'`,
    [marketId, accountId],
  );
}

/** The stalls that a prepared account will take over. */
export async function preparedStalls(db: Queryable, marketId: string, accountId: string): Promise<string[]> {
  const [row] = await db.query<{ stalls: string[] }>(
    'select prepared_stalls as stalls from account where market_id = $1 and account_id = $2',
    [marketId, accountId],
  );
  return row?.stalls ?? [];
}
