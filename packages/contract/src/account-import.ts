import Type, { type Static } from 'typebox';
import { ExcelFile, IMPORT_BODY_BYTES, ImportFile, ImportLanguage, ImportRowError } from './excel.ts';
import { defineRoute } from './route.ts';
import { Id, Nullable } from './schemas.ts';

/*
 * Opening many accounts from Excel.
 */

const desk = ['admin', 'manager', 'finance', 'cashier'] as const;
const inMarket = Type.Object({ marketId: Id });

/** What became of a row, or would. `unchanged`: there is an account exactly like this. */
const AccountImportRow = Type.Object({
  /** As the sheet counts: the heading is row 1. */
  row: Type.Integer(),
  number: Type.String(),
  customerName: Type.String(),
  /** Codes. */
  stalls: Type.Array(Type.String()),
  outcome: Type.Enum(['opened', 'prepared', 'unchanged', 'failed']),
  /** Of one that is there now. */
  accountId: Nullable(Id),
});
export type AccountImportRow = Static<typeof AccountImportRow>;

export const AccountImportResult = Type.Object({
  /** Opened or prepared, or those there would be. */
  created: Type.Integer(),
  unchanged: Type.Integer(),
  failed: Type.Integer(),
  /** All of them, in the order of the sheet. */
  rows: Type.Array(AccountImportRow),
  /** The first thousand; the file has them all. */
  errors: Type.Array(ImportRowError),
  /** The rows that were refused, with why, to be put right and sent again. */
  failedRows: Nullable(ExcelFile),
});
export type AccountImportResult = Static<typeof AccountImportResult>;

export const accountImportRoutes = {
  importAccountsTemplate: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/account-imports/template',
    summary: 'An Excel file of accounts to fill in, with notes and an example',
    roles: desk,
    params: inMarket,
    query: Type.Object({ language: Type.Optional(ImportLanguage) }),
    response: ExcelFile,
  }),
  importAccounts: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/account-imports',
    summary:
      'Open or prepare accounts from Excel, each by itself: good rows are opened, bad rows come back with what is wrong',
    roles: desk,
    bodyLimitBytes: IMPORT_BODY_BYTES,
    params: inMarket,
    body: Type.Object({
      ...ImportFile.properties,
      /** Written down now, opened later. */
      prepare: Type.Optional(Type.Boolean()),
    }),
    response: AccountImportResult,
  }),
} as const;
