import type { CellKind, ExportRequest, ListOf } from '@openprepay/contract';
import { zonedParts } from '@openprepay/kernel';
import { httpError } from './http-errors.ts';
import type { SheetCell } from './sheet/xlsx-stream.ts';

/*
 * A row of a list as cells of a sheet, by what the contract says of the list.
 */

const SCALES = { hundredths: 2, thousandths: 3 } as const;

/** @throws http.no_such_column */
export function cellsOf(list: ListOf, { columns, timeZone }: ExportRequest): (row: object) => SheetCell[] {
  const makers = columns.map(({ key, words }) => {
    const cell = Object.hasOwn(list.cells, key) ? list.cells[key] : undefined;
    if (!cell) throw httpError('http.no_such_column', `this list has no column ${key}`);
    const [path, kind] = cell;
    const steps = path.split('.');
    return (row: object) => written(valueAt(row, steps), kind, words ?? {}, timeZone);
  });
  return (row) => makers.map((make) => make(row));
}

/** Through an array it is all that its items have. */
function valueAt(value: unknown, [step, ...others]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => valueAt(one, step === undefined ? [] : [step, ...others]));
  if (step === undefined || value === null || value === undefined) return value;
  return valueAt((value as Readonly<Record<string, unknown>>)[step], others);
}

function written(value: unknown, kind: CellKind, words: Readonly<Record<string, string>>, zone: string): SheetCell {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.filter((one) => one !== null && one !== undefined).join(' ');
  switch (kind) {
    case 'integer':
      return { number: String(value), decimals: 0 };
    case 'hundredths':
    case 'thousandths':
      return { number: decimal(String(value), SCALES[kind]), decimals: SCALES[kind] };
    case 'instant':
      return { wallMs: wallMs(new Date(String(value)), zone) };
    case 'json':
      return JSON.stringify(value);
    case 'code':
      return Object.hasOwn(words, String(value)) ? (words[String(value)] ?? '') : String(value);
    case 'text':
      return String(value);
  }
}

/** `-1234` with two decimals is `-12.34`: the point is put in, nothing is calculated. */
function decimal(whole: string, decimals: number): string {
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = whole.replace('-', '').padStart(decimals + 1, '0');
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function wallMs(at: Date, zone: string): number {
  const { year, month, day, hour, minute, second } = zonedParts(at, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
