import type { Messages } from './zh-CN.ts';

export const approvalsEn: Pick<Messages, 'approvals' | 'approvalKind' | 'approvalFact' | 'approvalValue'> = {
  approvals: {
    heading: 'Approvals',
    hint: 'What needs a second person: nobody decides a request of their own.',
    all: 'All',
    empty: 'Nothing is waiting for a decision',
    more: 'Earlier ones',
    approve: 'Approve',
    reject: 'Reject',
    withdraw: 'Take back',
    reason: 'Reason',
    asked: 'Asked by',
    expires: 'Open until',
    decided: 'Decided by',
    note: 'Note (optional)',
    others: 'Waiting for somebody else',
    will: {
      approve: 'Once approved it is done at once.',
      reject: 'Once rejected it is not done; the one who asked sees your note.',
      withdraw: 'Once taken back it is not done.',
    },
    state: {
      pending: 'Pending',
      approved: 'Approved',
      rejected: 'Rejected',
      withdrawn: 'Taken back',
      expired: 'Expired',
    },
  },
  approvalKind: {
    refund_cash: 'Refund in cash',
    reversal: 'Sale taken back',
    publish_price: 'Publish a price',
    mass_switch: 'Switch many meters',
  },
  approvalFact: {
    accountNumber: 'Account',
    customerName: 'Customer',
    amountFen: 'Amount',
    balanceFen: 'Balance then',
    owedFen: 'Owed, not settled',
    day: 'Business day',
    method: 'Paid by',
  },
  approvalValue: { cash: 'Cash', bank: 'Bank transfer', pos: 'POS' },
};
