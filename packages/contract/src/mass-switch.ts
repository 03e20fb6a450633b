import Type, { type Static } from 'typebox';
import { batchMeter } from './list-export.ts';
import { defineRoute, ROLES } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, MeterKindSchema, Nullable, Override, SwitchState } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const ofMass = Type.Object({ marketId: Id, massId: Id });
const rulers = ['admin', 'manager'] as const;
const MAX_METERS = 10_000;
/** Two lists of that many ids. */
const BODY_LIMIT_BYTES = 2_000_000;

/** Which meters: those named, those of stalls, or those that a filter finds; an empty filter is the whole market. */
export const MassSelect = Type.Union([
  Type.Object({ meterIds: Type.Array(Id, { minItems: 1, maxItems: MAX_METERS }) }),
  Type.Object({
    stallIds: Type.Array(Id, { minItems: 1, maxItems: MAX_METERS }),
    kind: Type.Optional(MeterKindSchema),
  }),
  Type.Object({
    filter: Type.Object({
      building: Type.Optional(Type.String({ maxLength: 80 })),
      kind: Type.Optional(MeterKindSchema),
      stallType: Type.Optional(Type.String({ maxLength: 64 })),
      /** What the meter says of its relay or valve. */
      switchState: Type.Optional(SwitchState),
      override: Type.Optional(Override),
    }),
  }),
]);
export type MassSelect = Static<typeof MassSelect>;

const order = {
  override: Override,
  /** When it ends by itself; null: when somebody ends it. */
  until: Nullable(Instant),
  /** Of a cut: also what is protected, kept on by a person, or not cut at this time. */
  includeProtected: Type.Boolean(),
};

/** Why a meter of the list is not told. `left_out`: the list was made without it. */
export const MASS_SKIPS = [
  'no_switch',
  'retired',
  'locked_out',
  'same_already',
  'kept_on',
  'protected',
  'friendly_hours',
  'holiday',
  'left_out',
] as const;
export const MassSkip = Type.Enum([...MASS_SKIPS]);
export type MassSkip = Static<typeof MassSkip>;

/** What a person should see of a meter that is told all the same. */
export const MASS_WARNINGS = [
  'kept_on',
  'protected',
  'friendly_hours',
  'holiday',
  'has_balance',
  'replaces_override',
  'offline',
] as const;
export const MassWarning = Type.Enum([...MASS_WARNINGS]);
export type MassWarning = Static<typeof MassWarning>;

const meter = {
  meterId: Id,
  serial: Type.String(),
  kind: MeterKindSchema,
  stallId: Nullable(Id),
  stallCode: Nullable(Type.String()),
  building: Nullable(Type.String()),
  customerName: Nullable(Type.String()),
  online: Type.Boolean(),
  switchState: SwitchState,
};

export const MassPreview = Type.Object({
  at: Instant,
  /** Of the meters that would be told and of what they would be told: what is executed is what was seen. */
  listHash: Type.String(),
  told: Type.Integer(),
  skipped: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      ...meter,
      /** As it holds now. */
      override: Override,
      /** What the account can use; null where there is none. */
      availableFen: Nullable(AmountFen),
      skip: Nullable(MassSkip),
      warnings: Type.Array(MassWarning),
    }),
  ),
});
export type MassPreview = Static<typeof MassPreview>;

export const MassRequest = Type.Object({
  /** Made by the caller; sent again, it is done once. A cut's approval has the same id. */
  massId: Id,
  /** The meters that the preview said are told. */
  meterIds: Type.Array(Id, { minItems: 1, maxItems: MAX_METERS, uniqueItems: true }),
  /** Those that it skipped, kept for the record. */
  skippedIds: Type.Array(Id, { maxItems: MAX_METERS, uniqueItems: true }),
  ...order,
  listHash: Type.String({ minLength: 64, maxLength: 64 }),
  reason: Type.String({ minLength: 2, maxLength: 200 }),
});
export type MassRequest = Static<typeof MassRequest>;

export const MASS_STATES = ['asked', 'refused', 'executed'] as const;

export const MassSwitch = Type.Object({
  massId: Id,
  ...order,
  reason: Type.String(),
  operatorName: Nullable(Type.String()),
  at: Instant,
  /** `asked`: a cut that waits for a second person, or was never put before one; `refused`: one that will not be done. */
  state: Type.Enum([...MASS_STATES]),
  executedAt: Nullable(Instant),
  told: Type.Integer(),
  skipped: Type.Integer(),
});
export type MassSwitch = Static<typeof MassSwitch>;

