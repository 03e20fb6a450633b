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
