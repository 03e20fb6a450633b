import { type Fen, negateFen, subtractFen, uuidV7, ZERO_FEN } from '@openprepay/kernel';
import { requireOpenAccount } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { idsByKey, lockPurse, post } from '../ledger/index.ts';
import type { Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { owedOf } from './owed.ts';
import { giveReceipt } from './receipts.ts';

export interface CashRefund {
  readonly marketId: string;
  readonly accountId: string;
  readonly amountFen: Fen;
  /** Names the refund: whatever is paid out under it is paid out once. */
  readonly refundId: string;
  /** Out of whose till it is paid. */
  readonly operatorId: string;
  readonly reason: string;
  readonly at: Date;
}

export interface Refundable {
  readonly balanceFen: Fen;
  readonly owedFen: Fen;
}

/**
 * What may be refunded at most, and will be until the transaction ends: the utility purse less all that is owed.
 * @throws counter.refund_too_much, counter.use_not_settled, accounts.not_found, accounts.not_open
 */
export async function requireRefundable(tx: Tx, asked: Refund): Promise<Refundable> {
  await requireOpenAccount(tx, asked.marketId, asked.accountId);
  const balanceFen = await lockPurse(tx, asked.marketId, asked.accountId, 'utility');
  return requireEnough(tx, asked, balanceFen);
}

type Refund = Pick<CashRefund, 'marketId' | 'accountId' | 'amountFen'>;

async function requireEnough(tx: Tx, { marketId, accountId, amountFen }: Refund, balanceFen: Fen): Promise<Refundable> {
  const owedFen = await owedOf(tx, marketId, accountId);
  if (amountFen > subtractFen(balanceFen, owedFen)) {
    throw counterError('counter.refund_too_much', 'the purse does not hold as much above what is owed', {
      balanceFen,
      owedFen,
    });
  }
  return { balanceFen, owedFen };
}

/**
 * Pays cash out of the utility purse; for the room that has a second person's approval. Under one refund id once.
 * @returns the id of the transaction
 * @throws counter.refund_too_much, counter.use_not_settled, accounts.not_found, accounts.not_open
 */
export async function refundCash(tx: Tx, refund: CashRefund): Promise<string> {
  const { marketId, accountId, operatorId, reason, at } = refund;
  const idempotencyKey = `refund:${refund.refundId}`;
  await requireOpenAccount(tx, marketId, accountId);
  const balanceFen = await lockPurse(tx, marketId, accountId, 'utility');
  // Under the lock, so that of two who pay out under one id the second finds what the first did.
  const earlier = (await idsByKey(tx, marketId, [idempotencyKey])).get(idempotencyKey);
  if (earlier) return earlier;
  await requireEnough(tx, refund, balanceFen);
  const txId = uuidV7(at);
  const amountFen = negateFen(refund.amountFen);
  await post(tx, marketId, [
    {
      txId,
      kind: 'refund',
      idempotencyKey,
      businessAt: at,
      recordedAt: at,
      operatorId,
      memo: reason,
      lines: [
        { ledgerAccount: 'purse.utility', accountId, amountFen },
        { ledgerAccount: 'cash', accountId: null, amountFen: refund.amountFen },
      ],
    },
  ]);
  await giveReceipt(tx, {
    marketId,
    txId,
    kind: 'refund',
    accountId,
    operatorId,
    method: 'cash',
    amountFen,
    purse: 'utility',
    debtFen: ZERO_FEN,
    at,
  });
  await recordAudit(tx, {
    marketId,
    at,
    operatorId,
    action: 'counter.refund_cash',
    subject: `account:${accountId}`,
    reason,
    after: { txId, amountFen },
  });
  return txId;
}
