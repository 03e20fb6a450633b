import { uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { Account, NewAccount } from './types.ts';

const COLUMNS = `account.account_id as "accountId", account.number, account.customer_name as "customerName", account.phone,
  account.state, account.mode, account.credit_limit_fen as "creditLimitFen"`;

type AccountRow = Account & Record<string, unknown>;

/** Opened at an instant; prepared, with the stalls they will take over, where there is none yet. */
export async function insertOpen(
  tx: Queryable,
  marketId: string,
  at: Date | null,
  accounts: readonly NewAccount[],
): Promise<void> {
  await tx.query(
    `insert into account (market_id, account_id, number, customer_name, phone, state, mode, credit_limit_fen,
                          electricity_plan_id, water_plan_id, opened_at, prepared_stalls, deposit_fen)
     select $1, account_id, number, customer_name, phone, case when $2::timestamptz is null then 'prepared' else 'open' end, mode, credit_limit_fen, electricity_plan_id,
            water_plan_id, $2, array(select jsonb_array_elements_text(stalls)::uuid), coalesce(t.deposit_fen, market.deposit_fen)
     from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::uuid[], $10::uuid[], $11::jsonb[],
                 $12::bigint[])
       as t (account_id, number, customer_name, phone, mode, credit_limit_fen, electricity_plan_id, water_plan_id, stalls,
             deposit_fen)
     join market on market.market_id = $1`,
    [
      marketId,
      at,
      accounts.map((account) => account.accountId),
      accounts.map((account) => account.number),
      accounts.map((account) => account.customerName),
      accounts.map((account) => account.phone),
      accounts.map((account) => account.mode ?? 'prepaid'),
      accounts.map((account) => account.creditLimitFen),
      accounts.map((account) => account.electricityPlanId ?? null),
      accounts.map((account) => account.waterPlanId ?? null),
      accounts.map((account) => JSON.stringify(at === null ? account.stallIds : [])),
      accounts.map((account) => account.depositFen ?? null),
    ],
  );
}

export async function insertTenancies(
  tx: Queryable,
  marketId: string,
  fromAt: Date,
  tenancies: readonly { readonly accountId: string; readonly stallId: string }[],
): Promise<void> {
  await tx.query(
    `insert into tenancy (market_id, tenancy_id, account_id, stall_id, from_at)
     select $1, tenancy_id, account_id, stall_id, $2
     from unnest($3::uuid[], $4::uuid[], $5::uuid[]) as t (tenancy_id, account_id, stall_id)`,
    [
      marketId,
      fromAt,
      tenancies.map(() => uuidV7(fromAt)),
      tenancies.map((tenancy) => tenancy.accountId),
      tenancies.map((tenancy) => tenancy.stallId),
    ],
  );
}

/** The account that has a stall now, or null when it is vacant. */
export async function accountOfStall(db: Queryable, marketId: string, stallId: string): Promise<Account | null> {
  const rows = await db.query<AccountRow>(
    `select ${COLUMNS}
     from tenancy
     join account on account.market_id = tenancy.market_id and account.account_id = tenancy.account_id
     where tenancy.market_id = $1 and tenancy.stall_id = $2 and tenancy.to_at is null`,
    [marketId, stallId],
  );
  return rows[0] ?? null;
}

/** The account, which cannot change its state until the transaction ends; null when there is none. */
export async function findShared(tx: Queryable, marketId: string, accountId: string): Promise<Account | null> {
  const rows = await tx.query<AccountRow>(
    `select ${COLUMNS} from account where market_id = $1 and account_id = $2 for share`,
    [marketId, accountId],
  );
  return rows[0] ?? null;
}
