import { MAX_IMPORT_FILE_BYTES, type StallImport, type StallImportResult } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { type Act, lockRegister } from '../../devices/index.ts';
import { recordAudit } from '../../identity/audit.ts';
import type { Context } from '../../platform/context.ts';
import type { Queryable, Tx } from '../../platform/database.ts';
import { failedRowsFile } from '../../platform/sheet/files.ts';
import { inSheetOrder, inWords, readSheet, type SheetLanguage } from '../../platform/sheet/form.ts';
import { readWorkbook } from '../../platform/workbook.ts';
import { sitesError } from '../errors.ts';
import { stallSheet } from './columns.ts';
import { type Compared, compareRows } from './rows.ts';
import { enterStalls, firstInUse } from './stalls.ts';

const MAX_ROWS = 20_000;
const MAX_COLUMNS = 60;
/** The answer names so many errors; the file that comes back has all. */
const MAX_ERRORS_NAMED = 1_000;
const MAX_LISTED = 100;
/** A register that grows by so many is another one for the database's planner. */
const MANY = 500;

export interface StallFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly dryRun: boolean;
  readonly language: SheetLanguage;
}

/**
 * Brings the stalls of a file into the register: the good rows in one transaction, the bad ones handed back with all that is
 * wrong with them. A row that says what the register has already changes nothing.
 * @throws workbook.*, sites.not_a_stall_sheet
 */
export async function importStalls(ctx: Context, act: Act, file: StallFile): Promise<StallImportResult> {
  const { fileName, bytes, dryRun, language } = file;
  const limits = { maxBytes: MAX_IMPORT_FILE_BYTES, maxRows: MAX_ROWS + 1, maxColumns: MAX_COLUMNS };
  const sheet = await readWorkbook(bytes, limits);
  const { rows, wrong } = readSheet(stallSheet, sheet);
  if (wrong !== null) throw sitesError('sites.not_a_stall_sheet', wrong);
  const importId = uuidV7(ctx.clock.now());
  const { ready, unchanged, errors } = dryRun
    ? await compareRows(ctx.db, act.marketId, rows)
    : await ctx.db.tx(async (tx) => {
        await lockRegister(tx, act.marketId);
        const compared = await compareRows(tx, act.marketId, rows);
        if (compared.ready.length > 0) await bringIn(tx, act, { at: ctx.clock.now(), importId, fileName }, compared);
        return compared;
      });
  if (!dryRun && ready.length >= MANY) await ctx.db.query('analyze stall');
  const inOrder = inSheetOrder(stallSheet, errors);
  const failed = new Set(errors.map((error) => error.row)).size;
  return {
    importId: dryRun || ready.length === 0 ? null : importId,
    rows: rows.length,
    created: ready.length,
    unchanged,
    failed,
    errors: inOrder
      .slice(0, MAX_ERRORS_NAMED)
      .map((error) => ({ ...error, message: inWords(stallSheet, { ...error, column: null }, language) })),
    failedRows: failed > 0 ? await failedRowsFile(stallSheet, fileName, sheet, inOrder, language) : null,
  };
}

async function bringIn(
  tx: Tx,
  act: Act,
  { at, importId, fileName }: { readonly at: Date; readonly importId: string; readonly fileName: string },
  { ready }: Compared,
): Promise<void> {
  const { marketId, operatorId } = act;
  await tx.query(
    `insert into stall_import (market_id, import_id, file_name, at, operator_id, stalls) values ($1, $2, $3, $4, $5, $6)`,
    [marketId, importId, fileName, at, operatorId, ready.length],
  );
  const stalls = ready.map((draft) => ({ ...draft, stallId: uuidV7(at) }));
  await enterStalls(tx, marketId, stalls, importId);
  const after = { fileName, stalls: ready.map(({ code }) => code) };
  await recordAudit(tx, { ...act, at, action: 'sites.import_stalls', subject: `import:${importId}`, after });
  await tx.notify('grid', marketId);
}

/** The latest hundred imports of a market, latest first. */
export async function listStallImports(db: Queryable, marketId: string): Promise<StallImport[]> {
  const rows = await db.query<Omit<StallImport, 'at' | 'undoneAt'> & { at: Date; undoneAt: Date | null }>(
    `select stall_import.import_id as "importId", stall_import.file_name as "fileName", stall_import.at,
            operator.name as "operatorName", stall_import.stalls, stall_import.undone_at as "undoneAt"
     from stall_import left join operator using (operator_id)
     where stall_import.market_id = $1 order by stall_import.at desc, stall_import.import_id desc limit $2`,
    [marketId, MAX_LISTED],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), undoneAt: row.undoneAt?.toISOString() ?? null }));
}

/**
 * Takes an import back, whole, while no meter and no tenant came to any of its stalls.
 * @returns how many stalls it were
 * @throws sites.no_such_import, sites.import_undone, sites.import_in_use
 */
export async function undoStallImport(ctx: Context, act: Act, importId: string, note: string): Promise<number> {
  const at = ctx.clock.now();
  const { marketId } = act;
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const [batch] = await tx.query<{ file_name: string; undone_at: Date | null }>(
      'select file_name, undone_at from stall_import where market_id = $1 and import_id = $2',
      [marketId, importId],
    );
    if (!batch) throw sitesError('sites.no_such_import', 'this market has no such import');
    if (batch.undone_at) throw sitesError('sites.import_undone', 'this import was taken back before');
    const imported = await tx.query<{ stall_id: string }>(
      'select stall_id from stall where market_id = $1 and import_id = $2',
      [marketId, importId],
    );
    const stallIds = imported.map((stall) => stall.stall_id);
    const used = await firstInUse(tx, marketId, stallIds);
    if (used !== null) throw sitesError('sites.import_in_use', `stall ${used} has, or had, a meter or a tenant`);
    await tx.query('delete from stall where market_id = $1 and import_id = $2', [marketId, importId]);
    await tx.query('update stall_import set undone_at = $3 where market_id = $1 and import_id = $2', [
      marketId,
      importId,
      at,
    ]);
    const before = { fileName: batch.file_name, stalls: stallIds.length };
    const subject = `import:${importId}`;
    await recordAudit(tx, { ...act, at, action: 'sites.undo_import', subject, reason: note, before });
    await tx.notify('grid', marketId);
    return stallIds.length;
  });
}
