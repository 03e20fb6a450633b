import type { KeptColumn } from '@openprepay/contract';

/** A cell of the list as the contract names it, its heading, and the words for its codes. */
export interface ExportCell {
  readonly key: string;
  readonly label: string;
  readonly words?: Readonly<Record<string, string>>;
}

/** A column of a list. Its cell is the slot of the same name. */
export interface Column {
  readonly key: string;
  readonly label: string;
  readonly sortable?: boolean;
  /** Figures: digits of equal width, at the end of the cell. */
  readonly number?: boolean;
  /** Not shown until it is chosen. */
  readonly extra?: boolean;
  /** What of it goes into a spreadsheet; nothing where it is only something to press. */
  readonly cells?: readonly ExportCell[];
  /** Always shown: without it a row could not be told from another. */
  readonly fixed?: boolean;
}

export interface PlacedColumn extends Column {
  readonly isShown: boolean;
  /** null: as wide as its content. */
  readonly widthPx: number | null;
}

/** The columns as a person has them: in his order, and those that he never placed behind them as the list has them. */
export function placed(columns: readonly Column[], kept: readonly KeptColumn[]): PlacedColumn[] {
  const known = new Map(kept.map((one, index) => [one.key, { ...one, index }]));
  const place = (key: string) => known.get(key)?.index ?? kept.length;
  return columns
    .toSorted((a, b) => place(a.key) - place(b.key))
    .map((column) => {
      const one = known.get(column.key);
      return {
        ...column,
        isShown: column.fixed === true || (one ? one.isShown : column.extra !== true),
        widthPx: one?.widthPx ?? null,
      };
    });
}

/** @returns the list with the column of that key where the other one is; the others close up */
export function moved<C extends { readonly key: string }>(columns: readonly C[], key: string, toKey: string): C[] {
  const to = columns.findIndex((one) => one.key === toKey);
  const column = columns.find((one) => one.key === key);
  if (!column || to < 0) return [...columns];
  return columns.filter((one) => one !== column).toSpliced(to, 0, column);
}
