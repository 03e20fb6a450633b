import { negateFen, uuidV7, ZERO_FEN } from '@openprepay/kernel';
import { requireOpenAccount, requireStandingAccount } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { lockPurse, post, postingsOf } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { giveReceipt, lockReceipt } from './receipts.ts';
import type { StoredReceipt } from './types.ts';

export interface Reversal {
  readonly marketId: string;
  /** The sale's. */
  readonly txId: string;
  /** In whose till the sale is taken back. */
  readonly operatorId: string;
  readonly reason: string;
  readonly at: Date;
}

/**
 * A cashier takes back his own mistaken sale, or a deposit, alone: in the shift and on the day it was made, and only while the purse
 * still holds all of it. Anything else could be a sale that was used, or counted and gone home with, so it needs a second
 * person. Asked again by the same cashier, it answers as the first time.
 * @returns the id of the reversal's transaction
 * @throws counter.no_such_receipt, counter.not_a_sale, counter.already_reversed, counter.needs_approval,
 *   accounts.not_open
 */
export async function reverseSale(ctx: Context, asked: Omit<Reversal, 'at'>): Promise<string> {
  const { marketId, txId, operatorId } = asked;
  return ctx.db.tx(async (tx) => {
    const sale = await lockSale(tx, marketId, txId);
    const earlier = await reversalOf(tx, marketId, txId);
    if (earlier?.operatorId === operatorId) return earlier.txId;
    if (earlier) throw alreadyReversed();
    const mustBe = sale.purse === 'deposit' ? requireStandingAccount : requireOpenAccount;
    await mustBe(tx, marketId, sale.accountId);
    const given = await reverse(tx, sale, { ...asked, at: ctx.clock.now() });
    const isSameTill = given.operatorId === sale.operatorId && given.shiftId === sale.shiftId && given.day === sale.day;
    if (!isSameTill) throw needsApproval('only its own cashier takes a sale back alone, in the same shift and day');
    if ((await lockPurse(tx, marketId, sale.accountId, sale.purse)) < ZERO_FEN) {
      throw needsApproval('part of what was sold is used already');
    }
    return given.txId;
  });
}

/**
 * Takes back a sale that a second person agreed was never one. The purse may end below zero: money that never came
 * in is not the tenant's, and what he used of it he owes. Were it refused, the till would be short for ever.
 * @returns the id of the reversal's transaction
 * @throws counter.no_such_receipt, counter.not_a_sale, counter.already_reversed
 */
export async function reverseApproved(tx: Tx, asked: Reversal): Promise<string> {
  const sale = await lockReversible(tx, asked.marketId, asked.txId);
  return (await reverse(tx, sale, asked)).txId;
}

/** A sale that nobody has taken back, and nobody else will until the transaction ends. */
export async function lockReversible(tx: Tx, marketId: string, txId: string): Promise<StoredReceipt> {
  const sale = await lockSale(tx, marketId, txId);
  if (await reversalOf(tx, marketId, txId)) throw alreadyReversed();
  return sale;
}

async function lockSale(tx: Tx, marketId: string, txId: string): Promise<StoredReceipt> {
  const receipt = await lockReceipt(tx, marketId, txId);
  if (receipt.kind !== 'top_up' && receipt.kind !== 'deposit')
    throw counterError('counter.not_a_sale', `this receipt is of a ${receipt.kind}`);
  return receipt;
}

async function reversalOf(
  tx: Queryable,
  marketId: string,
  txId: string,
): Promise<{ txId: string; operatorId: string | null } | null> {
  const rows = await tx.query<{ txId: string; operatorId: string | null }>(
    `select tx_id as "txId", operator_id as "operatorId" from ledger_tx where market_id = $1 and reverses_tx_id = $2`,
    [marketId, txId],
  );
  return rows[0] ?? null;
}

async function reverse(
  tx: Tx,
  sale: StoredReceipt,
  { marketId, operatorId, reason, at }: Reversal,
): Promise<StoredReceipt> {
  const txId = uuidV7(at);
  // Whatever state it is in; before its purse, as everyone locks them.
  await tx.query('select from account where market_id = $1 and account_id = $2 for share', [marketId, sale.accountId]);
  const lines = await postingsOf(tx, marketId, sale.txId);
  await post(tx, marketId, [
    {
      txId,
      kind: 'reversal',
      idempotencyKey: `reversal:${sale.txId}`,
      businessAt: at,
      recordedAt: at,
      operatorId,
      memo: reason,
      reversesTxId: sale.txId,
      lines: lines.map((line) => ({ ...line, amountFen: negateFen(line.amountFen) })),
    },
  ]);
  const { accountId, method, purse } = sale;
  const amountFen = negateFen(sale.amountFen);
  await recordAudit(tx, {
    marketId,
    at,
    operatorId,
    action: 'counter.reverse_sale',
    subject: `account:${accountId}`,
    reason,
    before: { txId: sale.txId },
    after: { txId, amountFen, method },
  });
  const debtFen = negateFen(sale.debtFen);
  const facts = { marketId, txId, accountId, operatorId, method, amountFen, purse, debtFen, at };
  return giveReceipt(tx, { ...facts, kind: 'reversal' });
}

const alreadyReversed = () => counterError('counter.already_reversed', 'this sale was taken back already');
const needsApproval = (why: string) => counterError('counter.needs_approval', `${why}: ask for approval`);
