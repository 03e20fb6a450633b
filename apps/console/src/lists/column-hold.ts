/** Holds the columns as wide as they are: in a list of which only some rows are there, each that comes could move them all. */
export function holdColumns(table: HTMLTableElement): void {
  if (table.style.tableLayout === 'fixed' || getComputedStyle(table).display !== 'table') return;
  const heads = headsOf(table);
  const widths = heads.map((head) => head.getBoundingClientRect().width);
  for (const [index, head] of heads.entries()) head.style.width = `${widths[index]}px`;
  table.style.tableLayout = 'fixed';
}

/** Lets them be as wide as their content again. */
export function freeColumns(table: HTMLTableElement | null): void {
  if (table?.style.tableLayout !== 'fixed') return;
  for (const head of headsOf(table)) head.style.width = '';
  table.style.tableLayout = '';
}

const headsOf = (table: HTMLTableElement) => [...(table.tHead?.rows[0]?.cells ?? [])];
