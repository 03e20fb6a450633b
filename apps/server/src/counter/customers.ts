import type { Customer } from '@openprepay/contract';
import { inBuildings, maskPhone } from '../accounts/index.ts';
import { purseBalances } from '../ledger/index.ts';
import type { Queryable } from '../platform/database.ts';

const MOST = 12;
/** Fewer digits are in everybody's telephone number. */
const LEAST_PHONE_DIGITS = 4;

type CustomerRow = Record<string, unknown> & {
  readonly account_id: string;
  readonly number: string;
  readonly customer_name: string;
  readonly phone: string | null;
  readonly state: Customer['state'];
  readonly mode: Customer['mode'];
  readonly credit_limit_fen: bigint;
  readonly stall_ids: string[];
  readonly codes: string[];
  readonly rank: number;
};

/** How well a text fits: 0 all of it, 1 its beginning, 2 a part; null where it does not. */
const fit = (text: string, asked: string) =>
  `case when ${text} = ${asked} then 0 when starts_with(${text}, ${asked}) then 1 when strpos(${text}, ${asked}) > 0 then 2 end`;

/**
 * The accounts that fit best what a cashier typed or scanned, the best first: by the code of a stall (with or without its
 * hyphens), the account's number, the customer's name, the telephone's digits.
 */
export async function findCustomers(
  db: Queryable,
  marketId: string,
  typed: string,
  buildingIds: readonly string[] | null = null,
): Promise<Customer[]> {
  const text = typed.normalize('NFKC').trim().toLowerCase();
  if (text === '') return [];
  const digits = text.replace(/\D/g, '');
  const rows = await db.query<CustomerRow>(
    `select account.account_id, account.number, account.customer_name, account.phone, account.state, account.mode,
            account.credit_limit_fen, stall.ids as stall_ids, stall.codes, found.rank
     from account
     cross join lateral (
       select coalesce(array_agg(stall_id order by code), '{}') as ids, coalesce(array_agg(code order by code), '{}') as codes,
              min(${fit(`replace(lower(code), '-', '')`, '$3')}) as rank
       from tenancy join stall using (market_id, stall_id)
       where tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
     ) stall
     cross join lateral (
       select least(stall.rank, ${fit('lower(account.number)', '$2')}, ${fit('lower(account.customer_name)', '$2')},
                    case when $4::text is not null
                         then ${fit(`regexp_replace(account.phone, '\\D', '', 'g')`, '$4')} end) as rank
     ) found
     where account.market_id = $1 and account.state in ('prepared', 'open') and found.rank is not null
       and ${inBuildings('account', '$5')}
     order by found.rank, stall.codes[1], account.number limit ${MOST}`,
    [marketId, text, text.replaceAll('-', ''), digits.length >= LEAST_PHONE_DIGITS ? digits : null, buildingIds],
  );
  const purses = await purseBalances(
    db,
    marketId,
    rows.map((row) => row.account_id),
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    number: row.number,
    customerName: row.customer_name,
    phone: row.phone === null ? null : maskPhone(row.phone),
    state: row.state,
    mode: row.mode,
    creditLimitFen: Number(row.credit_limit_fen),
    purses: {
      ...NO_PURSES,
      ...Object.fromEntries(
        purses
          .filter((purse) => purse.accountId === row.account_id)
          .map(({ kind, balanceFen }) => [kind, Number(balanceFen)]),
      ),
    },
    stalls: row.stall_ids.map((stallId, i) => ({ stallId, code: row.codes[i] ?? '' })),
    exact: row.rank === 0,
  }));
}

const NO_PURSES: Customer['purses'] = { utility: 0, fees: 0, deposit: 0, debt: 0 };
