import { fork } from 'node:child_process';
import { once } from 'node:events';
import { defineErrors } from '@openprepay/kernel';

/*
 * Excel files, in and out. A file from outside may be anything, so it is opened in a process of its own with an end to
 * the memory and the time it may take. A thread would not do: one that runs out of memory can take the program with it.
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
  const answer = await inProcess({ do: 'read', bytes, limits });
  return 'rows' in answer ? answer.rows : [];
}

/** Every cell is text, also one that begins like a formula. */
export async function writeWorkbook(sheets: readonly SheetToWrite[]): Promise<Uint8Array> {
  const answer = await inProcess({ do: 'write', sheets });
  return 'bytes' in answer ? answer.bytes : new Uint8Array();
}

/** Together they may take as much memory as this machine spares for it; who comes later waits. */
const MAX_AT_ONCE = 2;
let underWay = 0;
const waiting: (() => void)[] = [];

async function inProcess(task: WorkbookTask): Promise<WorkbookAnswer> {
  if (underWay >= MAX_AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  else underWay += 1;
  try {
    return await inOneProcess(task);
  } finally {
    // Whoever waits takes over the place.
    const next = waiting.shift();
    if (next) next();
    else underWay -= 1;
  }
}

async function inOneProcess(task: WorkbookTask): Promise<WorkbookAnswer> {
  const child = fork(new URL('./workbook-process.ts', import.meta.url), {
    execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const gone = once(child, 'exit');
  const outOfTime = AbortSignal.timeout(MAX_TIME_MS);
  try {
    const answer = await new Promise<WorkbookAnswer>((resolve, reject) => {
      child.once('message', (message) => resolve(message as WorkbookAnswer));
      child.once('error', reject);
      // An engine that runs out of memory ends its process without a word.
      child.once('exit', () => reject(workbookError('workbook.too_large', 'the file takes too much memory to open')));
      outOfTime.addEventListener('abort', () =>
        reject(workbookError('workbook.takes_too_long', 'the file takes too long to open')),
      );
      child.send(task, (error) => error && reject(error));
    });
    if ('refused' in answer) throw workbookError(answer.refused, answer.why);
    return answer;
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
}
