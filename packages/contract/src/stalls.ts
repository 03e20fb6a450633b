import Type, { type Static } from 'typebox';
import { ExcelFile, IMPORT_BODY_BYTES, ImportFile, ImportLanguage, ImportRowError } from './excel.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, MAX_LIST_ROWS, Nullable } from './schemas.ts';

/*
 * The register of stalls: what a market rents out, by hand and from Excel.
 */

const inMarket = Type.Object({ marketId: Id });
const ofStall = Type.Object({ marketId: Id, stallId: Id });
const keepers = ['admin', 'manager'] as const;
const Name = Type.String({ minLength: 1, maxLength: 80 });
const Note = Type.String({ minLength: 2, maxLength: 200 });
const Nothing = Type.Null();

export const STALL_SORTS = ['code', 'building', 'stallType', 'area', 'account'] as const;

export const StallQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...STALL_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  building: Type.Optional(Name),
  stallType: Type.Optional(Name),
  state: Type.Optional(Type.Enum(['let', 'vacant'])),
  /** Found anywhere in the stall's code, or in number or name of the account that has it. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type StallQuery = Static<typeof StallQuery>;

/** What a person says of a stall. `areaM2` is a decimal with at most two places. */
export const StallData = Type.Object({
  code: Name,
  building: Name,
  stallType: Name,
  areaM2: Nullable(Type.String({ pattern: '^\\d{1,8}(\\.\\d{1,2})?$' })),
  protected: Type.Boolean(),
});
export type StallData = Static<typeof StallData>;

export const StallRecord = Type.Object({
  stallId: Id,
  ...StallData.properties,
  /** Bound to it now. */
  meters: Type.Integer(),
  account: Nullable(Type.Object({ accountId: Id, number: Type.String(), customerName: Type.String() })),
});
export type StallRecord = Static<typeof StallRecord>;

export const StallPage = Type.Object({
  total: Type.Integer(),
  stalls: Type.Array(StallRecord),
  /** Of the whole market, for filters and forms. */
  buildings: Type.Array(Type.String()),
  stallTypes: Type.Array(Type.String()),
});
export type StallPage = Static<typeof StallPage>;

export const StallImportResult = Type.Object({
  /** Of what was brought in; null where nothing was. */
  importId: Nullable(Id),
  rows: Type.Integer(),
  created: Type.Integer(),
  /** Stalls that are in the register exactly like this. */
  unchanged: Type.Integer(),
  failed: Type.Integer(),
  /** The first thousand; the file has them all. */
  errors: Type.Array(ImportRowError),
  failedRows: Nullable(ExcelFile),
});
export type StallImportResult = Static<typeof StallImportResult>;

export const StallImport = Type.Object({
  importId: Id,
  fileName: Type.String(),
  at: Instant,
  operatorName: Nullable(Type.String()),
  stalls: Type.Integer(),
  undoneAt: Nullable(Instant),
});
export type StallImport = Static<typeof StallImport>;

export const stallsRoutes = {
  createMarket: defineRoute({
    method: 'POST',
    path: '/api/markets',
    summary: 'Begin a market, under an id that the caller makes; sent again, it is the same market',
    roles: ['admin'],
    sessionOnly: true,
    body: Type.Object({
      marketId: Id,
      /** How the command line and files name it. */
      code: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$' }),
      name: Name,
      /** As IANA names it: `Asia/Shanghai`. */
      timeZone: Type.String({ minLength: 2, maxLength: 60 }),
    }),
    response: Nothing,
  }),
  renameMarket: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/name',
    summary: 'Give a market another name, as receipts and statements show it',
    roles: keepers,
    params: inMarket,
    body: Type.Object({ name: Name }),
    response: Nothing,
  }),
  stalls: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/stalls',
    summary: 'The register of stalls, filtered, sorted and by the page',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: StallQuery,
    response: StallPage,
    list: {
      rows: 'stalls',
      paging: 'page',
      cells: {
        code: ['code', 'text'],
        building: ['building', 'text'],
        stallType: ['stallType', 'code'],
        area: ['areaM2', 'text'],
        protected: ['protected', 'code'],
        meters: ['meters', 'integer'],
        account: ['account.number', 'text'],
        customer: ['account.customerName', 'text'],
      },
    },
  }),
  createStall: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/stalls',
    summary: 'Enter a stall into the register, under an id that the caller makes; sent again, it is the same stall',
    roles: keepers,
    params: inMarket,
    body: Type.Object({ stallId: Id, ...StallData.properties }),
    response: Nothing,
  }),
  updateStall: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/stalls/:stallId',
    summary: 'Put a stall’s code, building, type, area or protection right',
    roles: keepers,
    params: ofStall,
    body: Type.Object({ ...StallData.properties, note: Note }),
    response: Nothing,
  }),
  deleteStall: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/stalls/:stallId',
    summary: 'Take a stall out of the register that never had a meter or a tenant',
    roles: keepers,
    params: ofStall,
    response: Nothing,
  }),
  importStallsTemplate: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/stall-imports/template',
    summary: 'An Excel file to fill in, with notes and an example',
    roles: keepers,
    params: inMarket,
    query: Type.Object({ language: Type.Optional(ImportLanguage) }),
    response: ExcelFile,
  }),
  importStalls: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/stall-imports',
    summary: 'Bring stalls in from Excel: good rows go in, bad rows come back with what is wrong',
    roles: keepers,
    bodyLimitBytes: IMPORT_BODY_BYTES,
    params: inMarket,
    body: ImportFile,
    response: StallImportResult,
  }),
  stallImports: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/stall-imports',
    summary: 'The latest imports of stalls',
    roles: ROLES,
    params: inMarket,
    response: Type.Array(StallImport),
  }),
  undoStallImport: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/stall-imports/:importId/undo',
    summary: 'Take an import back while no meter and no tenant came to any of its stalls',
    roles: keepers,
    params: Type.Object({ marketId: Id, importId: Id }),
    body: Type.Object({ note: Note }),
    response: Type.Object({ stalls: Type.Integer() }),
  }),
} as const;
