import Type, { type Static } from 'typebox';
import { XLSX_MEDIA_TYPE } from './excel.ts';
import type { Route } from './route.ts';

/*
 * What a list is beside its route: where its rows are in an answer, how they are paged, and the cells a row has in a
 * spreadsheet. Each list can be had as a file at its own path with `/export` behind it, by whoever may call it: POST with the
 * list's own query, less the page, and an ExportRequest.
 */

/**
 * How a value is written. `hundredths` of fen or of a percent, `thousandths` of Wh or litres: as numbers with those decimals.
 * `code`: in the words that the caller gives for it. A path through an array gives all its values.
 */
export type CellKind = 'text' | 'code' | 'integer' | 'hundredths' | 'thousandths' | 'instant' | 'json';
export type Cell = readonly [path: string, kind: CellKind];

export interface ListOf {
  /** The field of the answer that has the rows; null where the answer is the rows. */
  readonly rows: string | null;
  /** `page` and `pageSize`, `offset` and `limit`, `after` the answer's `next` and `pageSize`, or all at once. */
  readonly paging: 'page' | 'offset' | 'next' | 'whole';
  readonly cells: Readonly<Record<string, Cell>>;
  /** What the running program knows, rather than the database. */
  readonly isLive?: true;
}

export const EXPORT_TYPES = { xlsx: XLSX_MEDIA_TYPE, csv: 'text/csv; charset=utf-8' } as const;
export type ExportFormat = keyof typeof EXPORT_TYPES;
export const EXPORT_BODY_BYTES = 200_000;
/** A sheet of Excel has hardly more. */
export const MAX_EXPORT_ROWS = 1_000_000;

const Label = Type.String({ minLength: 1, maxLength: 80 });
export const ExportRequest = Type.Object({
  format: Type.Enum(['xlsx', 'csv']),
  /** Of the sheet, and of the file. */
  title: Label,
  timeZone: Type.String({ maxLength: 64 }),
  /** In the order of the sheet, in the language of who asks. */
  columns: Type.Array(
    Type.Object({
      key: Type.String({ pattern: '^\\w{1,40}$' }),
      label: Label,
      /** For the codes of the column; one without words stays as it is. */
      words: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 200 }), { maxProperties: 500 })),
    }),
    { minItems: 1, maxItems: 60 },
  ),
});
export type ExportRequest = Static<typeof ExportRequest>;

export const exportPathOf = ({ path }: Pick<Route, 'path'>): string => `${path}/export`;

/** Of a meter, wherever it is called by the collector. */
export const collectedMeter = {
  stall: ['stallCode', 'text'],
  serial: ['meterSerial', 'text'],
  kind: ['meterKind', 'code'],
  link: ['link', 'code'],
  linkKey: ['linkKey', 'text'],
  busAddress: ['busAddress', 'text'],
} as const satisfies ListOf['cells'];

/** Of a meter of a batch. */
export const batchMeter = {
  stall: ['stallCode', 'text'],
  building: ['building', 'text'],
  kind: ['kind', 'code'],
  serial: ['serial', 'text'],
  state: ['state', 'code'],
} as const satisfies ListOf['cells'];
