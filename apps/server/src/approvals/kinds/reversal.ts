import { lockReversible, reverseApproved } from '../../counter/index.ts';
import type { ActOf, Kind } from '../types.ts';

/** A sale taken back that its cashier may not take back alone; the money goes out of the till of the one who asked. */
export const reversalKind: Kind<ActOf<'reversal'>> = {
  requesters: ['admin', 'cashier', 'finance'],
  deciders: ['admin', 'finance', 'manager'],
  async prepare(tx, { marketId, act }) {
    const { txId, kind, day, method, amountFen, accountId } = await lockReversible(tx, marketId, act.txId);
    return {
      subject: `account:${accountId}`,
      facts: { txId, receiptKind: kind, day, method, amountFen: Number(amountFen) },
    };
  },
  async execute(tx, { marketId, act, reason, requestedBy, at }) {
    const txId = await reverseApproved(tx, { marketId, txId: act.txId, operatorId: requestedBy, reason, at });
    return { txId };
  },
};
