import type { MeterImportResult } from '@openprepay/contract';
import { MAX_IMPORT_FILE_BYTES } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { recordAudit } from '../../identity/audit.ts';
import type { Context } from '../../platform/context.ts';
import type { Tx } from '../../platform/database.ts';
import { failedRowsFile } from '../../platform/sheet/files.ts';
import { inSheetOrder, inWords, readSheet, type SheetLanguage } from '../../platform/sheet/form.ts';
import { readWorkbook, type WorkbookRow } from '../../platform/workbook.ts';
import { openBindings } from '../bindings.ts';
import { devicesError } from '../errors.ts';
import type { Act } from '../meters.ts';
import { enterMeters, lockRegister, tellOfMeters } from '../register.ts';
import { takeStarts } from '../start-reading.ts';
import { type Compared, compare, type Ready } from './against-register.ts';
import { meterSheet } from './columns.ts';
import { type ParsedSheet, parseRows, type RowError } from './rows.ts';

export const MAX_IMPORT_ROWS = 20_000;
const MAX_COLUMNS = 60;
/** A register that grows by so many is another one for the database's planner. */
const MANY = 500;
/** The answer names so many errors; the file that comes back has all. */
const MAX_ERRORS_NAMED = 1_000;

/** What an import needs of the program; the command line has no more. */
export type ImportContext = Pick<Context, 'db' | 'clock'>;

export interface ImportOrder {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly dryRun: boolean;
  readonly language: SheetLanguage;
}

/**
 * Brings the meters of a file into the register: the good rows in one transaction, the bad ones handed back with all that
 * is wrong with them. A row that says what the register has already changes nothing.
 * @throws workbook.*, devices.not_a_meter_sheet, and devices.address_in_use where another market was quicker
 */
export async function importMeters(ctx: ImportContext, act: Act, order: ImportOrder): Promise<MeterImportResult> {
  const { fileName, bytes, language } = order;
  const sheet = await readWorkbook(bytes, {
    maxBytes: MAX_IMPORT_FILE_BYTES,
    maxRows: MAX_IMPORT_ROWS + 1,
    maxColumns: MAX_COLUMNS,
  });
  const outcome = await importSheet(ctx, act, sheet, order);
  const { importId, rows, created, unchanged, failed, errors } = outcome;
  return {
    importId,
    rows,
    created,
    unchanged,
    failed,
    errors: errors
      .slice(0, MAX_ERRORS_NAMED)
      .map((error) => ({ ...error, message: inWords(meterSheet, { ...error, column: null }, language) })),
    failedRows: failed > 0 ? await failedRowsFile(meterSheet, fileName, sheet, errors, language) : null,
  };
}

export interface SheetOutcome {
  readonly importId: string | null;
  readonly rows: number;
  readonly created: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly errors: readonly RowError[];
}

/** As `importMeters`, of rows that are read already. */
export async function importSheet(
  ctx: ImportContext,
  act: Act,
  sheet: readonly WorkbookRow[],
  { fileName, dryRun }: Pick<ImportOrder, 'fileName' | 'dryRun'>,
): Promise<SheetOutcome> {
  const read = readSheet(meterSheet, sheet);
  if (read.wrong !== null) throw devicesError('devices.not_a_meter_sheet', read.wrong);
  const parsed = parseRows(read.rows);
  if (dryRun) return outcomeOf(parsed, await compare(ctx.db, act.marketId, parsed.drafts), null);
  const now = ctx.clock.now();
  const importId = uuidV7(now);
  const compared = await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const found = await compare(tx, act.marketId, parsed.drafts);
    if (found.ready.length > 0) await bringIn(tx, act, { at: now, importId, fileName }, found.ready);
    return found;
  });
  // Without statistics PostgreSQL takes a register for a few rows, and its plans for ten thousand take minutes.
  if (compared.ready.length >= MANY) await ctx.db.query('analyze meter, meter_binding, meter_state, device_directory');
  return outcomeOf(parsed, compared, compared.ready.length > 0 ? importId : null);
}

function outcomeOf(parsed: ParsedSheet, compared: Compared, importId: string | null): SheetOutcome {
  const errors = inSheetOrder(meterSheet, [...parsed.errors, ...compared.errors]);
  return {
    importId,
    rows: parsed.rows,
    created: compared.ready.length,
    unchanged: compared.unchanged,
    failed: new Set(errors.map((error) => error.row)).size,
    errors,
  };
}

async function bringIn(
  tx: Tx,
  act: Act,
  { at, importId, fileName }: { readonly at: Date; readonly importId: string; readonly fileName: string },
  ready: readonly Ready[],
): Promise<void> {
  const { marketId, operatorId } = act;
  const meters = ready.map((draft) => ({ ...draft, meterId: uuidV7(at) }));
  await tx.query(
    `insert into meter_import (market_id, import_id, file_name, at, operator_id, meters) values ($1, $2, $3, $4, $5, $6)`,
    [marketId, importId, fileName, at, operatorId, meters.length],
  );
  await enterMeters(tx, marketId, at, meters, importId);
  const bound = meters.flatMap(({ meterId, stallId }) => (stallId === null ? [] : [{ meterId, stallId }]));
  await openBindings(tx, marketId, at, bound);
  await takeStarts(
    tx,
    act,
    at,
    meters.flatMap(({ start, ...meter }) => (start === null ? [] : [{ ...meter, register: start }])),
  );
  await recordAudit(tx, {
    ...act,
    at,
    action: 'devices.import_meters',
    subject: `import:${importId}`,
    after: { fileName, meters: meters.map(({ serial, stall }) => (stall === null ? { serial } : { serial, stall })) },
  });
  await tellOfMeters(
    tx,
    marketId,
    meters.map((meter) => meter.meterId),
  );
}
