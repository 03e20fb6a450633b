import {
  type AccountImportResult,
  type AccountImportRow,
  MAX_IMPORT_FILE_BYTES,
  type NewAccount,
  type OpenedAccount,
} from '@openprepay/contract';
import { assert } from '@openprepay/kernel';
import type { Context } from '../../platform/context.ts';
import { rehearse } from '../../platform/rehearse.ts';
import { failedRowsFile } from '../../platform/sheet/files.ts';
import { inSheetOrder, inWords, readSheet, type SheetLanguage } from '../../platform/sheet/form.ts';
import { readWorkbook } from '../../platform/workbook.ts';
import { tenancyError } from '../errors.ts';
import type { Act } from '../hand-over.ts';
import { openAll } from '../open.ts';
import { accountSheet } from './columns.ts';
import { type Compared, compareRows, type Ready, type RowError } from './rows.ts';

const MAX_ROWS = 1_000;
const MAX_COLUMNS = 60;
/** The answer names so many errors; the file that comes back has all. */
const MAX_ERRORS_NAMED = 1_000;

export interface AccountFile {
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly dryRun: boolean;
  readonly language: SheetLanguage;
  readonly prepare: boolean;
  /** @throws what its operator may not give an account */
  readonly mayGrant: (account: NewAccount) => void;
}

/**
 * Opens or prepares the accounts of a file, each in a transaction of its own: the good rows are opened, the bad ones handed
 * back with all that is wrong with them. A dry run is the opening itself, taken back row by row, so what it says is what
 * would be. A row that says what the market has already changes nothing.
 * @throws workbook.*, tenancy.not_an_account_sheet
 */
export async function importAccounts(ctx: Context, act: Act, file: AccountFile): Promise<AccountImportResult> {
  const { fileName, bytes, language, prepare } = file;
  const limits = { maxBytes: MAX_IMPORT_FILE_BYTES, maxRows: MAX_ROWS + 1, maxColumns: MAX_COLUMNS };
  const sheet = await readWorkbook(bytes, limits);
  const { rows, wrong } = readSheet(accountSheet, sheet);
  if (wrong !== null) throw tenancyError('tenancy.not_an_account_sheet', wrong);
  const compared = await compareRows(ctx.db, act.marketId, act.now, rows, prepare);
  const errors: RowError[] = [...compared.errors];
  const opened = new Map<number, OpenedAccount>();
  for (const ready of compared.ready) {
    const { row } = ready.draft;
    const account = await openRow(ctx, { ...act, note: fileName }, file, ready);
    if (account.problem) {
      errors.push({ row, column: null, code: account.problem.code, message: account.problem.detail });
    } else opened.set(row, account);
  }
  const inOrder = inSheetOrder(accountSheet, errors);
  const failed = new Set(errors.map((error) => error.row)).size;
  return {
    created: opened.size,
    unchanged: compared.unchanged.size,
    failed,
    rows: rowsOf(compared, opened, file),
    errors: inOrder
      .slice(0, MAX_ERRORS_NAMED)
      .map((error) => ({ ...error, message: inWords(accountSheet, { ...error, column: null }, language) })),
    failedRows: failed > 0 ? await failedRowsFile(accountSheet, fileName, sheet, inOrder, language) : null,
  };
}

async function openRow(
  ctx: Context,
  act: Act,
  { dryRun, prepare, mayGrant }: AccountFile,
  { account, readings }: Ready,
): Promise<OpenedAccount> {
  const opening = { accounts: [account], prepare, readings, mayGrant };
  const [opened] = await openAll(ctx, act, opening, dryRun ? (work) => rehearse(ctx.db, work) : undefined);
  assert(opened, 'an account that was to be opened has an answer');
  return opened;
}

const rowsOf = (
  { drafts, unchanged }: Compared,
  opened: ReadonlyMap<number, OpenedAccount>,
  { dryRun, prepare }: AccountFile,
): AccountImportRow[] =>
  drafts.map(({ row, number, customerName, stalls }) => {
    const same = unchanged.get(row);
    const account = opened.get(row);
    const outcome = same ? 'unchanged' : !account ? 'failed' : prepare ? 'prepared' : 'opened';
    const accountId = same ?? (account && !dryRun ? account.accountId : null);
    return { row, number, customerName, stalls: [...stalls], outcome, accountId };
  });
