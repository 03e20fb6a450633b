import type { Fen } from '@openprepay/kernel';
import type { PaymentMethod } from '../ledger/index.ts';
import type { Queryable } from '../platform/database.ts';
import { counterError } from './errors.ts';

/** Money that came in at the counter, as its receipt has it. */
export interface Sale {
  readonly txId: string;
  readonly accountId: string;
  readonly amountFen: Fen;
  readonly method: PaymentMethod;
  readonly repeated: boolean;
}

/** What was taken under a key before; null where nothing was. */
export async function findSale(tx: Queryable, marketId: string, idempotencyKey: string): Promise<Sale | null> {
  const rows = await tx.query<Sale & Record<string, unknown>>(
    `select receipt.tx_id as "txId", receipt.account_id as "accountId", receipt.amount_fen as "amountFen",
            receipt.method, true as repeated
     from ledger_tx join receipt using (market_id, tx_id)
     where ledger_tx.market_id = $1 and ledger_tx.idempotency_key = $2`,
    [marketId, idempotencyKey],
  );
  return rows[0] ?? null;
}

/** @throws counter.request_reused */
export function assertSameSale(earlier: Sale, sale: Omit<Sale, 'txId' | 'repeated'>): void {
  const same =
    earlier.accountId === sale.accountId && earlier.amountFen === sale.amountFen && earlier.method === sale.method;
  if (!same) {
    throw counterError('counter.request_reused', 'this request id stands for another sale', { txId: earlier.txId });
  }
}
