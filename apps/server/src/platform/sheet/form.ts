import type { WorkbookCell, WorkbookRow } from '../workbook.ts';

/*
 * A sheet that people fill in and the program reads row by row: its columns, their words, and what is wrong in a row.
 */

export type SheetLanguage = 'zh' | 'en';

export interface ColumnWords {
  readonly heading: string;
  readonly note: string;
}

/** C: stable names of the columns; E: the room's error codes. */
export interface SheetForm<C extends string, E extends string> {
  /** In the order of the template. */
  readonly columns: readonly C[];
  readonly required: readonly C[];
  readonly words: Readonly<Record<SheetLanguage, Readonly<Record<C, ColumnWords>>>>;
  /** Names of the template's two sheets, and of its file. */
  readonly names: Readonly<
    Record<SheetLanguage, { readonly sheet: string; readonly notes: string; readonly file: string }>
  >;
  readonly example: Readonly<Record<SheetLanguage, Readonly<Record<C, string>>>>;
  /** A row whose cell of this column begins so is the template's own. */
  readonly exampleMark: { readonly column: C; readonly beginsWith: string };
  readonly cellMissing: E;
  readonly cellNotUnderstood: E;
  /** What an error says in Chinese; English has its message, which says more. */
  readonly chinese: Readonly<Partial<Record<E, string>>>;
}

export interface RowError<C extends string = string, E extends string = string> {
  /** As the sheet counts: the heading is row 1. */
  readonly row: number;
  /** Null where the whole row is meant. */
  readonly column: C | null;
  readonly code: E;
  readonly message: string;
}

/** Which column a heading means, in either language, or by its stable name; null for any other. */
export function columnOf<C extends string>(form: SheetForm<C, string>, heading: string): C | null {
  const key = normal(heading);
  const { zh, en } = form.words;
  return (
    form.columns.find((column) => [column, zh[column].heading, en[column].heading].map(normal).includes(key)) ?? null
  );
}

/** Without blanks, stars, and what stands in brackets. */
const normal = (heading: string): string =>
  heading
    .normalize('NFKC')
    .replace(/\([^)]*\)/g, '')
    .replace(/[\s*]/g, '')
    .toLowerCase();

/** One error as a line of the error column. */
export function inWords<C extends string, E extends string>(
  { words, chinese }: SheetForm<C, E>,
  { column, code, message }: RowError<C, E>,
  language: SheetLanguage,
): string {
  const said = language === 'zh' ? (chinese[code] ?? message) : message;
  return column === null ? said : `${words[language][column].heading}: ${said}`;
}

export interface ReadSheet<C extends string, E extends string> {
  /** Rows with something in them, but the heading and the template's example. */
  readonly rows: readonly SheetRow<C, E>[];
  /** Why this is no such sheet at all; null where it is one. */
  readonly wrong: string | null;
}

export function readSheet<C extends string, E extends string>(
  form: SheetForm<C, E>,
  sheet: readonly WorkbookRow[],
): ReadSheet<C, E> {
  const { at, wrong } = readHeading(form, sheet[0] ?? []);
  const rows: SheetRow<C, E>[] = [];
  for (const [index, cells] of sheet.entries()) {
    if (index === 0 || cells.every((cell) => cell === null || cell === '')) continue;
    const row = new SheetRow(form, index + 1, cells, at);
    const { column, beginsWith } = form.exampleMark;
    if (!row.text(column).startsWith(beginsWith)) rows.push(row);
  }
  return { rows, wrong };
}

/** Columns by their place; missing ones are told with all that are missing. */
function readHeading<C extends string>(
  form: SheetForm<C, string>,
  heading: WorkbookRow,
): { at: ReadonlyMap<C, number>; wrong: string | null } {
  const at = new Map<C, number>();
  let twice: string | null = null;
  heading.forEach((cell, index) => {
    const column = typeof cell === 'string' ? columnOf(form, cell) : null;
    if (column && at.has(column)) twice = `the column ${column} is there twice`;
    if (column) at.set(column, index);
  });
  const missing = form.required.filter((column) => !at.has(column));
  return { at, wrong: missing.length > 0 ? `the heading lacks ${missing.join(', ')}` : twice };
}

/** One row, its cells by column, and what is found wrong with them. */
export class SheetRow<C extends string, E extends string> {
  readonly errors: RowError<C, E>[] = [];
  readonly number: number;
  readonly #form: SheetForm<C, E>;
  readonly #cells: WorkbookRow;
  readonly #at: ReadonlyMap<C, number>;

  constructor(form: SheetForm<C, E>, number: number, cells: WorkbookRow, at: ReadonlyMap<C, number>) {
    this.number = number;
    this.#form = form;
    this.#cells = cells;
    this.#at = at;
  }

  text(column: C): string {
    return textOf(this.#cell(column)) ?? '';
  }

  /** The cell's text, at most so long; a number that Excel has rounded is no text. */
  take(column: C, maxLength: number): string {
    const text = textOf(this.#cell(column));
    if (text === null) this.notUnderstood(column, 'format the cell as text');
    else if (text === '' && this.#form.required.includes(column)) {
      this.refuse(column, this.#form.cellMissing, 'this must be given');
    } else if (text.length > maxLength) this.notUnderstood(column, `at most ${maxLength} characters`);
    return text ?? '';
  }

  notUnderstood(column: C, message: string): void {
    this.refuse(column, this.#form.cellNotUnderstood, message);
  }

  refuse(column: C | null, code: E, message: string): void {
    this.errors.push({ row: this.number, column, code, message });
  }

  #cell(column: C): WorkbookCell {
    return this.#cells[this.#at.get(column) ?? -1] ?? null;
  }
}

/** Errors as people read a sheet: by row, then by column. */
export function inSheetOrder<C extends string, E extends string>(
  { columns }: SheetForm<C, E>,
  errors: readonly RowError<C, E>[],
): RowError<C, E>[] {
  const placeOf = ({ column }: RowError<C, E>): number => (column === null ? -1 : columns.indexOf(column));
  return errors.toSorted((a, b) => a.row - b.row || placeOf(a) - placeOf(b));
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
