import Type, { type Static } from 'typebox';
import { ExcelFile, IMPORT_BODY_BYTES, ImportFile, ImportLanguage, ImportRowError } from './excel.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, Nullable } from './schemas.ts';

/*
 * Bringing meters in from Excel, and taking an import back.
 */

const changers = ['admin', 'technician'] as const;
const inMarket = Type.Object({ marketId: Id });
const Note = Type.String({ minLength: 2, maxLength: 200 });

export const MeterImportResult = Type.Object({
  /** Of what was brought in; null where nothing was. */
  importId: Nullable(Id),
  rows: Type.Integer(),
  /** New meters, or those there would be. */
  created: Type.Integer(),
  /** Meters that are in the register exactly like this. */
  unchanged: Type.Integer(),
  failed: Type.Integer(),
  /** The first thousand; the file has them all. */
  errors: Type.Array(ImportRowError),
  /** The rows that were refused, with why, to be put right and sent again. */
  failedRows: Nullable(ExcelFile),
});
export type MeterImportResult = Static<typeof MeterImportResult>;

const MeterImportBatch = Type.Object({
  importId: Id,
  fileName: Type.String(),
  at: Instant,
  operatorName: Nullable(Type.String()),
  meters: Type.Integer(),
  undoneAt: Nullable(Instant),
});

export const meterImportRoutes = {
  importMetersTemplate: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meter-imports/template',
    summary: 'An Excel file to fill in, with notes and an example',
    roles: changers,
    params: inMarket,
    query: Type.Object({ language: Type.Optional(ImportLanguage) }),
    response: ExcelFile,
  }),
  importMeters: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meter-imports',
    summary: 'Bring meters in from Excel: good rows go in, bad rows come back with what is wrong',
    roles: changers,
    bodyLimitBytes: IMPORT_BODY_BYTES,
    params: inMarket,
    body: ImportFile,
    response: MeterImportResult,
  }),
  meterImports: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/meter-imports',
    summary: 'The latest imports of meters',
    roles: ROLES,
    params: inMarket,
    response: Type.Array(MeterImportBatch),
  }),
  undoMeterImport: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/meter-imports/:importId/undo',
    summary: 'Take an import back while nothing has come of it',
    roles: changers,
    params: Type.Object({ marketId: Id, importId: Id }),
    body: Type.Object({ note: Note }),
    response: Type.Object({ meters: Type.Integer() }),
  }),
} as const;
