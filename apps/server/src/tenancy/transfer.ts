import type { HandOverReading, MoveOut, NewAccount } from '@openprepay/contract';
import { currentStalls, endTenancies, lockTerms, openAccounts, requireFree, takeOver } from '../accounts/index.ts';
import { lockRegister } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { settleMeters } from '../settlement/index.ts';
import { tenancyError } from './errors.ts';
import { type Act, takeReadings } from './hand-over.ts';
import { forAccounts, saidOf, tellOf } from './open.ts';
import { drawUp, moveOutOf } from './statement.ts';
import { findMoveOut, insertMoveOut } from './store.ts';

export interface Transfer {
  /** Made by the caller once per hand-over. */
  readonly moveOutId: string;
  readonly accountId: string;
  readonly stallIds: readonly string[];
  readonly to: { readonly accountId: string } | NewAccount;
  readonly readings: readonly HandOverReading[];
}

/**
 * Hands stalls over from one account to another at one instant: what was used until then is charged to the one, what comes
 * after to the other, and the statement of it is drawn up at once. Sent again, it answers as the first time.
 * @throws tenancy.*, accounts.not_found, accounts.not_open, of a new account accounts.number_taken and accounts.no_such_plan,
 *   what readings refuses of a typed reading, and what `settleMeters` cannot price
 */
export async function transferStalls(ctx: Context, act: Act, transfer: Transfer): Promise<MoveOut> {
  const { marketId, operatorId, now, note } = act;
  const { moveOutId, accountId, stallIds, to } = transfer;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const earlier = await sameTransfer(tx, marketId, transfer);
    if (earlier) return earlier;
    if (to.accountId === accountId)
      throw tenancyError('tenancy.same_account', 'an account hands nothing over to itself');
    await lockTerms(tx, marketId, accountId);
    await mustHave(tx, marketId, accountId, stallIds);
    await requireReceiver(tx, marketId, to);
    const { at, meterIds } = await takeReadings(tx, act, stallIds, transfer.readings);
    await endTenancies(tx, marketId, accountId, stallIds, at);
    await settleMeters(tx, now, marketId, meterIds);
    if ('number' in to) await openAccounts(tx, marketId, at, [forAccounts(to)]);
    await takeOver(tx, marketId, to.accountId, stallIds, at);
    const row = { moveOutId, accountId, nextAccountId: to.accountId, stallIds, at, note };
    await insertMoveOut(tx, marketId, operatorId, row);
    await recordAudit(tx, {
      marketId,
      at: now,
      operatorId,
      action: 'tenancy.transfer_stalls',
      subject: `account:${accountId}`,
      reason: note,
      before: { accountId, stallIds },
      after: { to, at, moveOutId, readings: transfer.readings.map(saidOf) },
    });
    await tellOf(tx, marketId, [accountId, to.accountId]);
    return drawUp(tx, marketId, now, row);
  });
}

async function sameTransfer(tx: Queryable, marketId: string, transfer: Transfer): Promise<MoveOut | null> {
  const row = await findMoveOut(tx, marketId, transfer.moveOutId);
  if (row === null) return null;
  const isSame =
    row.accountId === transfer.accountId &&
    row.nextAccountId === transfer.to.accountId &&
    row.stallIds.length === transfer.stallIds.length &&
    row.stallIds.every((stallId) => transfer.stallIds.includes(stallId));
  if (!isSame) throw tenancyError('tenancy.request_reused', 'this id stands for another hand-over');
  return moveOutOf(row);
}

async function mustHave(tx: Tx, marketId: string, accountId: string, stallIds: readonly string[]): Promise<void> {
  const its = new Set((await currentStalls(tx, marketId, accountId)).map(({ stallId }) => stallId));
  if (stallIds.every((stallId) => its.has(stallId))) return;
  throw tenancyError('tenancy.not_its_stall', 'one of the stalls is not this account’s');
}

async function requireReceiver(tx: Tx, marketId: string, to: Transfer['to']): Promise<void> {
  if (!('number' in to)) {
    await lockTerms(tx, marketId, to.accountId);
    return;
  }
  if (to.stallIds.length > 0) {
    throw tenancyError(
      'tenancy.stalls_of_new_account',
      'the new account gets the stalls that are handed over, no others',
    );
  }
  const [there] = await tx.query('select from account where market_id = $1 and account_id = $2', [
    marketId,
    to.accountId,
  ]);
  if (there) throw tenancyError('tenancy.request_reused', 'this id stands for an account already');
  await requireFree(tx, marketId, forAccounts(to));
}
