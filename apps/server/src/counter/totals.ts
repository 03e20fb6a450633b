import type { SalesTotals } from '@openprepay/contract';
import type { PaymentMethod } from '../ledger/index.ts';
import type { ReceiptKind } from './types.ts';

/** Receipts of one kind, method and cashier, counted and summed; the sum as the till sees it. JSON as it is frozen. */
export interface Group {
  readonly operatorId: string;
  readonly kind: ReceiptKind;
  readonly method: PaymentMethod;
  readonly count: number;
  readonly amountFen: number;
}

type Counted = Pick<Group, 'kind' | 'count' | 'amountFen'>;

/** Groups of receipts by kind. */
export function salesTotals(groups: readonly Counted[]): SalesTotals {
  const of = (kind: ReceiptKind, what: 'count' | 'amountFen') =>
    groups.reduce((sum, group) => (group.kind === kind ? sum + group[what] : sum), 0);
  return {
    topUps: of('top_up', 'count'),
    topUpFen: of('top_up', 'amountFen'),
    deposits: of('deposit', 'count'),
    depositFen: of('deposit', 'amountFen'),
    refunds: of('refund', 'count'),
    refundFen: of('refund', 'amountFen'),
    reversals: of('reversal', 'count'),
    reversalFen: of('reversal', 'amountFen'),
    netFen: groups.reduce((sum, { amountFen }) => sum + amountFen, 0),
  };
}

/** What came in less what went out, by method. */
export function methodTotals(groups: readonly Pick<Group, 'method' | 'amountFen'>[]): Record<PaymentMethod, number> {
  const of = (method: PaymentMethod) =>
    groups.reduce((sum, group) => (group.method === method ? sum + group.amountFen : sum), 0);
  return { cash: of('cash'), bank: of('bank'), pos: of('pos') };
}
