/** A cell of a table for a spreadsheet: words, or figures that it should count with. */
export type CsvCell = string | number;

const BYTE_ORDER_MARK = '\uFEFF';

/** Words are quoted; what a spreadsheet would take for a formula is kept from being one. */
function cellText(cell: CsvCell): string {
  if (typeof cell === 'number') return String(cell);
  const harmless = /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Rows as CSV that Excel opens with Chinese in it. */
export const csvOf = (rows: readonly (readonly CsvCell[])[]): string =>
  `${BYTE_ORDER_MARK}${rows.map((row) => row.map(cellText).join(',')).join('\r\n')}\r\n`;
