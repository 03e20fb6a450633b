import type { Receipt, RouteQuery, Routes } from '@openprepay/contract';
import { fen, formatYuan } from '@openprepay/kernel';
import { formatInstant } from '../format/time.ts';
import type { ListQuery } from '../lists/list-query.ts';
import { text } from '../locales/index.ts';
import { type CsvCell, csvOf } from '../ui/csv.ts';

export const METHODS = ['cash', 'bank', 'pos'] as const;
export const KINDS = ['top_up', 'deposit', 'refund', 'reversal'] as const;
export const RECEIPT_FILTERS = ['from', 'to', 'operator', 'method', 'kind', 'account', 'shift'] as const;

export type ReceiptFilter = NonNullable<RouteQuery<Routes['receipts']>>;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ID = /^[0-9a-f-]{36}$/i;

/** What the address of the list says, as the server is asked for it; what makes no sense there is left out. */
export function receiptFilter({ search, filters }: Pick<ListQuery, 'search' | 'filters'>): ReceiptFilter {
  const fitting = (name: string, pattern: RegExp) => (pattern.test(filters[name] ?? '') ? filters[name] : undefined);
  const from = fitting('from', DAY);
  const to = fitting('to', DAY);
  const operatorId = fitting('operator', ID);
  const accountId = fitting('account', ID);
  const shiftId = fitting('shift', ID);
  const method = METHODS.find((one) => one === filters['method']);
  const kind = KINDS.find((one) => one === filters['kind']);
  return {
    ...(from && { from }),
    ...(to && { to }),
    ...(operatorId && { operatorId }),
    ...(accountId && { accountId }),
    ...(shiftId && { shiftId }),
    ...(method && { method }),
    ...(kind && { kind }),
    ...(search && { text: search }),
  };
}

/** Receipts for a spreadsheet; amounts as plain yuan. */
export function receiptsCsv(receipts: readonly Receipt[], timeZone: string): string {
  const head = [
    text('receipts.number'),
    text('receipts.kind'),
    text('receipts.field.at'),
    text('receipts.day'),
    text('receipts.field.account'),
    text('receipts.field.customer'),
    text('receipts.field.stalls'),
    text('receipts.field.method'),
    text('receipts.field.amount'),
    text('receipts.field.debt'),
    text('receipts.field.balance'),
    text('receipts.field.operator'),
    text('receipts.field.memo'),
    text('receipts.reprints'),
    text('receipts.field.reverses'),
  ];
  const rows = receipts.map((receipt): CsvCell[] => [
    receipt.number,
    text(`receipts.kinds.${receipt.kind}`),
    formatInstant(receipt.at, timeZone),
    receipt.day,
    receipt.accountNumber,
    receipt.customerName,
    receipt.stalls.join(' '),
    text(`topUp.methods.${receipt.method}`),
    formatYuan(fen(receipt.amountFen)),
    formatYuan(fen(receipt.debtFen)),
    formatYuan(fen(receipt.balanceFen)),
    receipt.operatorName,
    receipt.memo ?? '',
    receipt.reprints,
    receipt.reverses ?? '',
  ]);
  return csvOf([head, ...rows]);
}
