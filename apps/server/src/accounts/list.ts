import type { AccountPage, AccountQuery, AccountRow, PurseBalances } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { inBuildings } from './in-buildings.ts';
import { maskPhone } from './mask-phone.ts';

/*
 * The accounts of a market by the page, with what they hold.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<AccountQuery['sort']>, string>> = {
  number: 'account.number',
  name: 'account.customer_name',
  utility: 'coalesce(utility.balance_fen, 0)',
  debt: 'coalesce(debt.balance_fen, 0)',
  opened: 'account.opened_at',
};

const MATCHING = `
  from account
  left join purse utility
    on utility.market_id = account.market_id and utility.account_id = account.account_id and utility.kind = 'utility'
  left join purse debt
    on debt.market_id = account.market_id and debt.account_id = account.account_id and debt.kind = 'debt'
  where account.market_id = $1
    and case $2 when 'any' then true
                when 'current' then account.state <> 'closed'
                else account.state = $2 end
    and ($3::text is null or account.mode = $3)
    and ($4::boolean is null or coalesce(debt.balance_fen < 0, false) = $4)
    and ($5::text is null or account.number ilike '%' || $5 || '%' or account.customer_name ilike '%' || $5 || '%'
         or account.phone ilike '%' || $5 || '%'
         or exists (select from stall
                    where stall.market_id = $1 and stall.stall_id = any(account.prepared_stalls)
                      and stall.code ilike '%' || $5 || '%')
         or exists (select from tenancy join stall using (market_id, stall_id)
                    where tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
                      and stall.code ilike '%' || $5 || '%'))
    and ${inBuildings('account', '$6')}
    and ($7::boolean is null or exists (select from provisional_charge
           where provisional_charge.market_id = $1 and provisional_charge.account_id = account.account_id
             and replaced_at is null) = $7)`;

type AccountColumns = Omit<AccountRow, 'openedAt' | 'closedAt' | 'purses'> & {
  readonly openedAt: Date | null;
  readonly closedAt: Date | null;
  readonly balances: Readonly<Record<string, string>>;
} & Row;

/** One page of the market's accounts, or of those of some buildings, in the order asked, with how many there are in all. */
export async function listAccounts(
  db: Queryable,
  marketId: string,
  query: AccountQuery,
  buildingIds: readonly string[] | null = null,
): Promise<AccountPage> {
  const { sort = 'number', descending = false, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    query.state ?? 'current',
    query.mode ?? null,
    query.debt ?? null,
    likeText(query.text),
    buildingIds,
    query.provisional ?? null,
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last`;
  const rows = await db.query<AccountColumns>(
    `with page as (
       select account.account_id, row_number() over (order by ${order}, account.account_id) as n ${MATCHING}
       order by n limit $8 offset $9)
     select account.account_id as "accountId", account.number, account.customer_name as "customerName", account.phone,
            account.state, account.mode, account.opened_at as "openedAt", account.closed_at as "closedAt",
            array(select stall.code from stall
                  where stall.market_id = $1 and stall.stall_id = any(account.prepared_stalls)
                  union all
                  select stall.code from tenancy join stall using (market_id, stall_id)
                  where tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
                  order by code) as stalls,
            coalesce((select jsonb_object_agg(kind, balance_fen::text) from purse
                      where purse.market_id = $1 and purse.account_id = account.account_id), '{}') as balances
     from page join account on account.market_id = $1 and account.account_id = page.account_id
     order by page.n`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), accounts: rows.map(rowOf) };
}

const rowOf = ({ balances, openedAt, closedAt, phone, ...row }: AccountColumns): AccountRow => ({
  ...row,
  phone: phone === null ? null : maskPhone(phone),
  openedAt: openedAt?.toISOString() ?? null,
  closedAt: closedAt?.toISOString() ?? null,
  purses: pursesOf(balances),
});

const pursesOf = (balances: Readonly<Record<string, string>>): PurseBalances => ({
  utility: Number(balances['utility'] ?? 0),
  fees: Number(balances['fees'] ?? 0),
  deposit: Number(balances['deposit'] ?? 0),
  debt: Number(balances['debt'] ?? 0),
});
