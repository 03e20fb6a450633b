import type { MassRow } from '@openprepay/contract';
import { text } from '../locales/index.ts';
import { noteOf } from './words.ts';

/** So that a spreadsheet knows the bytes for UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

/** A cell that a spreadsheet takes for text: quoted where needed, and never a formula. */
export function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Every meter of a batch with what came of it, in the chosen language. */
export function csvOf(rows: readonly MassRow[], at: (instant: string | null) => string): string {
  const head = [
    text('exceptions.stall'),
    text('grid.building'),
    text('meters.kind'),
    text('meters.serial'),
    text('batch.customer'),
    text('batch.progress'),
    text('batch.reported'),
    text('batch.note'),
    text('commandState.sent'),
    text('batch.executed'),
  ];
  const lines = rows.map((row) => [
    row.stallCode ?? '',
    row.building ?? '',
    text(`kind.${row.kind}`),
    row.serial,
    row.customerName ?? '',
    text(`batch.row.${row.state}`),
    text(`switch.${row.kind}.${row.switchState}`),
    noteOf(row),
    at(row.sentAt),
    at(row.finishedAt),
  ]);
  return BYTE_ORDER_MARK + [head, ...lines].map((line) => line.map(csvCell).join(',')).join('\r\n');
}
