import type { Queryable } from '../../platform/database.ts';

export interface KnownAccount {
  readonly accountId: string;
  readonly customerName: string;
  /** Codes of the stalls it has, or will take over, in order. */
  readonly stalls: readonly string[];
}

/** Accounts that are not closed, by number; one that is closed has its number still, and nothing else of the row. */
export async function accountsByNumber(
  db: Queryable,
  marketId: string,
  rows: readonly { readonly number: string }[],
): Promise<Map<string, KnownAccount>> {
  const known = await db.query<KnownAccount & { number: string } & Record<string, unknown>>(
    `select account.number, account.account_id as "accountId",
            case when account.state = 'closed' then '' else account.customer_name end as "customerName",
            array(select code from stall
                  where stall.market_id = $1
                    and (stall.stall_id = any(account.prepared_stalls)
                         or exists (select from tenancy
                                    where tenancy.market_id = $1 and tenancy.stall_id = stall.stall_id
                                      and tenancy.account_id = account.account_id and tenancy.to_at is null))
                  order by code collate "C") as stalls
     from account where account.market_id = $1 and account.number = any($2)`,
    [marketId, rows.map(({ number }) => number)],
  );
  return new Map(known.map((one) => [one.number, one]));
}

/** Ids by code. */
export async function stallsByCode(
  db: Queryable,
  marketId: string,
  rows: readonly { readonly stalls: readonly string[] }[],
): Promise<Map<string, string>> {
  const known = await db.query<{ code: string; stall_id: string }>(
    'select code, stall_id from stall where market_id = $1 and code = any($2)',
    [marketId, rows.flatMap(({ stalls }) => stalls)],
  );
  return new Map(known.map(({ code, stall_id }) => [code, stall_id]));
}

/** Ids by kind and name, as in `water Stalls`. */
export async function plansByName(db: Queryable, marketId: string): Promise<Map<string, string>> {
  const known = await db.query<{ key: string; plan_id: string }>(
    `select kind || ' ' || name as key, plan_id from price_plan where market_id = $1`,
    [marketId],
  );
  return new Map(known.map(({ key, plan_id }) => [key, plan_id]));
}
