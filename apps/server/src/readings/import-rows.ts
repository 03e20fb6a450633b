import { instantOf, OpenPrepayError } from '@openprepay/kernel';
import { readWorkbook, type WorkbookCell } from '../platform/workbook.ts';
import { readingsError } from './errors.ts';
import { parseRegister } from './register-value.ts';

/** A row as it was given, in text. */
export interface RawRow {
  /** As the sheet counts, from 1. */
  readonly row: number;
  readonly cells: readonly [serial: string, time: string, value: string];
}

/** And understood. */
export interface ImportRow extends RawRow {
  readonly serial: string;
  readonly readAt: Date;
  readonly register: bigint;
}

export const MAX_IMPORT_ROWS = 5_000;
const MAX_COLUMNS = 32;
const MAX_CELL = 64;
const LIMITS = { maxBytes: 1024 * 1024, maxRows: MAX_IMPORT_ROWS + 1, maxColumns: MAX_COLUMNS };
const HEAD = /^(serial|表号|meter)/i;
const VALUE = /^\d{1,9}(\.\d{1,3})?$/;

/**
 * Rows of serial, time and value from an Excel workbook (told by its first bytes) or CSV text; empty ones, and a first one
 * of names, are passed over; a first one with a value is a reading, whatever its serial begins with.
 * @param zone of the market: Excel times have none
 * @throws readings.bad_import, and what readWorkbook throws
 */
export async function readRows(bytes: Uint8Array, zone: string): Promise<RawRow[]> {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const rows = isZip ? await readWorkbook(bytes, LIMITS) : readCsv(bytes);
  const raw = rows.map((cells, index): RawRow => {
    const text = (column: number) =>
      cellText(cells[column] ?? null)
        .trim()
        .slice(0, MAX_CELL);
    return { row: index + 1, cells: [text(0), text(1), text(2)] };
  });
  const given = raw.filter(
    ({ row, cells }) =>
      cells.some((cell) => cell !== '') && !(row === 1 && HEAD.test(cells[0]) && !VALUE.test(cells[2])),
  );
  if (given.length === 0) throw readingsError('readings.bad_import', `no rows of serial, time (${zone}) and value`);
  if (given.length > MAX_IMPORT_ROWS) {
    throw readingsError('readings.bad_import', `at most ${MAX_IMPORT_ROWS} rows are taken at once`);
  }
  return given;
}

/** A time of Excel is a wall clock written as if it were UTC. */
const cellText = (cell: WorkbookCell): string =>
  cell instanceof Date ? cell.toISOString().slice(0, 19).replace('T', ' ') : cell === null ? '' : String(cell);

function readCsv(bytes: Uint8Array): string[][] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw readingsError('readings.bad_import', 'this is neither an Excel workbook (.xlsx) nor text in UTF-8');
  }
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')));
}

const WALL_CLOCK = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/;

/**
 * @param zone of the market, for times without an offset
 * @returns the row understood, or why it is not
 */
export function parseRow(raw: RawRow, zone: string): ImportRow | { readonly column: string; readonly why: string } {
  const [serial, time, value] = raw.cells;
  if (serial === '') return { column: 'serial', why: 'the serial is missing' };
  const readAt = parseTime(time, zone);
  if (readAt === null) return { column: 'time', why: 'the time is not like 2026-03-02 08:30' };
  if (!VALUE.test(value)) {
    return { column: 'value', why: 'the value is not a decimal with at most three places' };
  }
  return { ...raw, serial, readAt, register: parseRegister(value) };
}

function parseTime(text: string, zone: string): Date | null {
  if (WITH_OFFSET.test(text)) {
    const at = new Date(text);
    return Number.isNaN(at.getTime()) ? null : at;
  }
  const match = WALL_CLOCK.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((one) => Number(one ?? 0));
  try {
    return instantOf({ year, month, day, hour, minute, second }, zone);
  } catch (error) {
    if (error instanceof OpenPrepayError) return null;
    throw error;
  }
}
