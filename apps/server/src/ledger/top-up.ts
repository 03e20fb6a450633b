import { type Fen, negateFen, uuidV7, ZERO_FEN } from '@openprepay/kernel';
import { requireOpenAccount } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { ledgerError } from './errors.ts';
import { post } from './post.ts';
import { findTopUp, purseBalances, type StoredTopUp } from './store.ts';
import type { LedgerTransaction, PaymentMethod } from './types.ts';

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
  /** The utility purse afterwards. */
  readonly balanceFen: Fen;
  readonly repeated: boolean;
}

/**
 * Sells credit at the counter: into the utility purse, out of the till, once per request however often it is sent.
 * @throws ledger.request_reused when the request id stood for another sale, accounts.not_found, accounts.not_open
 */
export async function topUp(ctx: Context, sale: TopUp): Promise<TopUpOutcome> {
  const { marketId, accountId } = sale;
  const idempotencyKey = `top_up:${sale.requestId}`;
  return ctx.db.tx(async (tx) => {
    let earlier = await findTopUp(tx, marketId, idempotencyKey);
    let txId = earlier?.txId;
    if (earlier === null) {
      await requireOpenAccount(tx, marketId, accountId);
      const transaction = transactionOf(sale, idempotencyKey, ctx.clock.now());
      const [posted] = await post(tx, marketId, [transaction]);
      txId = posted?.txId;
      // The same request may have been posted by another process in between.
      if (posted?.repeated) earlier = await findTopUp(tx, marketId, idempotencyKey);
      else await auditSale(tx, sale, transaction);
    }
    if (earlier) assertSameSale(earlier, sale);
    const purses = await purseBalances(tx, marketId, [accountId]);
    const balanceFen = purses.find(({ kind }) => kind === 'utility')?.balanceFen ?? ZERO_FEN;
    return { txId: txId ?? '', balanceFen, repeated: earlier !== null };
  });
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

function assertSameSale(earlier: StoredTopUp, sale: TopUp): void {
  const same =
    earlier.accountId === sale.accountId && earlier.amountFen === sale.amountFen && earlier.method === sale.method;
  if (!same) {
    throw ledgerError('ledger.request_reused', 'this request id stands for another sale', { txId: earlier.txId });
  }
}

async function auditSale(tx: Tx, sale: TopUp, { txId, businessAt }: LedgerTransaction): Promise<void> {
  const { marketId, accountId, operatorId, amountFen, method } = sale;
  await recordAudit(tx, {
    marketId,
    at: businessAt,
    operatorId,
    action: 'ledger.top_up',
    subject: `account:${accountId}`,
    reason: sale.memo,
    after: { txId, amountFen, method },
  });
}
