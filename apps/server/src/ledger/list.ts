import { type LedgerEntry, type LedgerPage, type LedgerQuery, MOST_COUNTED_ENTRIES } from '@openprepay/contract';
import { inBuildings } from '../accounts/index.ts';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { keysOfDays } from './keys-of-days.ts';
import type { LedgerTransaction, PurseKind } from './types.ts';

/*
 * What moved in the purses of a market, as it was posted. A market has millions of entries, so whatever is asked is answered
 * along an index: by the key, which is in order of time, by an account, or by what is rare.
 */

const PAGE_SIZE = 50;

interface Meant {
  readonly accountIds: readonly string[];
  readonly txIds: readonly string[];
}

/** What a text means: accounts and stalls are few beside what was posted for them. */
async function meantBy(db: Queryable, marketId: string, text: string): Promise<Meant> {
  const like = likeText(text);
  const accounts = await db.query<{ id: string }>(
    `select account_id as id from account
     where market_id = $1 and (number ilike '%' || $2 || '%' or customer_name ilike '%' || $2 || '%'
       or exists (select from tenancy join stall using (market_id, stall_id)
                  where tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
                    and stall.code ilike '%' || $2 || '%'))`,
    [marketId, like],
  );
  const transactions = await db.query<{ id: string }>(
    `select tx_id as id from receipt where market_id = $1 and label = $2
     union select tx_id from ledger_tx where market_id = $1 and idempotency_key = $2`,
    [marketId, text],
  );
  return { accountIds: accounts.map(({ id }) => id), txIds: transactions.map(({ id }) => id) };
}

interface Question {
  /** From where on, with all conditions. */
  readonly fitting: string;
  readonly values: readonly unknown[];
}

/** Of the tables and conditions only what is needed: entries are counted, and skipped, by the hundred thousand. */
async function questionOf(
  db: Queryable,
  marketId: string,
  query: LedgerQuery,
  buildingIds: readonly string[] | null,
): Promise<Question> {
  const values: unknown[] = [marketId];
  const put = (value: unknown) => `$${values.push(value)}`;
  const [from, before] = (await keysOfDays(db, marketId, query)) ?? [marketId, marketId];
  const conditions = [
    `posting.tx_id >= ${put(from)} and posting.tx_id < ${put(before)} and posting.account_id is not null`,
  ];
  let source = '(select posting.*, null::bigint as balance_fen from posting where market_id = $1) posting';
  if (query.accountId) {
    // Of one account the balance is known, entry by entry.
    source = `(select posting.*, (sum(amount_fen) over (partition by ledger_account order by tx_id, line))::bigint as balance_fen
               from posting where market_id = $1 and account_id = ${put(query.accountId)}) posting`;
  }
  if (query.purse) conditions.push(`posting.ledger_account = ${put(`purse.${query.purse}`)}`);
  if (query.kind || query.operatorId) {
    source += ' join ledger_tx tx on tx.market_id = $1 and tx.tx_id = posting.tx_id';
    if (query.kind) conditions.push(`tx.kind = ${put(query.kind)}`);
    if (query.operatorId) conditions.push(`tx.operator_id = ${put(query.operatorId)}`);
  }
  if (query.text) {
    const { accountIds, txIds } = await meantBy(db, marketId, query.text);
    conditions.push(`(posting.account_id = any(${put(accountIds)}) or posting.tx_id = any(${put(txIds)}))`);
  }
  if (buildingIds) {
    source += ' join account on account.market_id = $1 and account.account_id = posting.account_id';
    conditions.push(inBuildings('account', put(buildingIds)));
  }
  return { fitting: `from ${source} where ${conditions.join(' and ')}`, values };
}

/** Newest first unless it is said otherwise; of accounts in some buildings alone where those are given. */
export async function listLedger(
  db: Queryable,
  marketId: string,
  query: LedgerQuery,
  buildingIds: readonly string[] | null = null,
): Promise<LedgerPage> {
  const question = await questionOf(db, marketId, query, buildingIds);
  const total = query.after ? 0 : await countUpTo(db, question);
  const rows = await selectPage(db, question, query);
  const last = rows.at(-1);
  return {
    total: Math.min(total, MOST_COUNTED_ENTRIES),
    isMore: total > MOST_COUNTED_ENTRIES,
    entries: rows.map(entryOf),
    next: last && rows.length === (query.pageSize ?? PAGE_SIZE) ? `${last.txId}.${last.line}` : null,
  };
}

