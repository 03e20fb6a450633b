import type { Fen } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { LedgerTransaction, PaymentMethod, PurseBalance } from './types.ts';

/** @returns the ids of those that were not there before; a transaction that someone else is just posting is waited for */
export async function insertTransactions(
  tx: Queryable,
  marketId: string,
  transactions: readonly LedgerTransaction[],
): Promise<Set<string>> {
  const rows = await tx.query<{ tx_id: string }>(
    `insert into ledger_tx (market_id, tx_id, kind, idempotency_key, business_at, recorded_at, operator_id, memo)
     select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[],
                              $8::text[])
     on conflict do nothing
     returning tx_id`,
    [
      marketId,
      transactions.map((transaction) => transaction.txId),
      transactions.map((transaction) => transaction.kind),
      transactions.map((transaction) => transaction.idempotencyKey),
      transactions.map((transaction) => transaction.businessAt),
      transactions.map((transaction) => transaction.recordedAt),
      transactions.map((transaction) => transaction.operatorId),
      transactions.map((transaction) => transaction.memo),
    ],
  );
  return new Set(rows.map((row) => row.tx_id));
}

export async function insertPostings(
  tx: Queryable,
  marketId: string,
  transactions: readonly LedgerTransaction[],
): Promise<void> {
  const postings = transactions.flatMap(({ txId, lines }) => lines.map((line, index) => ({ txId, index, ...line })));
  await tx.query(
    `insert into posting (market_id, tx_id, line, ledger_account, account_id, amount_fen)
     select $1, * from unnest($2::uuid[], $3::smallint[], $4::text[], $5::uuid[], $6::bigint[])`,
    [
      marketId,
      postings.map((posting) => posting.txId),
      postings.map((posting) => posting.index),
      postings.map((posting) => posting.ledgerAccount),
      postings.map((posting) => posting.accountId),
      postings.map((posting) => posting.amountFen),
    ],
  );
}

/** Adds one change a purse. In order of account, as everyone locks purses, so that two postings never wait for each other. */
export async function addToPurses(tx: Queryable, marketId: string, changes: readonly PurseBalance[]): Promise<void> {
  await tx.query(
    `insert into purse (market_id, account_id, kind, balance_fen)
     select $1, account_id, kind, change_fen
     from unnest($2::uuid[], $3::text[], $4::bigint[]) as t (account_id, kind, change_fen)
     order by account_id, kind
     on conflict (market_id, account_id, kind) do update set balance_fen = purse.balance_fen + excluded.balance_fen`,
    [
      marketId,
      changes.map((change) => change.accountId),
      changes.map((change) => change.kind),
      changes.map((change) => change.balanceFen),
    ],
  );
}

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

export interface StoredTopUp {
  readonly txId: string;
  readonly accountId: string;
  readonly amountFen: Fen;
  readonly method: PaymentMethod;
}

export async function findTopUp(tx: Queryable, marketId: string, idempotencyKey: string): Promise<StoredTopUp | null> {
  const rows = await tx.query<StoredTopUp & Record<string, unknown>>(
    `select ledger_tx.tx_id as "txId", purse.account_id as "accountId", purse.amount_fen as "amountFen",
            till.ledger_account as method
     from ledger_tx
     join posting purse
       on purse.market_id = ledger_tx.market_id and purse.tx_id = ledger_tx.tx_id and purse.account_id is not null
     join posting till
       on till.market_id = ledger_tx.market_id and till.tx_id = ledger_tx.tx_id and till.account_id is null
     where ledger_tx.market_id = $1 and ledger_tx.idempotency_key = $2`,
    [marketId, idempotencyKey],
  );
  return rows[0] ?? null;
}
