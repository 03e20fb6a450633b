import type { Grid, GridChange, GridSummary, StallCell } from '@openprepay/contract';

/** The stall grid as the console holds it. Cells that did not change keep their identity, so only changed cards render. */
export interface GridState {
  readonly at: string;
  readonly summary: GridSummary;
  /** In order of code, as people count. */
  readonly stalls: readonly StallCell[];
}

const collator = new Intl.Collator('en', { numeric: true });

const inOrder = (a: StallCell, b: StallCell): number => collator.compare(a.code, b.code);

/** The whole grid anew: the first event of a connection, which may have missed anything before it. */
export function replaceGrid(grid: Grid): GridState {
  return { at: grid.at, summary: grid.summary, stalls: [...grid.stalls].sort(inOrder) };
}

/**
 * Puts changed cells in the place of the old; a stall that was not there yet takes its place in the order, one that is no
 * more leaves it.
 */
export function mergeChange(before: GridState, change: GridChange): GridState {
  const { at, summary } = change;
  const gone = new Set(change.gone);
  const state =
    gone.size === 0 ? before : { ...before, stalls: before.stalls.filter(({ stallId }) => !gone.has(stallId)) };
  if (change.stalls.length === 0) return { at, summary, stalls: state.stalls };
  const changed = new Map(change.stalls.map((cell) => [cell.stallId, cell]));
  let reorder = false;
  const stalls = state.stalls.map((old) => {
    const cell = changed.get(old.stallId);
    if (!cell) return old;
    changed.delete(old.stallId);
    reorder ||= cell.code !== old.code;
    return cell;
  });
  if (changed.size === 0 && !reorder) return { at, summary, stalls };
  return { at, summary, stalls: [...stalls, ...changed.values()].sort(inOrder) };
}
