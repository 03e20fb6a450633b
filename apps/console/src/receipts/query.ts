import type { RouteQuery, Routes } from '@openprepay/contract';
import { oneOf } from '../lists/filters.ts';
import type { ListQuery } from '../lists/list-query.ts';

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
  const method = oneOf(METHODS, filters['method']);
  const kind = oneOf(KINDS, filters['kind']);
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
