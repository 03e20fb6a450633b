import type { Receipt } from '@openprepay/contract';
import { type Fen, fen, negateFen, uuidV7 } from '@openprepay/kernel';
import { requireOpenAccount } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import { type LedgerTransaction, type PaymentMethod, post } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { giveReceipt, receiptOf } from './receipts.ts';

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
 * Sells credit at the counter: into the utility purse, out of the till, once per request however often it is sent. The
 * receipt's number is taken in the same transaction.
 * @throws counter.request_reused when the request id stood for another sale, accounts.not_found, accounts.not_open
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

interface Sale {
  readonly txId: string;
  readonly accountId: string;
  readonly amountFen: Fen;
  readonly method: PaymentMethod;
  readonly repeated: boolean;
}

async function sell(tx: Tx, sale: TopUp, idempotencyKey: string, { clock }: Context): Promise<Sale> {
  const { marketId, accountId } = sale;
  await requireOpenAccount(tx, marketId, accountId);
  const transaction = transactionOf(sale, idempotencyKey, clock.now());
  const [posted] = await post(tx, marketId, [transaction]);
  // The same request may have been posted by another process in between.
  const earlier = posted?.repeated ? await findSale(tx, marketId, idempotencyKey) : null;
  if (earlier) return earlier;
  const { txId, businessAt: at } = transaction;
  await giveReceipt(tx, { ...sale, txId, kind: 'top_up', at });
  await auditSale(tx, sale, transaction);
  return { ...sale, txId, repeated: false };
}

async function findSale(tx: Queryable, marketId: string, idempotencyKey: string): Promise<Sale | null> {
  const rows = await tx.query<Sale & Record<string, unknown>>(
    `select receipt.tx_id as "txId", receipt.account_id as "accountId", receipt.amount_fen as "amountFen",
            receipt.method, true as repeated
     from ledger_tx join receipt using (market_id, tx_id)
     where ledger_tx.market_id = $1 and ledger_tx.idempotency_key = $2`,
    [marketId, idempotencyKey],
  );
  return rows[0] ?? null;
}

function transactionOf(sale: TopUp, idempotencyKey: string, at: Date): LedgerTransaction {
  return {
    txId: uuidV7(at),
    kind: 'top_up',
    idempotencyKey,
    businessAt: at,
    recordedAt: at,
    operatorId: sale.operatorId,
    memo: sale.memo,
    lines: [
      { ledgerAccount: 'purse.utility', accountId: sale.accountId, amountFen: sale.amountFen },
      { ledgerAccount: sale.method, accountId: null, amountFen: negateFen(sale.amountFen) },
    ],
  };
}

function assertSameSale(earlier: Sale, sale: TopUp): void {
  const same =
    earlier.accountId === sale.accountId && earlier.amountFen === sale.amountFen && earlier.method === sale.method;
  if (!same) {
    throw counterError('counter.request_reused', 'this request id stands for another sale', { txId: earlier.txId });
  }
}

async function auditSale(tx: Tx, sale: TopUp, { txId, businessAt }: LedgerTransaction): Promise<void> {
  const { marketId, accountId, operatorId, amountFen, method } = sale;
  await recordAudit(tx, {
    marketId,
    at: businessAt,
    operatorId,
    action: 'counter.top_up',
    subject: `account:${accountId}`,
    reason: sale.memo,
    after: { txId, amountFen, method },
  });
}
