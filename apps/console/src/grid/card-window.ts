/** So much beyond the screen is always drawn on each side; */
const NEAR_PX = 110;
/** and so much more, a row with each picture. */
const FAR_PX = 320;

/** Rows of cards from `first` to before `last`. */
export interface RowSpan {
  readonly first: number;
  readonly last: number;
}

export const NOTHING_DRAWN: RowSpan = { first: 0, last: 0 };

/** A run of rows: drawn, or blank and as high as they would be. */
export interface RowRun extends RowSpan {
  readonly isDrawn: boolean;
}

interface Place {
  readonly rows: number;
  /** How far below the screen's top the first row stands; negative above it. */
  readonly topPx: number;
  readonly screenPx: number;
  /** From the top of a row to that of the next. */
  readonly stepPx: number;
}

/**
 * The rows to be drawn next: all on the screen, and on each side no more than one beyond those that are drawn already, as
 * each takes time that the next picture has not. An empty span at the nearer end where there are none.
 */
export function rowsNear(place: Place, drawn: RowSpan): RowSpan {
  const must = rowsWithin(place, NEAR_PX);
  const may = rowsWithin(place, FAR_PX);
  const isNear = drawn.first < must.last && drawn.last > must.first;
  if (!isNear) return must;
  return {
    first: Math.min(must.first, Math.max(may.first, drawn.first - 1)),
    last: Math.max(must.last, Math.min(may.last, drawn.last + 1)),
  };
}

function rowsWithin({ rows, topPx, screenPx, stepPx }: Place, beyondPx: number): RowSpan {
  const within = (row: number) => Math.min(rows, Math.max(0, row));
  const first = within(Math.floor((-beyondPx - topPx) / stepPx));
  return { first, last: Math.max(first, within(Math.ceil((screenPx + beyondPx - topPx) / stepPx))) };
}

/**
 * All rows of a group as runs, in order.
 * @param kept a row that is drawn wherever it is, as it holds the focus
 */
export function runsOf(rows: number, near: RowSpan, kept: number | null): RowRun[] {
  const spans = [{ first: Math.min(near.first, rows), last: Math.min(near.last, rows) }];
  if (kept !== null && kept < rows && (kept < near.first || kept >= near.last)) {
    spans.push({ first: kept, last: kept + 1 });
  }
  const runs: RowRun[] = [];
  let at = 0;
  for (const { first, last } of spans.filter((span) => span.last > span.first).sort((a, b) => a.first - b.first)) {
    if (first > at) runs.push({ first: at, last: first, isDrawn: false });
    runs.push({ first, last, isDrawn: true });
    at = last;
  }
  if (at < rows) runs.push({ first: at, last: rows, isDrawn: false });
  return runs;
}
