import type { SalesReport } from '@openprepay/contract';

type Row = SalesReport['rows'][number];

export interface Bar {
  readonly key: string;
  /** Of the whole height, 0 to 100. */
  readonly up: number;
  readonly down: number;
}

/** Bars of what came in, deposits too, above a line and what was given back below it, to one scale; amounts are far below 2^53. */
export function barsOf(rows: readonly Row[]): { readonly bars: readonly Bar[]; readonly lineAt: number } {
  const given = (row: Row) => Math.abs(row.refundFen + row.reversalFen);
  const taken = (row: Row) => row.topUpFen + row.depositFen;
  const up = Math.max(0, ...rows.map(taken));
  const down = Math.max(0, ...rows.map(given));
  const whole = up + down || 1;
  const share = (amountFen: number) => (100 * amountFen) / whole;
  return {
    bars: rows.map((row) => ({ key: row.key, up: share(taken(row)), down: share(given(row)) })),
    lineAt: share(up),
  };
}
