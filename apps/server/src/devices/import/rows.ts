import type { MeterKind } from '@openprepay/kernel';
import type { WorkbookCell, WorkbookRow } from '../../platform/workbook.ts';
import { parseRegister } from '../../readings/register-value.ts';
import { type Impossible, whatIsImpossible } from '../catalogue.ts';
import type { devicesError } from '../errors.ts';
import { LINKS, type Link } from '../types.ts';
import { type Column, columnOf, EXAMPLE_SERIAL, REQUIRED } from './columns.ts';

/*
 * What a sheet says, row by row, by itself: nothing here knows what is in the register.
 */

export interface RowError {
  /** As the sheet counts: the heading is row 1. */
  readonly row: number;
  readonly column: Column | null;
  readonly code: Parameters<typeof devicesError>[0];
  readonly message: string;
}

/** A row that can be a meter, as far as it can be told without the register. */
export interface Draft {
  readonly row: number;
  readonly serial: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
  readonly link: Link;
  readonly linkKey: string;
  readonly busAddress: string;
  readonly access: Readonly<Record<string, string>>;
  /** Code of a stall; null where it is bound nowhere. */
  readonly stall: string | null;
  /** Register before CT in Wh or litres. */
  readonly start: bigint | null;
}

export interface ParsedSheet {
  /** Rows with something in them, but the heading and the template's example. */
  readonly rows: number;
  readonly drafts: readonly Draft[];
  readonly errors: readonly RowError[];
}

/** Columns by their place; missing ones are told with all that are missing. */
export function readHeading(heading: WorkbookRow): { at: ReadonlyMap<Column, number>; wrong: string | null } {
  const at = new Map<Column, number>();
  let twice: string | null = null;
  heading.forEach((cell, index) => {
    const column = typeof cell === 'string' ? columnOf(cell) : null;
    if (column && at.has(column)) twice = `the column ${column} is there twice`;
    if (column) at.set(column, index);
  });
  const missing = REQUIRED.filter((column) => !at.has(column));
  return { at, wrong: missing.length > 0 ? `the heading lacks ${missing.join(', ')}` : twice };
}

export function parseRows(sheet: readonly WorkbookRow[], at: ReadonlyMap<Column, number>): ParsedSheet {
  const drafts: Draft[] = [];
  const errors: RowError[] = [];
  let rows = 0;
  for (const [index, cells] of sheet.entries()) {
    if (index === 0 || cells.every((cell) => cell === null || cell === '')) continue;
    const row = new SheetRow(index + 1, cells, at);
    if (row.text('serial').startsWith(EXAMPLE_SERIAL)) continue;
    rows += 1;
    const draft = parseRow(row);
    if (row.errors.length === 0) drafts.push(draft);
    errors.push(...row.errors);
  }
  return { rows, drafts, errors };
}

/** One row, its cells by column, and what is found wrong with them. */
class SheetRow {
  readonly errors: RowError[] = [];
  readonly number: number;
  readonly #cells: WorkbookRow;
  readonly #at: ReadonlyMap<Column, number>;

  constructor(number: number, cells: WorkbookRow, at: ReadonlyMap<Column, number>) {
    this.number = number;
    this.#cells = cells;
    this.#at = at;
  }

  text(column: Column): string {
    return textOf(this.#cells[this.#at.get(column) ?? -1] ?? null) ?? '';
  }

  /** The cell's text, at most so long; a number that Excel has rounded is no text. */
  take(column: Column, maxLength: number): string {
    const text = textOf(this.#cells[this.#at.get(column) ?? -1] ?? null);
    if (text === null) this.refuse(column, 'devices.cell_not_understood', 'format the cell as text');
    else if (text === '' && REQUIRED.includes(column))
      this.refuse(column, 'devices.cell_missing', 'this must be given');
    else if (text.length > maxLength) {
      this.refuse(column, 'devices.cell_not_understood', `at most ${maxLength} characters`);
    }
    return text ?? '';
  }

  refuse(column: Column | null, code: RowError['code'], message: string): void {
    this.errors.push({ row: this.number, column, code, message });
  }
}

/** null for a date, or for a number with more digits than Excel keeps. */
function textOf(cell: WorkbookCell): string | null {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell.normalize('NFKC').trim();
  if (typeof cell === 'number' && Math.abs(cell) < MAX_EXACT) return String(cell);
  return null;
}

/** Excel keeps 15 digits. */
const MAX_EXACT = 1e15;

const KINDS: Readonly<Record<string, MeterKind>> = {
  electricity: 'electricity',
  电: 'electricity',
  电表: 'electricity',
  water: 'water',
  水: 'water',
  水表: 'water',
};

function parseRow(row: SheetRow): Draft {
  const serial = row.take('serial', 64);
  const kindText = row.take('kind', 32);
  const kind = KINDS[kindText.toLowerCase()];
  if (!kind && kindText !== '') row.refuse('kind', 'devices.cell_not_understood', 'electricity or water');
  const linkText = row.take('link', 32).toLowerCase();
  const link = LINKS.find((known) => known === linkText);
  if (!link && linkText !== '') row.refuse('link', 'devices.cell_not_understood', `one of ${LINKS.join(', ')}`);
  const stall = row.take('stall', 80) || null;
  const draft: Draft = {
    row: row.number,
    serial,
    kind: kind ?? 'electricity',
    model: row.take('model', 80),
    ctRatio: parseRatio(row),
    link: link ?? 'acrel4g',
    linkKey: row.take('linkKey', 64),
    busAddress: row.take('busAddress', 32),
    access: parseAccess(row),
    stall,
    start: parseStart(row),
  };
  if (draft.start !== null && stall === null) {
    row.refuse('start', 'devices.start_without_stall', 'a start reading belongs to a stall');
  }
  // What was not understood is told as that, and not once more as impossible.
  const told = new Set(row.errors.map((error) => error.column));
  for (const { field, code, message } of whatIsImpossible(draft)) {
    const column = columnOfField[field];
    if (!told.has(column)) row.refuse(column, code, message);
  }
  return draft;
}

const columnOfField: Readonly<Record<Impossible['field'], Column>> = {
  model: 'model',
  kind: 'kind',
  ctRatio: 'ctRatio',
  busAddress: 'busAddress',
  linkKey: 'linkKey',
  access: 'password',
};

function parseRatio(row: SheetRow): number {
  const text = row.take('ctRatio', 8);
  const ratio = text === '' ? 1 : Number(text);
  if (/^\d*$/.test(text) && ratio >= 1 && ratio <= 10_000) return ratio;
  row.refuse('ctRatio', 'devices.cell_not_understood', 'a whole number from 1 to 10000');
  return 1;
}

function parseStart(row: SheetRow): bigint | null {
  const text = row.take('start', 32);
  if (text === '') return null;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return parseRegister(text);
  row.refuse('start', 'devices.cell_not_understood', 'kWh or m³ with at most three decimals');
  return null;
}

function parseAccess(row: SheetRow): Record<string, string> {
  const given = { password: row.take('password', 64), operator: row.take('operator', 64) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}
