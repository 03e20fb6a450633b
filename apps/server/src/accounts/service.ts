import type { Queryable } from '../platform/database.ts';
import { accountsError } from './errors.ts';
import { findShared, insertOpen, insertTenancies } from './store.ts';
import type { Account, NewAccount } from './types.ts';

/** Opens accounts and lets each take over its stalls, all from the same instant. Their purses begin with the first posting. */
export async function openAccounts(
  tx: Queryable,
  marketId: string,
  at: Date,
  accounts: readonly NewAccount[],
): Promise<void> {
  await insertOpen(tx, marketId, at, accounts);
  const tenancies = accounts.flatMap(({ accountId, stallIds }) => stallIds.map((stallId) => ({ accountId, stallId })));
  await insertTenancies(tx, marketId, at, tenancies);
}

/**
 * The account, open and staying so until the transaction ends.
 * @throws accounts.not_found, accounts.not_open
 */
export async function requireOpenAccount(tx: Queryable, marketId: string, accountId: string): Promise<Account> {
  const account = await findShared(tx, marketId, accountId);
  if (account === null) throw accountsError('accounts.not_found', 'this market has no such account');
  if (account.state !== 'open') {
    throw accountsError('accounts.not_open', `account ${account.number} is ${account.state}`, { state: account.state });
  }
  return account;
}
