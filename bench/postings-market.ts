import { fen, uuidV7 } from '@openprepay/kernel';
import { type LedgerTransaction, post } from '../apps/server/src/ledger/index.ts';
import type { Database } from '../apps/server/src/platform/database.ts';

const AT = new Date('2026-03-02T02:00:00Z');
const BATCH = 1_000;

export interface PostingsMarket {
  readonly marketId: string;
  /** A top-up of one account, at random among all. */
  readonly topUp: () => LedgerTransaction;
}

/**
 * A market of so many accounts with a ledger that is some way on: an empty one would be measured by the plans that PostgreSQL
 * makes for empty tables.
 */
export async function seedPostingsMarket(db: Database, accounts: number): Promise<PostingsMarket> {
  const marketId = uuidV7(AT);
  const accountIds = Array.from({ length: accounts }, () => uuidV7(AT));
  await db.query(`insert into market (market_id, code, name, created_at) values ($1, 'ledger', 'ledger', $2)`, [
    marketId,
    AT,
  ]);
  await db.query(
    `insert into account (market_id, account_id, number, customer_name, state)
     select $1, account_id, account_id::text, 'tenant', 'open' from unnest($2::uuid[]) as t (account_id)`,
    [marketId, accountIds],
  );
  const topUpOf = (accountId: string) => transaction(accountId, 1 + Math.floor(Math.random() * 100_000));
  for (let at = 0; at < accountIds.length; at += BATCH) {
    await db.tx((tx) => post(tx, marketId, accountIds.slice(at, at + BATCH).map(topUpOf)));
  }
  await db.query('vacuum analyze');
  return { marketId, topUp: () => topUpOf(accountIds[Math.floor(Math.random() * accounts)] ?? '') };
}

function transaction(accountId: string, amountFen: number): LedgerTransaction {
  const txId = uuidV7(AT);
  return {
    txId,
    kind: 'top_up',
    idempotencyKey: `top_up:${txId}`,
    businessAt: AT,
    recordedAt: AT,
    operatorId: null,
    memo: null,
    lines: [
      { ledgerAccount: 'purse.utility', accountId, amountFen: fen(amountFen) },
      { ledgerAccount: 'cash', accountId: null, amountFen: fen(-amountFen) },
    ],
  };
}
