import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { SheetCell, SheetStream } from './xlsx-stream.ts';

/** So that a spreadsheet knows the bytes for UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

/** RFC 4180, a line at a time. */
export async function openCsv(to: Writable, headings: readonly string[]): Promise<SheetStream> {
  const row = async (cells: readonly SheetCell[]) => {
    if (!to.write(`${cells.map(csvCell).join(',')}\r\n`)) await once(to, 'drain');
  };
  to.write(BYTE_ORDER_MARK);
  await row(headings);
  return { row, end: async () => {} };
}

function csvCell(cell: SheetCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') {
    return 'number' in cell ? cell.number : new Date(cell.wallMs).toISOString().slice(0, 19).replace('T', ' ');
  }
  // A spreadsheet would take it for a formula and run it.
  const safe = /^\s*[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
