export { giveReceipt } from './receipts.ts';
export { type CashRefund, refundCash, requireRefundable } from './refund.ts';
export { lockReversible, reverseApproved } from './reversal.ts';
export { type TopUp, topUp } from './top-up.ts';