async function countUpTo(db: Queryable, { fitting, values }: Question): Promise<number> {
  const [counted] = await db.query<{ total: bigint }>(
    `select count(*) as total from (select 1 ${fitting} limit ${MOST_COUNTED_ENTRIES + 1}) counted`,
    values,
  );
  return Number(counted?.total ?? 0);
}

type EntryRow = Omit<LedgerEntry, 'postedAt' | 'businessAt' | 'purse' | 'amountFen' | 'balanceFen'> & {
  readonly kind: LedgerTransaction['kind'];
  readonly postedAt: Date;
  readonly businessAt: Date;
  readonly ledgerAccount: string;
  readonly amountFen: bigint;
  readonly balanceFen: bigint | null;
} & Row;

/** Of the meters that a transaction charged: asked of those that may have some, for it costs as much as all else of an entry. */
const METERED_STALLS = `
  select array_agg(distinct stall.code)
  from (
    select stall_id from charge where tx.kind = 'charge' and market_id = $1 and charge_id = page.tx_id
    union all
    select stall_id from provisional_charge
    where tx.kind = 'provisional' and market_id = $1
      and (provisional_id = page.tx_id or replaced_tx_id = page.tx_id)
    union all
    select charge.stall_id
    from charge_correction correction join charge using (market_id, charge_id)
    where tx.kind = 'correction' and correction.market_id = $1 and correction.correction_id = page.tx_id
  ) had
  join stall on stall.market_id = $1 and stall.stall_id = had.stall_id`;

/** A page is found first, and then what stands behind its entries. */
function selectPage(db: Queryable, { fitting, values: asked }: Question, query: LedgerQuery): Promise<EntryRow[]> {
  const { page = 1, pageSize = PAGE_SIZE, after, ascending = false } = query;
  const direction = ascending ? 'asc' : 'desc';
  const values = [...asked];
  const put = (value: unknown) => `$${values.push(value)}`;
  const [txId, line] = after?.split('.') ?? [];
  const beyond = after ? `and (posting.tx_id, posting.line) ${ascending ? '>' : '<'} (${put(txId)}, ${put(line)})` : '';
  const skipped = after ? 0 : (page - 1) * pageSize;
  return db.query<EntryRow>(
    `with page as (
       select posting.* ${fitting} ${beyond}
       order by posting.tx_id ${direction}, posting.line ${direction} limit ${put(pageSize)} offset ${put(skipped)})
     select page.tx_id as "txId", page.line, tx.kind, tx.recorded_at as "postedAt", tx.business_at as "businessAt",
            page.ledger_account as "ledgerAccount", page.account_id as "accountId", account.number as "accountNumber",
            account.customer_name as "customerName", coalesce(receipt.stalls, case when tx.kind in ('charge', 'provisional', 'correction') then (${METERED_STALLS}) end, '{}') as stalls,
            page.amount_fen as "amountFen",
            coalesce(page.balance_fen,
                     case when 'purse.' || receipt.purse = page.ledger_account then receipt.balance_fen end) as "balanceFen",
            operator.name as "operatorName", receipt.label as "receiptNumber", tx.idempotency_key as "idempotencyKey",
            tx.memo
     from page
     join ledger_tx tx on tx.market_id = $1 and tx.tx_id = page.tx_id
     join account on account.market_id = $1 and account.account_id = page.account_id
     left join operator on operator.operator_id = tx.operator_id
     left join receipt on receipt.market_id = $1 and receipt.tx_id = page.tx_id
     order by page.tx_id ${direction}, page.line ${direction}`,
    values,
  );
}

function entryOf({ ledgerAccount, ...row }: EntryRow): LedgerEntry {
  return {
    ...row,
    purse: ledgerAccount.slice('purse.'.length) as PurseKind,
    postedAt: row.postedAt.toISOString(),
    businessAt: row.businessAt.toISOString(),
    amountFen: Number(row.amountFen),
    balanceFen: row.balanceFen === null ? null : Number(row.balanceFen),
  };
}
