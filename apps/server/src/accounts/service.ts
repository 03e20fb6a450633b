import type { Queryable } from '../platform/database.ts';
import { accountsError } from './errors.ts';
import { findShared, insertOpen, insertTenancies } from './store.ts';
import type { Account, AccountState, NewAccount } from './types.ts';

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
  return requireState(tx, marketId, accountId, ['open']);
}

/**
 * The account, open or prepared, and staying so until the transaction ends.
 * @throws accounts.not_found, accounts.not_open
 */
export async function requireStandingAccount(tx: Queryable, marketId: string, accountId: string): Promise<Account> {
  return requireState(tx, marketId, accountId, ['open', 'prepared']);
}

async function requireState(
  tx: Queryable,
  marketId: string,
  accountId: string,
  states: readonly AccountState[],
): Promise<Account> {
  const account = await findShared(tx, marketId, accountId);
  if (account === null) throw accountsError('accounts.not_found', 'this market has no such account');
  if (!states.includes(account.state)) {
    throw accountsError('accounts.not_open', `account ${account.number} is ${account.state}`, { state: account.state });
  }
  return account;
}

/** @throws accounts.number_taken, accounts.no_such_plan, accounts.postpaid_not_allowed */
export async function requireFree(tx: Queryable, marketId: string, account: NewAccount): Promise<void> {
  const [taken] = await tx.query('select from account where market_id = $1 and number = $2', [
    marketId,
    account.number,
  ]);
  if (taken) throw accountsError('accounts.number_taken', `there is an account ${account.number} already`);
  if (account.mode === 'postpaid') await requirePostpaidAllowed(tx, marketId);
  const { electricityPlanId = null, waterPlanId = null } = account;
  await requirePlans(tx, marketId, { electricityPlanId, waterPlanId });
}

/** @throws accounts.postpaid_not_allowed */
export async function requirePostpaidAllowed(tx: Queryable, marketId: string): Promise<void> {
  const [allowed] = await tx.query('select from market where market_id = $1 and postpaid_allowed', [marketId]);
  if (!allowed) throw accountsError('accounts.postpaid_not_allowed', 'in this market nobody pays afterwards');
}

/** @throws accounts.no_such_plan for a plan that is not there, or is of the other kind */
export async function requirePlans(
  tx: Queryable,
  marketId: string,
  {
    electricityPlanId,
    waterPlanId,
  }: { readonly electricityPlanId: string | null; readonly waterPlanId: string | null },
): Promise<void> {
  const [missing] = await tx.query<{ kind: string }>(
    `select kind from (values ('electricity', $2::uuid), ('water', $3::uuid)) as t (kind, plan_id)
     where plan_id is not null and not exists (
       select from price_plan
       where price_plan.market_id = $1 and price_plan.plan_id = t.plan_id and price_plan.kind = t.kind)`,
    [marketId, electricityPlanId, waterPlanId],
  );
  if (missing) throw accountsError('accounts.no_such_plan', `there is no such ${missing.kind} plan`);
}

/** Writes an account down that will be opened later, with the stalls it will take over. */
export async function prepareAccount(tx: Queryable, marketId: string, account: NewAccount): Promise<void> {
  await insertOpen(tx, marketId, null, [account]);
}

/** Opens an account that was prepared, from an instant; its stalls are taken over beside it. */
export async function openPrepared(tx: Queryable, marketId: string, accountId: string, at: Date): Promise<void> {
  await tx.query(
    `update account set state = 'open', opened_at = $3, prepared_stalls = '{}'
     where market_id = $1 and account_id = $2 and state = 'prepared'`,
    [marketId, accountId, at],
  );
}
