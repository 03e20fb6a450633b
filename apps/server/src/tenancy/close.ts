import type { ClosedAccount, HandOverReading, MoveOut } from '@openprepay/contract';
import { assert, type Fen, fen, negateFen, uuidV7 } from '@openprepay/kernel';
import { closeAccount, currentStalls, endTenancies, lockAny, openPrepared, reopenAccount } from '../accounts/index.ts';
import { lockRegister } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { type LedgerAccount, lockPurse, type PurseKind, post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { settleMeters } from '../settlement/index.ts';
import { type Act, mustBeOf, takeReadings } from './hand-over.ts';
import { tellOf } from './open.ts';
import { drawUp, moveOutOf, pursesOf } from './statement.ts';
import { insertMoveOut, type MoveOutRow, moveOutsOf } from './store.ts';

/** In the order in which everyone locks them. */
const BESIDE: readonly PurseKind[] = ['debt', 'deposit', 'fees'];

/**
 * Closes an account as far as it goes: its stalls are given back and settled to that instant, and its purses become one
 * balance. While that is not zero the account stays open, without stalls, to be refunded or to pay; called again, it is
 * closed. A closed account into which something was posted afterwards opens again, for that money and nothing else.
 * @throws accounts.not_found, tenancy.*, what readings refuses of a typed reading, and what `settleMeters` cannot price
 */
export async function closeOne(
  ctx: Context,
  act: Act,
  accountId: string,
  readings: readonly HandOverReading[],
): Promise<ClosedAccount> {
  const { marketId, now } = act;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const before = await lockAny(tx, marketId, accountId);
    const purses = await pursesOf(tx, marketId, accountId);
    const ends = (await moveOutsOf(tx, marketId, accountId)).filter((row) => row.nextAccountId === null);
    const [last] = ends;
    if (before === 'closed' && last && Object.values(purses).every((balance) => balance === 0)) {
      return { state: 'closed', balanceFen: 0, moveOut: moveOutOf(last) };
    }
    if (before === 'closed') await reopenAccount(tx, marketId, accountId);
    const stallIds = (await currentStalls(tx, marketId, accountId)).map(({ stallId }) => stallId);
    const pending = ends.filter((row) => row.statement === null);
    const isBegun = pending.length > 0 && stallIds.length === 0;
    const open = isBegun ? pending : [await giveBack(tx, act, accountId, stallIds, readings), ...pending];
    if (isBegun) mustBeOf([], readings);
    const balanceFen = await joinPurses(tx, act, accountId);
    if (balanceFen === 0n) await closeAccount(tx, marketId, accountId, now);
    // A prepared one whose deposit has to be given back: open, without a stall, until it is.
    else if (before === 'prepared') await openPrepared(tx, marketId, accountId, now);
    const state = balanceFen === 0n ? 'closed' : 'open';
    await note(tx, act, accountId, { before, after: { state, balanceFen } });
    const moveOuts: MoveOut[] = [];
    for (const row of open) {
      moveOuts.push(state === 'closed' ? await drawUp(tx, marketId, now, row) : moveOutOf(row));
    }
    const [moveOut] = moveOuts;
    assert(moveOut, 'an account that is being closed has a move-out');
    return { state, balanceFen: Number(balanceFen), moveOut };
  });
}

/** Ends the account's time at all its stalls, with all use up to then charged. */
async function giveBack(
  tx: Tx,
  act: Act,
  accountId: string,
  stallIds: readonly string[],
  readings: readonly HandOverReading[],
): Promise<MoveOutRow> {
  const { marketId, operatorId, now, note: why } = act;
  const { at, meterIds } = await takeReadings(tx, act, stallIds, readings);
  await endTenancies(tx, marketId, accountId, stallIds, at);
  await settleMeters(tx, now, marketId, meterIds);
  const row = { moveOutId: uuidV7(now), accountId, nextAccountId: null, stallIds, at, note: why };
  await insertMoveOut(tx, marketId, operatorId, row);
  return { ...row, statement: null, drawnAt: null };
}

/**
 * What the other purses hold or are short of goes into the utility purse: without a stall there is no supply that it could
 * cut, and what is left is one amount, to be refunded or paid.
 * @returns the balance, which stays until the transaction ends
 */
async function joinPurses(tx: Tx, { marketId, operatorId, now, note: why }: Act, accountId: string): Promise<Fen> {
  const held: { readonly ledgerAccount: LedgerAccount; readonly balanceFen: Fen }[] = [];
  for (const kind of BESIDE) {
    held.push({ ledgerAccount: `purse.${kind}`, balanceFen: await lockPurse(tx, marketId, accountId, kind) });
  }
  const utilityFen = await lockPurse(tx, marketId, accountId, 'utility');
  const filled = held.filter(({ balanceFen }) => balanceFen !== 0n);
  if (filled.length === 0) return utilityFen;
  const joinedFen = fen(filled.reduce((sum, { balanceFen }) => sum + balanceFen, 0n));
  const lines = filled.map(({ ledgerAccount, balanceFen }) => ({
    ledgerAccount,
    accountId,
    amountFen: negateFen(balanceFen),
  }));
  const txId = uuidV7(now);
  await post(tx, marketId, [
    {
      txId,
      kind: 'closing',
      idempotencyKey: `closing:${txId}`,
      businessAt: now,
      recordedAt: now,
      operatorId,
      memo: why,
      lines: joinedFen === 0n ? lines : [...lines, { ledgerAccount: 'purse.utility', accountId, amountFen: joinedFen }],
    },
  ]);
  return fen(utilityFen + joinedFen);
}

async function note(
  tx: Tx,
  { marketId, operatorId, now, note: reason }: Act,
  accountId: string,
  { before, after }: { readonly before: string; readonly after: object },
): Promise<void> {
  await recordAudit(tx, {
    marketId,
    at: now,
    operatorId,
    action: 'tenancy.close_account',
    subject: `account:${accountId}`,
    reason,
    before: { state: before },
    after,
  });
  await tellOf(tx, marketId, [accountId]);
}
