import type { AuditAction, HandOverReading, NewAccount, OpenedAccount } from '@openprepay/contract';
import { fen, OpenPrepayError } from '@openprepay/kernel';
import {
  accountTerms,
  openAccounts,
  openPrepared,
  prepareAccount,
  preparedStalls,
  requireFree,
  takeOver,
} from '../accounts/index.ts';
import { lockRegister } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { tenancyError } from './errors.ts';
import { type Act, mustBeOf, takeReadings } from './hand-over.ts';
import { metersToHandOver, unusableStalls } from './store.ts';

export interface Opening {
  readonly accounts: readonly NewAccount[];
  readonly prepare: boolean;
  readonly readings: readonly HandOverReading[];
  /** Asked of each account before it is opened. @throws what its operator may not give it */
  readonly mayGrant?: (account: NewAccount) => void;
}

/** Where an account is opened: a transaction, or the rehearsal of one. */
type Stage = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * Opens or prepares accounts, each in a transaction of its own: what is wrong with one stops no other. Sent again, those
 * that are there already answer as the first time.
 * @throws tenancy.not_its_meter for a reading that belongs to none of them
 */
export async function openAll(
  ctx: Context,
  act: Act,
  opening: Opening,
  stage: Stage = (work) => ctx.db.tx(work),
): Promise<OpenedAccount[]> {
  const stallIds = [...new Set(opening.accounts.flatMap((account) => account.stallIds))];
  mustBeOf(await metersToHandOver(ctx.db, act.marketId, stallIds), opening.readings);
  const opened: OpenedAccount[] = [];
  for (const account of opening.accounts) {
    try {
      opening.mayGrant?.(account);
      opened.push(await stage((tx) => open(tx, act, account, opening)));
    } catch (error) {
      if (!(error instanceof OpenPrepayError) || error.status >= 500) throw error;
      const problem = { code: error.code, detail: error.message };
      opened.push({ accountId: account.accountId, state: null, from: null, problem });
    }
  }
  return opened;
}

async function open(tx: Tx, act: Act, account: NewAccount, opening: Opening): Promise<OpenedAccount> {
  const { marketId } = act;
  await lockRegister(tx, marketId);
  const earlier = await sameAccount(tx, marketId, account);
  if (earlier) return earlier;
  await requireFree(tx, marketId, forAccounts(account));
  const { missing, occupied } = await unusableStalls(tx, marketId, account.stallIds);
  mustBeThere(missing);
  if (opening.prepare) {
    await prepareAccount(tx, marketId, forAccounts(account));
    await noteOpening(tx, act, 'tenancy.prepare_account', account.accountId, { account });
    return { accountId: account.accountId, state: 'prepared', from: null, problem: null };
  }
  mustBeVacant(occupied);
  const meters = new Set((await metersToHandOver(tx, marketId, account.stallIds)).map(({ meterId }) => meterId));
  const readings = opening.readings.filter(({ meterId }) => meters.has(meterId));
  const { at } = await takeReadings(tx, act, account.stallIds, readings);
  await openAccounts(tx, marketId, at, [forAccounts(account)]);
  await noteOpening(tx, act, 'tenancy.open_account', account.accountId, {
    account,
    at,
    readings: readings.map(saidOf),
  });
  return { accountId: account.accountId, state: 'open', from: at.toISOString(), problem: null };
}

/**
 * Opens an account that was prepared, with the stalls written down for it. Done again, it answers as the first time.
 * @throws accounts.not_found, tenancy.not_prepared, tenancy.no_such_stall, tenancy.stall_occupied, and what
 *   `takeReadings` throws
 */
export async function openOne(
  ctx: Context,
  act: Act,
  accountId: string,
  readings: readonly HandOverReading[],
): Promise<OpenedAccount> {
  const { marketId } = act;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const { state, number, openedAt } = await accountTerms(tx, marketId, accountId);
    if (state === 'open') return { accountId, state, from: openedAt, problem: null };
    if (state === 'closed') throw tenancyError('tenancy.not_prepared', `account ${number} is closed`);
    const stallIds = await preparedStalls(tx, marketId, accountId);
    const { missing, occupied } = await unusableStalls(tx, marketId, stallIds);
    mustBeThere(missing);
    mustBeVacant(occupied);
    const { at } = await takeReadings(tx, act, stallIds, readings);
    await openPrepared(tx, marketId, accountId, at);
    await takeOver(tx, marketId, accountId, stallIds, at);
    await noteOpening(tx, act, 'tenancy.open_prepared', accountId, { at, stallIds, readings: readings.map(saidOf) });
    return { accountId, state: 'open', from: at.toISOString(), problem: null };
  });
}

/** The account, where it was opened or prepared before. @throws tenancy.request_reused */
async function sameAccount(
  tx: Queryable,
  marketId: string,
  { accountId, number }: NewAccount,
): Promise<OpenedAccount | null> {
  const [there] = await tx.query('select from account where market_id = $1 and account_id = $2', [marketId, accountId]);
  if (!there) return null;
  const terms = await accountTerms(tx, marketId, accountId);
  if (terms.number !== number) {
    throw tenancyError('tenancy.request_reused', `this id stands for account ${terms.number}`);
  }
  return { accountId, state: terms.state, from: terms.openedAt, problem: null };
}

/** As the accounts room takes it. */
export const forAccounts = (account: NewAccount) => ({
  ...account,
  phone: account.phone ?? null,
  creditLimitFen: fen(account.creditLimitFen ?? 0),
  depositFen: account.depositFen === undefined ? null : fen(account.depositFen),
});

/** What a person typed, as the audit keeps it. */
export const saidOf = ({ meterId, value }: HandOverReading) => ({ meterId, value });

function mustBeThere(missing: readonly string[]): void {
  if (missing.length > 0) throw tenancyError('tenancy.no_such_stall', 'this market has no such stall', { missing });
}

function mustBeVacant(occupied: readonly string[]): void {
  if (occupied.length === 0) return;
  throw tenancyError('tenancy.stall_occupied', `${occupied.join(', ')} is another account's: hand it over instead`, {
    stalls: occupied.join(', '),
  });
}

/** The audit, and the word to settlement, control and the grid. */
async function noteOpening(tx: Tx, act: Act, action: AuditAction, accountId: string, after: object): Promise<void> {
  const { marketId, operatorId, now, note } = act;
  await recordAudit(tx, {
    marketId,
    at: now,
    operatorId,
    action,
    subject: `account:${accountId}`,
    reason: note,
    after,
  });
  await tellOf(tx, marketId, [accountId]);
}

export async function tellOf(tx: Tx, marketId: string, accountIds: readonly string[]): Promise<void> {
  await tx.notify('readings', marketId);
  await tx.notify('balance', [marketId, ...accountIds].join(' '));
  await tx.notify('grid', marketId);
}