export const MASS_SORTS = ['at', 'told'] as const;
export const MassQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...MASS_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  override: Type.Optional(order.override),
  state: Type.Optional(Type.Enum([...MASS_STATES])),
  /** Asked for on this day of the market's zone or later. */
  from: Type.Optional(Type.String({ format: 'date' })),
  /** Inclusive. */
  to: Type.Optional(Type.String({ format: 'date' })),
  /** Found anywhere in the reason or the operator's name. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type MassQuery = Static<typeof MassQuery>;

export const MassPage = Type.Object({ total: Type.Integer(), masses: Type.Array(MassSwitch) });
export type MassPage = Static<typeof MassPage>;

/**
 * Where one meter of a mass is. `asked`: not yet executed; `unchanged`: it was so already; `waiting`: for its turn to close;
 * `superseded`: a later order took its place; `cancelled`: taken back before it was sent.
 */
export const MASS_ROW_STATES = [
  'asked',
  'skipped',
  'unchanged',
  'waiting',
  'queued',
  'sent',
  'acknowledged',
  'confirmed',
  'failed',
  'expired',
  'superseded',
  'cancelled',
] as const;
export const MassRowState = Type.Enum([...MASS_ROW_STATES]);
export type MassRowState = Static<typeof MassRowState>;

/** Which rows of a batch: in one state, and with the text in stall, serial or customer. The counts are of all. */
export const BatchRowsQuery = Type.Object({
  state: Type.Optional(Type.String({ maxLength: 20 })),
  text: Type.Optional(Type.String({ maxLength: 64 })),
});
export type BatchRowsQuery = Static<typeof BatchRowsQuery>;

export const MassRow = Type.Object({
  ...meter,
  state: MassRowState,
  skip: Nullable(MassSkip),
  /** What its command says; null where there is none. */
  wanted: Nullable(Type.Enum(['on', 'off'])),
  /** When its turn is. */
  dueAt: Nullable(Instant),
  sentAt: Nullable(Instant),
  finishedAt: Nullable(Instant),
  /** Of a failed one, what the last try brought: `read_on`, `no_answer` … */
  outcome: Nullable(Type.String()),
});
export type MassRow = Static<typeof MassRow>;

export const MassDetail = Type.Object({
  ...MassSwitch.properties,
  /** Meters by state; states without any are left out. */
  counts: Type.Record(Type.String(), Type.Integer()),
  /** How many could be taken back now, and how many told once more. */
  cancellable: Type.Integer(),
  retriable: Type.Integer(),
  rows: Type.Array(MassRow),
});
export type MassDetail = Static<typeof MassDetail>;

const Reason = Type.Object({ reason: Type.String({ minLength: 2, maxLength: 200 }) });
/** On how many meters it had an effect. */
const Touched = Type.Object({ meters: Type.Integer() });

export const massSwitchRoutes = {
  previewMass: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/mass-switches/preview',
    summary: 'Many meters at once: which would be told and which skipped, and why; nothing is done',
    roles: rulers,
    params: inMarket,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: Type.Object({ select: MassSelect, ...order }),
    response: MassPreview,
  }),
  startMass: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/mass-switches',
    summary: 'Set many meters as previewed: at once, but a cut waits for its approval of kind mass_cut',
    roles: rulers,
    params: inMarket,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: MassRequest,
    response: MassSwitch,
  }),
  massSwitches: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/mass-switches',
    summary: 'What was done to many meters at once, filtered, sorted and by the page',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: MassQuery,
    response: MassPage,
    list: {
      rows: 'masses',
      paging: 'page',
      cells: {
        at: ['at', 'instant'],
        order: ['override', 'code'],
        reason: ['reason', 'text'],
        state: ['state', 'code'],
        executed: ['executedAt', 'instant'],
        until: ['until', 'instant'],
        told: ['told', 'integer'],
        skipped: ['skipped', 'integer'],
        by: ['operatorName', 'text'],
      },
    },
  }),
  massSwitch: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/mass-switches/:massId',
    summary: 'One of them, with where each meter is now',
    roles: ROLES,
    scope: 'building',
    params: ofMass,
    query: BatchRowsQuery,
    response: MassDetail,
    list: {
      rows: 'rows',
      paging: 'whole',
      cells: {
        ...batchMeter,
        customer: ['customerName', 'text'],
        reported: ['switchState', 'code'],
        skip: ['skip', 'code'],
        outcome: ['outcome', 'code'],
        sentAt: ['sentAt', 'instant'],
        finishedAt: ['finishedAt', 'instant'],
      },
    },
  }),
  cancelMass: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/mass-switches/:massId/cancel',
    summary: 'Take back what is not sent yet: those meters follow their rules again',
    roles: rulers,
    params: ofMass,
    body: Reason,
    response: Touched,
  }),
  retryMass: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/mass-switches/:massId/retry',
    summary: 'Tell the meters once more that did not get there',
    roles: rulers,
    params: ofMass,
    response: Touched,
  }),
} as const;
