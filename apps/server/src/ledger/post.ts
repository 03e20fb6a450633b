import { assert } from '@openprepay/kernel';
import type { Tx } from '../platform/database.ts';
import { idsByKey, insertTransactions } from './store.ts';
import type { LedgerPosting, LedgerTransaction, Posted } from './types.ts';

const MAX_TRANSACTIONS = 10_000;
/** A notification carries at most 8,000 bytes; an account id takes 37 of them. */
const ACCOUNTS_PER_SIGNAL = 100;

/**
 * Posts transactions and moves the purses they touch, in the caller's transaction: all or nothing. One whose
 * idempotency key is in the ledger already changes nothing. Post once in a database transaction, so that purses are
 * locked in one order.
 * @returns one result a transaction, in the order given
 */
export async function post(tx: Tx, marketId: string, transactions: readonly LedgerTransaction[]): Promise<Posted[]> {
  if (transactions.length === 0) return [];
  assertSound(transactions);
  const ordered = inOrder(transactions);
  const leftOut = await insertTransactions(tx, marketId, ordered);
  if (leftOut.size === 0) {
    await tellBalances(tx, marketId, ordered);
    return transactions.map(({ txId }) => ({ txId, repeated: false }));
  }
  const fresh = ordered.filter(({ txId }) => !leftOut.has(txId));
  await tellBalances(tx, marketId, fresh);
  const repeatedKeys = ordered.filter(({ txId }) => leftOut.has(txId)).map((one) => one.idempotencyKey);
  const earlier = await idsByKey(tx, marketId, repeatedKeys);
  assert(earlier.size === repeatedKeys.length, 'a transaction id stands for one key', { repeatedKeys });
  return transactions.map(({ txId, idempotencyKey }) => ({
    txId: earlier.get(idempotencyKey) ?? txId,
    repeated: earlier.has(idempotencyKey),
  }));
}

function assertSound(transactions: readonly LedgerTransaction[]): void {
  assert(transactions.length <= MAX_TRANSACTIONS, 'too many transactions at once', { count: transactions.length });
  const unsound = transactions.find(({ lines }) => !isSound(lines));
  assert(unsound === undefined, 'lines move money, sum to zero, and have an owner where they are a purse’s', {
    idempotencyKey: unsound?.idempotencyKey,
  });
}

/** In order of key: two callers that post the same facts wait for each other's end, never for each other. */
function inOrder(transactions: readonly LedgerTransaction[]): readonly LedgerTransaction[] {
  // Most come so, and a thousand long keys take as long to sort as to look at ten times.
  if (isRising(transactions)) return transactions;
  const ordered = transactions.toSorted((a, b) => (a.idempotencyKey < b.idempotencyKey ? -1 : 1));
  assert(isRising(ordered), 'one transaction a key');
  return ordered;
}

function isRising(transactions: readonly LedgerTransaction[]): boolean {
  let before = '';
  for (const { idempotencyKey } of transactions) {
    if (idempotencyKey <= before) return false;
    before = idempotencyKey;
  }
  return true;
}

function isSound(lines: readonly LedgerPosting[]): boolean {
  let sum = 0n;
  for (const { ledgerAccount, accountId, amountFen } of lines) {
    if (amountFen === 0n || ledgerAccount.startsWith('purse.') !== (accountId !== null)) return false;
    sum += amountFen;
  }
  return sum === 0n && lines.length >= 2;
}

async function tellBalances(tx: Tx, marketId: string, posted: readonly LedgerTransaction[]): Promise<void> {
  if (posted.length === 0) return;
  const accountIds = new Set<string>();
  for (const { lines } of posted) for (const { accountId } of lines) if (accountId !== null) accountIds.add(accountId);
  const all = [...accountIds];
  const payloads: string[] = [];
  for (let at = 0; at < all.length; at += ACCOUNTS_PER_SIGNAL) {
    payloads.push([marketId, ...all.slice(at, at + ACCOUNTS_PER_SIGNAL)].join(' '));
  }
  await tx.notify('balance', ...payloads);
  await tx.notify('grid', marketId);
}
