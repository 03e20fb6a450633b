import Type from 'typebox';
import { Nullable } from './schemas.ts';

/*
 * What every import from Excel has: rows that were refused, and the file they come back in.
 */

export const ImportRowError = Type.Object({
  /** As the sheet counts: the heading is row 1. */
  row: Type.Integer(),
  /** The column's stable name, e.g. `serial`; null where the whole row is meant. */
  column: Nullable(Type.String()),
  code: Type.String(),
  message: Type.String(),
});

export const XLSX_MEDIA_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
export const ExcelFile = Type.Object({ fileName: Type.String(), base64: Type.String() });

/** Of an Excel file; as base64 in JSON it is a third more. */
export const MAX_IMPORT_FILE_BYTES = 6 * 1024 * 1024;
const MAX_IMPORT_BASE64 = Math.ceil(MAX_IMPORT_FILE_BYTES / 3) * 4;
export const IMPORT_BODY_BYTES = MAX_IMPORT_BASE64 + 4096;

export const ImportLanguage = Type.Enum(['zh', 'en']);

export const ImportFile = Type.Object({
  fileName: Type.String({ minLength: 1, maxLength: 200 }),
  base64: Type.String({ maxLength: MAX_IMPORT_BASE64 }),
  /** Only says what it would do. */
  dryRun: Type.Boolean(),
  /** Of the words beside the errors; `zh` where nothing is said. */
  language: Type.Optional(ImportLanguage),
});
