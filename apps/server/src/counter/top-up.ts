import type { Receipt } from '@openprepay/contract';
import { splitTopUp, type TopUpSplit } from '@openprepay/domain';
import { type Fen, fen, negateFen, uuidV7, ZERO_FEN } from '@openprepay/kernel';
import { lockForSale, repayEmergency, type SaleTerms } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { type LedgerTransaction, lockPurse, type PaymentMethod, post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { giveReceipt, receiptOf } from './receipts.ts';
import { assertSameSale, findSale, type Sale } from './sale.ts';

export interface TopUp {
  readonly marketId: string;
  readonly accountId: string;
  /** Made by the counter once per sale. */
  readonly requestId: string;
  readonly amountFen: Fen;
  readonly method: PaymentMethod;
  readonly memo: string | null;
  readonly operatorId: string;
}

export interface TopUpOutcome {
  readonly txId: string;
  /** The utility purse after the sale. */
  readonly balanceFen: Fen;
  readonly repeated: boolean;
  readonly receipt: Receipt;
}

/**
 * Sells credit at the counter: into the utility purse, a share of it against an old debt, out of the till, once per request
 * however often it is sent. The receipt's number is taken in the same transaction.
 * @throws counter.request_reused when the request id stood for another sale, counter.top_up_too_small,
 *   counter.top_up_too_large, accounts.not_found, accounts.not_open
 */
export async function topUp(ctx: Context, sale: TopUp): Promise<TopUpOutcome> {
  const { marketId } = sale;
  const idempotencyKey = `top_up:${sale.requestId}`;
  return ctx.db.tx(async (tx) => {
    const earlier = (await findSale(tx, marketId, idempotencyKey)) ?? (await sell(tx, sale, idempotencyKey, ctx));
    if (earlier.repeated) assertSameSale(earlier, sale);
    const receipt = await receiptOf(tx, marketId, earlier.txId);
    return { txId: earlier.txId, balanceFen: fen(receipt.balanceFen), repeated: earlier.repeated, receipt };
  });
}

async function sell(tx: Tx, sale: TopUp, idempotencyKey: string, { clock }: Context): Promise<Sale> {
  const { marketId, accountId } = sale;
  const terms = await lockForSale(tx, marketId, accountId);
  // The same request may have been sold while the account was waited for.
  const meanwhile = await findSale(tx, marketId, idempotencyKey);
  if (meanwhile) return meanwhile;
  const split = await divide(tx, sale, terms);
  const transaction = transactionOf(sale, split, idempotencyKey, clock.now());
  const [posted] = await post(tx, marketId, [transaction]);
  // Of another account, so that nobody waited for anybody.
  const earlier = posted?.repeated ? await findSale(tx, marketId, idempotencyKey) : null;
  if (earlier) return earlier;
  if (terms.emergencyTaken) await repayEmergency(tx, marketId, accountId);
  const { txId, businessAt: at } = transaction;
  await giveReceipt(tx, { ...sale, txId, kind: 'top_up', purse: 'utility', debtFen: split.debtFen, at });
  await auditSale(tx, sale, split, transaction);
  return { ...sale, txId, repeated: false };
}

/**
 * What of a sale goes where. Emergency credit that was taken is repaid first, and only the rest is shared with an old debt.
 * The account is locked, and no other posting than this one moves its debt.
 */
async function divide(tx: Tx, { marketId, accountId, amountFen }: TopUp, terms: SaleTerms): Promise<TopUpSplit> {
  const debtFen = await lockPurse(tx, marketId, accountId, 'debt');
  const isBounded = amountFen >= terms.minimumFen;
  const balanceFen =
    isBounded && !terms.emergencyTaken ? ZERO_FEN : await lockPurse(tx, marketId, accountId, 'utility');
  mustBeInBounds(amountFen, balanceFen, terms);
  const shortFen = terms.emergencyTaken && balanceFen < 0n ? negateFen(balanceFen) : ZERO_FEN;
  const firstFen = amountFen < shortFen ? amountFen : shortFen;
  const rest = splitTopUp(fen(amountFen - firstFen), {
    owedFen: negateFen(debtFen),
    sharePercent: terms.debtSharePercent,
    capFen: terms.debtCapFen,
  });
  return { utilityFen: fen(firstFen + rest.utilityFen), debtFen: rest.debtFen };
}

/** Who pays exactly what he is short of may pay less than the least. */
function mustBeInBounds(amountFen: Fen, balanceFen: Fen, { minimumFen, maximumFen }: SaleTerms): void {
  if (amountFen > maximumFen) {
    throw counterError('counter.top_up_too_large', 'more than a top-up may be in this market', {
      maximumFen: Number(maximumFen),
    });
  }
  if (amountFen < minimumFen && amountFen !== negateFen(balanceFen)) {
    throw counterError('counter.top_up_too_small', 'less than a top-up must be in this market', {
      minimumFen: Number(minimumFen),
    });
  }
}

function transactionOf(sale: TopUp, split: TopUpSplit, idempotencyKey: string, at: Date): LedgerTransaction {
  const { accountId } = sale;
  const purses = [
    { ledgerAccount: 'purse.utility', accountId, amountFen: split.utilityFen },
    { ledgerAccount: 'purse.debt', accountId, amountFen: split.debtFen },
  ] as const;
  return {
    txId: uuidV7(at),
    kind: 'top_up',
    idempotencyKey,
    businessAt: at,
    recordedAt: at,
    operatorId: sale.operatorId,
    memo: sale.memo,
    lines: [
      ...purses.filter(({ amountFen }) => amountFen > 0n),
      { ledgerAccount: sale.method, accountId: null, amountFen: negateFen(sale.amountFen) },
    ],
  };
}

async function auditSale(
  tx: Tx,
  sale: TopUp,
  { debtFen }: TopUpSplit,
  { txId, businessAt }: LedgerTransaction,
): Promise<void> {
  const { marketId, accountId, operatorId, amountFen, method } = sale;
  await recordAudit(tx, {
    marketId,
    at: businessAt,
    operatorId,
    action: 'counter.top_up',
    subject: `account:${accountId}`,
    reason: sale.memo,
    after: { txId, amountFen, method, debtFen },
  });
}
