import { Worker } from 'node:worker_threads';
import { defineErrors } from '@openprepay/kernel';

/*
 * Excel files, in and out. A file from outside may be anything, so it is opened in a thread of its own with an end to the
 * memory and the time it may take, and the server goes on answering meanwhile.
 */

export const workbookError = defineErrors({
  'workbook.not_xlsx': 400,
  'workbook.broken': 400,
  'workbook.too_large': 413,
  'workbook.too_many_rows': 413,
  'workbook.too_many_columns': 413,
  'workbook.takes_too_long': 413,
});
export type WorkbookErrorCode = Parameters<typeof workbookError>[0];

export type WorkbookCell = string | number | boolean | Date | null;
export type WorkbookRow = readonly WorkbookCell[];

export interface WorkbookLimits {
  readonly maxBytes: number;
  /** The heading counts too. */
  readonly maxRows: number;
  readonly maxColumns: number;
}

/** A sheet as it is to be written: rows of text, the first `headRows` of them bold and kept in sight. */
export interface SheetToWrite {
  readonly name: string;
  readonly headRows: number;
  /** In characters, one a column. */
  readonly widths: readonly number[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export type WorkbookTask =
  | { readonly do: 'read'; readonly bytes: Uint8Array; readonly limits: WorkbookLimits }
  | { readonly do: 'write'; readonly sheets: readonly SheetToWrite[] };
export type WorkbookAnswer =
  | { readonly rows: WorkbookRow[] }
  | { readonly bytes: Uint8Array }
  | { readonly refused: WorkbookErrorCode; readonly why: string };

const MAX_HEAP_MB = 384;
const MAX_TIME_MS = 60_000;

/**
 * The rows of the first sheet of an .xlsx file; of a formula, the value it had when the file was saved.
 * @throws workbook.not_xlsx, workbook.broken, workbook.too_large, workbook.too_many_rows, workbook.too_many_columns,
 *   workbook.takes_too_long
 */
export async function readWorkbook(bytes: Uint8Array, limits: WorkbookLimits): Promise<WorkbookRow[]> {
  if (bytes.length > limits.maxBytes) {
    throw workbookError('workbook.too_large', `the file has more than ${limits.maxBytes} bytes`);
  }
  const answer = await inThread({ do: 'read', bytes, limits });
  return 'rows' in answer ? answer.rows : [];
}

/** Every cell is text, also one that begins like a formula. */
export async function writeWorkbook(sheets: readonly SheetToWrite[]): Promise<Uint8Array> {
  const answer = await inThread({ do: 'write', sheets });
  return 'bytes' in answer ? answer.bytes : new Uint8Array();
}

/** Together they may take as much memory as this machine spares for it; who comes later waits. */
const MAX_THREADS = 2;
let threads = 0;
const waiting: (() => void)[] = [];

async function inThread(task: WorkbookTask): Promise<WorkbookAnswer> {
  if (threads >= MAX_THREADS) await new Promise<void>((go) => waiting.push(go));
  else threads += 1;
  try {
    return await inOneThread(task);
  } finally {
    // Whoever waits takes over the place.
    const next = waiting.shift();
    if (next) next();
    else threads -= 1;
  }
}

async function inOneThread(task: WorkbookTask): Promise<WorkbookAnswer> {
  const worker = new Worker(new URL('./workbook-worker.ts', import.meta.url), {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const outOfTime = AbortSignal.timeout(MAX_TIME_MS);
  try {
    const answer = await new Promise<WorkbookAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      outOfTime.addEventListener('abort', () =>
        reject(workbookError('workbook.takes_too_long', 'the file takes too long to open')),
      );
    });
    if ('refused' in answer) throw workbookError(answer.refused, answer.why);
    return answer;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      throw workbookError('workbook.too_large', 'the file takes too much memory to open');
    }
    throw error;
  } finally {
    await worker.terminate();
  }
}
