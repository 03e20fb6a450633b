import type { SalesReport } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { salesTotals } from './totals.ts';
import type { ReceiptKind } from './types.ts';

const MAX_DAYS = 800;
const DAY_MS = 86_400_000;

export type ReportBy = 'day' | 'month' | 'year' | 'operator' | 'method';

const KEYS: Readonly<Record<ReportBy, readonly [key: string, label: string]>> = {
  day: ['receipt.day::text', 'receipt.day::text'],
  month: [`to_char(receipt.day, 'YYYY-MM')`, `to_char(receipt.day, 'YYYY-MM')`],
  year: [`to_char(receipt.day, 'YYYY')`, `to_char(receipt.day, 'YYYY')`],
  operator: ['receipt.operator_id::text', `coalesce(operator.name, '')`],
  method: ['receipt.method', 'receipt.method'],
};

type Row = Record<string, unknown> & {
  readonly key: string;
  readonly label: string;
  readonly kind: ReceiptKind;
  readonly count: bigint;
  readonly sum: bigint;
};

/**
 * Sales, refunds and reversals of the days of business from `from` to `to`, both included.
 * @throws counter.range_too_long beyond 800 days
 */
export async function salesReport(
  db: Queryable,
  marketId: string,
  { from, to, by }: { readonly from: string; readonly to: string; readonly by: ReportBy },
): Promise<SalesReport> {
  if ((Date.parse(to) - Date.parse(from)) / DAY_MS >= MAX_DAYS) {
    throw counterError('counter.range_too_long', `at most ${MAX_DAYS} days at once`);
  }
  const [key, label] = KEYS[by];
  const rows = await db.query<Row>(
    `select ${key} as key, ${label} as label, receipt.kind, count(*), sum(receipt.amount_fen)::bigint
     from receipt left join operator on operator.operator_id = receipt.operator_id
     where receipt.market_id = $1 and receipt.day between $2 and $3
     group by 1, 2, 3 order by 2, 1`,
    [marketId, from, to],
  );
  const groups = rows.map((row) => ({ ...row, count: Number(row.count), amountFen: Number(row.sum) }));
  const keys = new Map(groups.map((group) => [group.key, group.label]));
  return {
    from,
    to,
    rows: [...keys].map(([one, name]) => ({
      key: one,
      label: name,
      ...salesTotals(groups.filter((group) => group.key === one)),
    })),
    total: salesTotals(groups),
  };
}
