/** How the cards stand on the page: groups one below the other, each in rows of so many columns. */
export interface Rows {
  /** Of each group, in order. */
  readonly counts: readonly number[];
  readonly columns: number;
}

/** The keys that lead from card to card. */
export const STEP_KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'] as const;
export type StepKey = (typeof STEP_KEYS)[number];

/**
 * The card that a key leads to: the one before or after, the nearest of the row above or below, the first or the last.
 * @param from its index in reading order
 * @returns that of the other; `from` itself where there is none that way
 */
export function stepFrom(from: number, key: StepKey, { counts, columns }: Rows): number {
  const last = counts.reduce((sum, count) => sum + count, 0) - 1;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, from - 1);
    case 'ArrowRight':
      return Math.min(last, from + 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowUp':
      return inRowBeside(from, -1, counts, columns);
    case 'ArrowDown':
      return inRowBeside(from, 1, counts, columns);
  }
}

function inRowBeside(from: number, by: -1 | 1, counts: readonly number[], columns: number): number {
  let start = 0;
  const rows = counts.flatMap((count) => {
    const begins = start;
    start += count;
    return Array.from({ length: Math.ceil(count / columns) }, (_, row) => {
      const first = begins + row * columns;
      return { first, last: Math.min(first + columns, start) - 1 };
    });
  });
  const row = rows.findIndex(({ first, last }) => first <= from && from <= last);
  const [here, there] = [rows[row], rows[row + by]];
  return here && there ? Math.min(there.first + from - here.first, there.last) : from;
}
