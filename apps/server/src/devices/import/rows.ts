import type { MeterKind } from '@openprepay/kernel';
import type { RowError as SheetError, SheetRow } from '../../platform/sheet/form.ts';
import { parseRegister } from '../../readings/register-value.ts';
import { type Impossible, whatIsImpossible } from '../catalogue.ts';
import { LINKS, type Link } from '../types.ts';
import type { Column, MeterErrorCode } from './columns.ts';

/*
 * What a sheet says, row by row, by itself: nothing here knows what is in the register.
 */

export type RowError = SheetError<Column, MeterErrorCode>;
type MeterRow = SheetRow<Column, MeterErrorCode>;

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

export function parseRows(read: readonly MeterRow[]): ParsedSheet {
  const drafts: Draft[] = [];
  const errors: RowError[] = [];
  for (const row of read) {
    const draft = parseRow(row);
    if (row.errors.length === 0) drafts.push(draft);
    errors.push(...row.errors);
  }
  return { rows: read.length, drafts, errors };
}

const KINDS: Readonly<Record<string, MeterKind>> = {
  electricity: 'electricity',
  电: 'electricity',
  电表: 'electricity',
  water: 'water',
  水: 'water',
  水表: 'water',
};

function parseRow(row: MeterRow): Draft {
  const serial = row.take('serial', 64);
  const kindText = row.take('kind', 32);
  const kind = KINDS[kindText.toLowerCase()];
  if (!kind && kindText !== '') row.notUnderstood('kind', 'electricity or water');
  const linkText = row.take('link', 32).toLowerCase();
  const link = LINKS.find((known) => known === linkText);
  if (!link && linkText !== '') row.notUnderstood('link', `one of ${LINKS.join(', ')}`);
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

function parseRatio(row: MeterRow): number {
  const text = row.take('ctRatio', 8);
  const ratio = text === '' ? 1 : Number(text);
  if (/^\d*$/.test(text) && ratio >= 1 && ratio <= 10_000) return ratio;
  row.notUnderstood('ctRatio', 'a whole number from 1 to 10000');
  return 1;
}

function parseStart(row: MeterRow): bigint | null {
  const text = row.take('start', 32);
  if (text === '') return null;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return parseRegister(text);
  row.notUnderstood('start', 'kWh or m³ with at most three decimals');
  return null;
}

function parseAccess(row: MeterRow): Record<string, string> {
  const given = { password: row.take('password', 64), operator: row.take('operator', 64) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}
