import type { AccountTerms, PurseBalances } from '@openprepay/contract';
import { type Fen, negateFen, uuidV7 } from '@openprepay/kernel';
import { type AccountMode, accountTerms, currentStalls, lockTerms, setMode } from '../accounts/index.ts';
import { lockRegister } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { idsByKey, lockPurse, post, postingsOf } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { lockMeters } from '../readings/index.ts';
import { settleMeters } from '../settlement/index.ts';
import { tenancyError } from './errors.ts';
import type { Act } from './hand-over.ts';
import { pursesOf } from './statement.ts';
import { metersToHandOver } from './store.ts';

export interface Debt {
  readonly accountId: string;
  /** Made by the caller once. */
  readonly requestId: string;
  readonly amountFen: Fen;
}

/**
 * Sets what an account is short of apart as an old debt: its utility purse stands higher by so much, and a share of each
 * top-up repays it. Under one request id once.
 * @throws tenancy.not_owed for more than the purse is short of, tenancy.request_reused, accounts.not_found, accounts.not_open
 */
export async function moveToDebt(
  ctx: Context,
  act: Act,
  { accountId, requestId, amountFen }: Debt,
): Promise<{ readonly txId: string; readonly purses: PurseBalances }> {
  const { marketId } = act;
  const key = `debt:${requestId}`;
  return ctx.db.tx(async (tx) => {
    await lockTerms(tx, marketId, accountId);
    const earlier = (await idsByKey(tx, marketId, [key])).get(key);
    if (earlier) {
      await mustBeSame(tx, marketId, earlier, accountId, amountFen);
      return { txId: earlier, purses: await pursesOf(tx, marketId, accountId) };
    }
    await lockPurse(tx, marketId, accountId, 'debt');
    const balanceFen = await lockPurse(tx, marketId, accountId, 'utility');
    if (amountFen > -balanceFen) {
      throw tenancyError('tenancy.not_owed', 'the account is not short of as much', { balanceFen: Number(balanceFen) });
    }
    const txId = await setApart(tx, act, accountId, amountFen, key);
    return { txId, purses: await pursesOf(tx, marketId, accountId) };
  });
}

async function mustBeSame(tx: Tx, marketId: string, txId: string, accountId: string, amountFen: Fen): Promise<void> {
  const lines = await postingsOf(tx, marketId, txId);
  const isSame = lines.some((line) => line.accountId === accountId && line.amountFen === amountFen);
  if (!isSame) throw tenancyError('tenancy.request_reused', 'this request id stands for another debt', { txId });
}

async function setApart(tx: Tx, act: Act, accountId: string, amountFen: Fen, key: string): Promise<string> {
  const { marketId, operatorId, now, note } = act;
  const txId = uuidV7(now);
  await post(tx, marketId, [
    {
      txId,
      kind: 'debt',
      idempotencyKey: key,
      businessAt: now,
      recordedAt: now,
      operatorId,
      memo: note,
      lines: [
        { ledgerAccount: 'purse.utility', accountId, amountFen },
        { ledgerAccount: 'purse.debt', accountId, amountFen: negateFen(amountFen) },
      ],
    },
  ]);
  await recordAudit(tx, {
    marketId,
    at: now,
    operatorId,
    action: 'tenancy.move_to_debt',
    subject: `account:${accountId}`,
    reason: note,
    after: { txId, amountFen },
  });
  return txId;
}

/**
 * Makes an account prepaid or postpaid. What its meters counted is settled first, to the last reading of each, so that the
 * purse says what is owed at the switch; that becomes an old debt where it is said, and the account begins at zero.
 * Asked again, nothing changes.
 * @throws accounts.not_found, accounts.not_open, accounts.postpaid_not_allowed, and what `settleMeters` cannot price
 */
export async function switchMode(
  ctx: Context,
  act: Act,
  accountId: string,
  { mode, owedAsDebt }: { readonly mode: AccountMode; readonly owedAsDebt: boolean },
): Promise<AccountTerms> {
  const { marketId, operatorId, now, note: reason } = act;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const before = await lockTerms(tx, marketId, accountId);
    if (before.mode === mode) return before;
    const stallIds = (await currentStalls(tx, marketId, accountId)).map(({ stallId }) => stallId);
    const meterIds = (await metersToHandOver(tx, marketId, stallIds)).map(({ meterId }) => meterId);
    await lockMeters(tx, marketId, meterIds);
    await settleMeters(tx, now, marketId, meterIds);
    await lockPurse(tx, marketId, accountId, 'debt');
    const balanceFen = await lockPurse(tx, marketId, accountId, 'utility');
    if (owedAsDebt && balanceFen < 0n) {
      await setApart(tx, act, accountId, negateFen(balanceFen), `mode:${uuidV7(now)}`);
    }
    await setMode(tx, { marketId, accountId, operatorId, reason, at: now }, before.mode, mode);
    return accountTerms(tx, marketId, accountId);
  });
}
