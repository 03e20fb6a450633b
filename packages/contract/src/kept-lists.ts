import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';

/*
 * How an operator likes his lists: columns, the rows of a page, and the questions he asks again and again. It follows him to
 * every browser he signs in at.
 */

/** Every list of the console that is kept; one row an operator each. */
export const LISTS = [
  'accounts',
  'api-keys',
  'approvals',
  'audit',
  'batch',
  'charges',
  'clocks',
  'counter-days',
  'events',
  'exceptions',
  'frames',
  'gateways',
  'holds',
  'ledger',
  'lost',
  'masses',
  'meters',
  'notices',
  'operators',
  'read-batches',
  'readbatch',
  'receipts',
  'sessions',
  'shifts',
  'stall-register',
  'sweep',
  'unclaimed',
] as const;
export type ListName = (typeof LISTS)[number];

export const PAGE_SIZES = [50, 100, 500, 1_000, 10_000] as const;
export const MIN_COLUMN_PX = 48;
export const MAX_COLUMN_PX = 1_200;
const MAX_COLUMNS = 60;
const MAX_VIEWS = 30;
const MAX_FILTERS = 20;

/** In the order they are shown in; a column that is not named stands behind, as the list itself has it. */
export const KeptColumn = Type.Object({
  key: Type.String({ pattern: '^\\w{1,40}$' }),
  isShown: Type.Boolean(),
  /** Null: as wide as its content. */
  widthPx: Type.Union([Type.Integer({ minimum: MIN_COLUMN_PX, maximum: MAX_COLUMN_PX }), Type.Null()]),
});
export type KeptColumn = Static<typeof KeptColumn>;

/** A question to a list under a name of the operator's own: what a saved view opens. Names differ. */
export const KeptView = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 40 }),
  search: Type.String({ maxLength: 64 }),
  /** A column's key, with a minus before it from the greatest down; empty for the list's own order. */
  sort: Type.String({ pattern: '^(-?\\w{1,40})?$' }),
  filters: Type.Record(Type.String({ pattern: '^\\w{1,40}$' }), Type.String({ maxLength: 120 }), {
    maxProperties: MAX_FILTERS,
  }),
});
export type KeptView = Static<typeof KeptView>;

const kept = {
  columns: Type.Array(KeptColumn, { maxItems: MAX_COLUMNS }),
  views: Type.Array(KeptView, { maxItems: MAX_VIEWS }),
  pageSize: Type.Enum([...PAGE_SIZES]),
};
export const KeptList = Type.Object({ list: Type.Enum([...LISTS]), ...kept });
export type KeptList = Static<typeof KeptList>;

/** What is not said stays as it is: one browser may save a view while another widens a column. */
export const KeptListChange = Type.Partial(Type.Object(kept));
export type KeptListChange = Static<typeof KeptListChange>;

export const keptListsRoutes = {
  myLists: defineRoute({
    method: 'GET',
    path: '/api/me/lists',
    summary: 'My columns, page sizes and saved views, list by list; a list that I never touched is not there',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    response: Type.Array(KeptList),
  }),
  keepMyList: defineRoute({
    method: 'PUT',
    path: '/api/me/lists/:list',
    summary: 'Keep how I like a list',
    roles: ROLES,
    scope: 'self',
    sessionOnly: true,
    params: Type.Object({ list: Type.Enum([...LISTS]) }),
    body: KeptListChange,
    response: Type.Null(),
  }),
} as const;
