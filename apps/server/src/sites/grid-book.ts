import type { Grid } from '@openprepay/contract';

/**
 * The last grid of a market, and for each cell the page it last changed on, so that a reader who knows the page he has
 * read is given just what changed since, however many pages he missed.
 */
export interface GridBook {
  /** The last page; 0 before the first. */
  page(): number;
  add(grid: Grid): void;
  /** A GridChange as JSON: all cells for a reader of nothing (page 0); null when nothing changed. */
  changesSince(page: number): string | null;
}

interface Entry {
  readonly json: string;
  readonly changedOn: number;
}

export function newGridBook(): GridBook {
  const cells = new Map<string, Entry>();
  /** Stalls taken out of the register, and the page they left on. */
  const left = new Map<string, number>();
  let summary: Entry = { json: 'null', changedOn: 0 };
  let at = '';
  let page = 0;

  const renew = (before: Entry | undefined, value: unknown): Entry => {
    const json = JSON.stringify(value);
    return before?.json === json ? before : { json, changedOn: page };
  };
  return {
    page: () => page,
    add(grid) {
      page += 1;
      at = grid.at;
      summary = renew(summary, grid.summary);
      const gone = new Set(cells.keys());
      for (const stall of grid.stalls) {
        gone.delete(stall.stallId);
        left.delete(stall.stallId);
        cells.set(stall.stallId, renew(cells.get(stall.stallId), stall));
      }
      for (const stallId of gone) {
        cells.delete(stallId);
        left.set(stallId, page);
      }
    },
    changesSince(readPage) {
      const changed = [...cells.values()].filter((cell) => cell.changedOn > readPage);
      const gone = readPage === 0 ? [] : [...left].flatMap(([stallId, leftOn]) => (leftOn > readPage ? [stallId] : []));
      if (changed.length === 0 && gone.length === 0 && summary.changedOn <= readPage) return null;
      const stalls = changed.map((cell) => cell.json).join(',');
      const told = gone.length === 0 ? '' : `,"gone":${JSON.stringify(gone)}`;
      return `{"at":${JSON.stringify(at)},"summary":${summary.json},"stalls":[${stalls}]${told}}`;
    },
  };
}
