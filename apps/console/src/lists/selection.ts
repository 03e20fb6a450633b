/** Rows of a list that were chosen, also on pages that are not shown: those named, or all that match the filter but these. */
export interface Selection {
  readonly isAll: boolean;
  /** Chosen, or where all are, left out. */
  readonly ids: ReadonlySet<string>;
}

export const NOTHING: Selection = { isAll: false, ids: new Set() };
export const EVERYTHING: Selection = { isAll: true, ids: new Set() };

export const isChosen = ({ isAll, ids }: Selection, id: string): boolean => ids.has(id) !== isAll;

/** How many rows it is of `total` that match. */
export const sizeOf = ({ isAll, ids }: Selection, total: number): number =>
  isAll ? Math.max(total - ids.size, 0) : ids.size;

/** With these rows chosen, or none of them. */
export function withChosen({ isAll, ids }: Selection, rows: readonly string[], chosen: boolean): Selection {
  const now = new Set(ids);
  for (const id of rows) {
    if (chosen === isAll) now.delete(id);
    else now.add(id);
  }
  return { isAll, ids: now };
}
