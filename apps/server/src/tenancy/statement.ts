import type { MoveOut, MoveOutStatement, PurseBalances } from '@openprepay/contract';
import { accountTerms } from '../accounts/index.ts';
import { purseBalances } from '../ledger/index.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { freezeStatement, type MoveOutRow, meterSpans, movementsOf, moveOutsOf, stallCodes } from './store.ts';

/** What the purses of an account hold now. */
export async function pursesOf(db: Queryable, marketId: string, accountId: string): Promise<PurseBalances> {
  const purses = { utility: 0, fees: 0, deposit: 0, debt: 0 };
  for (const { kind, balanceFen } of await purseBalances(db, marketId, [accountId])) purses[kind] = Number(balanceFen);
  return purses;
}

/** Draws the statement of a move-out up and freezes it. All use up to then is charged. */
export async function drawUp(
  tx: Tx,
  marketId: string,
  now: Date,
  moveOut: Omit<MoveOutRow, 'statement' | 'drawnAt'>,
): Promise<MoveOut> {
  const { accountId, stallIds } = moveOut;
  const { number, customerName } = await accountTerms(tx, marketId, accountId);
  const spans = await meterSpans(tx, marketId, moveOut);
  const movements = await movementsOf(tx, marketId, accountId);
  const statement: MoveOutStatement = {
    accountNumber: number,
    customerName,
    stalls: await stallCodes(tx, marketId, stallIds),
    meters: spans.map(({ meterId, serial, kind, stall, ...span }) => ({
      meterId,
      serial,
      kind,
      stall,
      from: { readAt: span.fromReadAt.toISOString(), total: Number(span.fromTotal), estimated: span.fromEstimated },
      to: { readAt: span.toReadAt.toISOString(), total: Number(span.toTotal), estimated: span.toEstimated },
      use: Number(span.toTotal - span.fromTotal),
      chargedFen: Number(span.chargedFen),
    })),
    movements: movements.map(({ kind, amountFen }) => ({ kind, amountFen: Number(amountFen) })),
    purses: await pursesOf(tx, marketId, accountId),
  };
  await freezeStatement(tx, marketId, moveOut.moveOutId, statement, now);
  return moveOutOf({ ...moveOut, statement, drawnAt: now });
}

export const moveOutOf = (row: MoveOutRow): MoveOut => ({
  moveOutId: row.moveOutId,
  accountId: row.accountId,
  nextAccountId: row.nextAccountId,
  at: row.at.toISOString(),
  statement: row.statement as MoveOutStatement | null,
  drawnAt: row.drawnAt?.toISOString() ?? null,
  note: row.note,
});

/** @throws accounts.not_found */
export async function listMoveOuts(db: Queryable, marketId: string, accountId: string): Promise<MoveOut[]> {
  await accountTerms(db, marketId, accountId);
  return (await moveOutsOf(db, marketId, accountId)).map(moveOutOf);
}
