import { fen } from '@openprepay/kernel';
import { requireOpenAccount } from '../../accounts/index.ts';
import { refundCash, requireRefundable } from '../../counter/index.ts';
import type { ActOf, Kind } from '../types.ts';

/** Cash out of the utility purse, paid from the till of the one who asked. */
export const refundCashKind: Kind<ActOf<'refund_cash'>> = {
  requesters: ['admin', 'cashier', 'finance'],
  deciders: ['admin', 'finance', 'manager'],
  async prepare(tx, { marketId, act }) {
    const { accountId } = act;
    const { balanceFen, owedFen } = await requireRefundable(tx, { marketId, accountId, amountFen: fen(act.amountFen) });
    const { number, customerName } = await requireOpenAccount(tx, marketId, accountId);
    return {
      subject: `account:${accountId}`,
      facts: {
        accountNumber: number,
        customerName,
        amountFen: act.amountFen,
        balanceFen: Number(balanceFen),
        owedFen: Number(owedFen),
      },
    };
  },
  async execute(tx, { marketId, approvalId, act, reason, requestedBy, at }) {
    const txId = await refundCash(tx, {
      marketId,
      accountId: act.accountId,
      amountFen: fen(act.amountFen),
      refundId: approvalId,
      operatorId: requestedBy,
      reason,
      at,
    });
    return { txId };
  },
};
