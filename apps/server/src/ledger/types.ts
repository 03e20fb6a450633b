import type { Fen } from '@openprepay/kernel';

export type PurseKind = 'utility' | 'fees' | 'deposit' | 'debt';
export type PaymentMethod = 'cash' | 'bank' | 'pos';
export type LedgerAccount = `purse.${PurseKind}` | PaymentMethod | 'opening' | 'revenue.electricity' | 'revenue.water';

/**
 * One side of a transaction. Signed fen: a purse is what the market owes its tenant, so plus is the tenant's, and what
 * came into the till is minus. `accountId` is given with a purse and only with a purse.
 */
export interface LedgerPosting {
  readonly ledgerAccount: LedgerAccount;
  readonly accountId: string | null;
  readonly amountFen: Fen;
}

/** One business fact. `idempotencyKey` names it: the same fact posted again changes nothing. */
export interface LedgerTransaction {
  readonly txId: string;
  readonly kind:
    | 'top_up'
    | 'charge'
    | 'opening_balance'
    | 'correction'
    | 'reversal'
    | 'refund'
    | 'provisional'
    | 'deposit'
    | 'closing'
    | 'debt';
  readonly idempotencyKey: string;
  readonly businessAt: Date;
  readonly recordedAt: Date;
  readonly operatorId: string | null;
  readonly memo: string | null;
  /** Of a reversal, and only of one: the transaction that it undoes. */
  readonly reversesTxId?: string;
  readonly lines: readonly LedgerPosting[];
}

/** `txId` is the stored transaction's: with `repeated` an earlier one's. */
export interface Posted {
  readonly txId: string;
  readonly repeated: boolean;
}

export interface PurseBalance {
  readonly accountId: string;
  readonly kind: PurseKind;
  readonly balanceFen: Fen;
}
