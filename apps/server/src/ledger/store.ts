import { type Fen, ZERO_FEN } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { LedgerPosting, LedgerTransaction, PurseBalance, PurseKind } from './types.ts';

/**
 * Stores transactions with their postings and adds these to the purses, in one statement: a transaction whose idempotency key is
 * in the ledger already is left out, lines and all. One that someone else is just posting is waited for. Keys are taken in
 * the order given and before any purse, purses in order of account, as everyone does it.
 * @returns the ids of those left out: none, most often, so that there is little to read
 */
export async function insertTransactions(
  tx: Queryable,
  marketId: string,
  transactions: readonly LedgerTransaction[],
): Promise<Set<string>> {
  const lines: { txId: string; index: number; line: LedgerPosting }[] = [];
  for (const { txId, lines: all } of transactions)
    for (const [index, line] of all.entries()) lines.push({ txId, index, line });
  const rows = await tx.query<{ tx_id: string }>(
    `with fresh as (
       insert into ledger_tx (market_id, tx_id, kind, idempotency_key, business_at, recorded_at, operator_id, memo,
                              reverses_tx_id)
       select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[],
                                $8::text[], $9::uuid[])
       on conflict do nothing
       returning tx_id
     ), line as (
       select * from unnest($10::uuid[], $11::smallint[], $12::text[], $13::uuid[], $14::bigint[])
         as t (tx_id, line, ledger_account, account_id, amount_fen)
       where tx_id in (select tx_id from fresh)
     ), posted as (
       insert into posting (market_id, tx_id, line, ledger_account, account_id, amount_fen) select $1, * from line
     ), moved as (
       insert into purse (market_id, account_id, kind, balance_fen)
       select $1, account_id, substr(ledger_account, 7) as kind, sum(amount_fen)
       from line where account_id is not null
       group by account_id, ledger_account
       order by account_id, kind
       on conflict (market_id, account_id, kind) do update set balance_fen = purse.balance_fen + excluded.balance_fen
     )
     select tx_id from unnest($2::uuid[]) as t (tx_id)
     where (select count(*) from fresh) < cardinality($2::uuid[]) and tx_id not in (select tx_id from fresh)`,
    [
      marketId,
      transactions.map((transaction) => transaction.txId),
      transactions.map((transaction) => transaction.kind),
      transactions.map((transaction) => transaction.idempotencyKey),
      transactions.map((transaction) => transaction.businessAt),
      transactions.map((transaction) => transaction.recordedAt),
      noneAsNull(transactions.map((transaction) => transaction.operatorId)),
      noneAsNull(transactions.map((transaction) => transaction.memo)),
      noneAsNull(transactions.map((transaction) => transaction.reversesTxId ?? null)),
      lines.map(({ txId }) => txId),
      lines.map(({ index }) => index),
      lines.map(({ line }) => line.ledgerAccount),
      lines.map(({ line }) => line.accountId),
      lines.map(({ line }) => line.amountFen),
    ],
    'ledger_post',
  );
  return new Set(rows.map((row) => row.tx_id));
}

/** `unnest` fills up what is shorter: a thousand nulls need not be written and read. */
const noneAsNull = <T>(values: readonly (T | null)[]): readonly (T | null)[] | null =>
  values.every((value) => value === null) ? null : values;

export async function idsByKey(
  tx: Queryable,
  marketId: string,
  idempotencyKeys: readonly string[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ tx_id: string; idempotency_key: string }>(
    'select tx_id, idempotency_key from ledger_tx where market_id = $1 and idempotency_key = any($2::text[])',
    [marketId, idempotencyKeys],
  );
  return new Map(rows.map((row) => [row.idempotency_key, row.tx_id]));
}

/** The purses of accounts that have had a posting; a purse without one is not listed and holds nothing. */
export async function purseBalances(
  db: Queryable,
  marketId: string,
  accountIds: readonly string[],
): Promise<PurseBalance[]> {
  return db.query<PurseBalance & Record<string, unknown>>(
    `select account_id as "accountId", kind, balance_fen as "balanceFen"
     from purse where market_id = $1 and account_id = any($2::uuid[]) order by account_id, kind`,
    [marketId, accountIds],
  );
}

/** The lines of one transaction, in their order; none where there is no such transaction. */
export async function postingsOf(tx: Queryable, marketId: string, txId: string): Promise<LedgerPosting[]> {
  return tx.query<LedgerPosting & Record<string, unknown>>(
    `select ledger_account as "ledgerAccount", account_id as "accountId", amount_fen as "amountFen"
     from posting where market_id = $1 and tx_id = $2 order by line`,
    [marketId, txId],
  );
}

/** What a purse holds, and will until the transaction ends. */
export async function lockPurse(tx: Queryable, marketId: string, accountId: string, kind: PurseKind): Promise<Fen> {
  const rows = await tx.query<{ balance_fen: Fen }>(
    'select balance_fen from purse where market_id = $1 and account_id = $2 and kind = $3 for update',
    [marketId, accountId, kind],
  );
  return rows[0]?.balance_fen ?? ZERO_FEN;
}
