import { InvalidInputError, InvalidSpreadsheetError, readSheet } from 'read-excel-file/universal';
import writeExcelFile from 'write-excel-file/node';
import type {
  SheetToWrite,
  WorkbookAnswer,
  WorkbookCell,
  WorkbookErrorCode,
  WorkbookLimits,
  WorkbookTask,
} from './workbook.ts';
import { unpackedSize } from './zip-directory.ts';

/*
 * The process that opens and makes Excel files; `workbook.ts` starts it and bounds it.
 */

const MAX_UNPACKED_BYTES = 48 * 1024 * 1024;

async function read(bytes: Uint8Array, limits: WorkbookLimits): Promise<WorkbookAnswer> {
  const size = unpackedSize(bytes);
  if (size === null) return refusal('workbook.not_xlsx', 'this is not an .xlsx file');
  if (size > MAX_UNPACKED_BYTES) return refusal('workbook.too_large', `unpacked, the file has ${size} bytes`);
  const rows = (await readSheet(Uint8Array.from(bytes).buffer)) as unknown[][];
  if (rows.length > limits.maxRows) {
    return refusal('workbook.too_many_rows', `the sheet has ${rows.length} rows; at most ${limits.maxRows} are taken`);
  }
  if ((rows[0]?.length ?? 0) > limits.maxColumns) {
    return refusal('workbook.too_many_columns', `the sheet has more than ${limits.maxColumns} columns`);
  }
  return { rows: rows.map((row) => row.map(cellOf)) };
}

const cellOf = (value: unknown): WorkbookCell =>
  value === null || typeof value === 'number' || typeof value === 'boolean' || value instanceof Date
    ? value
    : String(value);

async function write(sheets: readonly SheetToWrite[]): Promise<WorkbookAnswer> {
  const bytes = await writeExcelFile(
    sheets.map(({ name, headRows, widths, rows }) => ({
      sheet: name,
      stickyRowsCount: headRows,
      columns: widths.map((width) => ({ width })),
      data: rows.map((row, index) =>
        row.map((value) =>
          value === null ? null : { value, type: String, ...(index < headRows ? { fontWeight: 'bold' as const } : {}) },
        ),
      ),
    })),
  ).toBuffer();
  return { bytes };
}

const refusal = (refused: WorkbookErrorCode, why: string): WorkbookAnswer => ({ refused, why });

async function answer(task: WorkbookTask): Promise<WorkbookAnswer> {
  try {
    return task.do === 'read' ? await read(task.bytes, task.limits) : await write(task.sheets);
  } catch (error) {
    if (task.do === 'write') throw error;
    // Whatever the reader stumbles over, it is the file that is wrong.
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof InvalidInputError) return refusal('workbook.not_xlsx', 'this is not an .xlsx file');
    return refusal('workbook.broken', error instanceof InvalidSpreadsheetError ? why : `the file is broken: ${why}`);
  }
}

process.once('message', async (task) => {
  process.send?.(await answer(task as WorkbookTask), () => process.disconnect());
});
