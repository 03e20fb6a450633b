import type { Fen } from '@openprepay/kernel';
import type { PaymentMethod } from '../ledger/index.ts';

export type ReceiptKind = 'top_up' | 'deposit' | 'refund' | 'reversal';
/** The purses that money at the counter comes into, or goes out of. */
export type CounterPurse = 'utility' | 'deposit';

/** What a receipt is given for; the names and the balance on it are read where they stand. */
export interface ReceiptFacts {
  readonly marketId: string;
  readonly txId: string;
  readonly kind: ReceiptKind;
  readonly accountId: string;
  readonly operatorId: string;
  readonly method: PaymentMethod;
  /** As the till sees it: plus came in. */
  readonly amountFen: Fen;
  readonly purse: CounterPurse;
  /** What of it repaid an old debt, with its sign. */
  readonly debtFen: Fen;
  readonly at: Date;
}

/** What decides whether a sale may be taken back. */
export interface StoredReceipt {
  readonly txId: string;
  readonly kind: ReceiptKind;
  readonly accountId: string;
  readonly operatorId: string;
  readonly shiftId: string;
  /** `2026-03-02` */
  readonly day: string;
  readonly method: PaymentMethod;
  readonly amountFen: Fen;
  readonly purse: CounterPurse;
  readonly debtFen: Fen;
}
