import Type, { type Static } from 'typebox';
import { batchMeter } from './list-export.ts';
import { BatchRowsQuery } from './mass-switch.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, MAX_LIST_ROWS, MeterKindSchema, Nullable, QuantityBase } from './schemas.ts';

/*
 * Many meters read by hand at once, as one is by `readNow`.
 */

const inMarket = Type.Object({ marketId: Id });
const ofBatch = Type.Object({ marketId: Id, batchId: Id });
const technicians = ['admin', 'technician'] as const;
/** A list of ids. */
const BODY_LIMIT_BYTES = 1_000_000;
const MeterIds = Type.Array(Id, { minItems: 1, maxItems: MAX_LIST_ROWS, uniqueItems: true });

/** Why a meter of the list is not asked. `asleep`: it has no connection, and takes no question before it wakes. */
export const READ_SKIPS = ['retired', 'asleep', 'not_connected'] as const;
export const ReadSkip = Type.Enum([...READ_SKIPS]);
export type ReadSkip = Static<typeof ReadSkip>;

export const READ_ROW_STATES = ['queued', 'sent', 'answered', 'failed', 'cancelled', 'skipped'] as const;
export const ReadRowState = Type.Enum([...READ_ROW_STATES]);
export type ReadRowState = Static<typeof ReadRowState>;

const meter = {
  meterId: Id,
  serial: Type.String(),
  kind: MeterKindSchema,
  stallId: Nullable(Id),
  stallCode: Nullable(Type.String()),
  building: Nullable(Type.String()),
};

export const ReadPreview = Type.Object({
  asked: Type.Integer(),
  skipped: Type.Integer(),
  rows: Type.Array(Type.Object({ ...meter, skip: Nullable(ReadSkip) })),
});
export type ReadPreview = Static<typeof ReadPreview>;

export const ReadRequest = Type.Object({
  /** Made by the caller; sent again, it is done once. */
  batchId: Id,
  /** Those that cannot be asked now are skipped, and kept for the record. */
  meterIds: MeterIds,
  reason: Nullable(Type.String({ maxLength: 200 })),
});
export type ReadRequest = Static<typeof ReadRequest>;

export const ReadBatch = Type.Object({
  batchId: Id,
  reason: Nullable(Type.String()),
  operatorName: Nullable(Type.String()),
  at: Instant,
  /** Meters by state; states without any are left out. */
  counts: Type.Record(Type.String(), Type.Integer()),
});
export type ReadBatch = Static<typeof ReadBatch>;

export const READ_BATCH_SORTS = ['at'] as const;
export const ReadBatchQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...READ_BATCH_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  /** Some meter has still to be asked; or none has. */
  underWay: Type.Optional(Type.Boolean()),
  /** Some meter did not answer; or none failed. */
  failed: Type.Optional(Type.Boolean()),
  /** Asked for on this day of the market's zone or later. */
  from: Type.Optional(Type.String({ format: 'date' })),
  /** Inclusive. */
  to: Type.Optional(Type.String({ format: 'date' })),
  /** Found anywhere in the reason or the operator's name. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type ReadBatchQuery = Static<typeof ReadBatchQuery>;

export const ReadBatchPage = Type.Object({ total: Type.Integer(), batches: Type.Array(ReadBatch) });
export type ReadBatchPage = Static<typeof ReadBatchPage>;

export const ReadRow = Type.Object({
  ...meter,
  state: ReadRowState,
  /** Why it is skipped, or of a failed one what went wrong: `no_answer`, `refused`, `bad_reply`, `not_connected`, `fault`. */
  note: Nullable(Type.String()),
  askedAt: Nullable(Instant),
  finishedAt: Nullable(Instant),
  /** At the meter's own time. */
  readAt: Nullable(Instant),
  /** After CT. */
  total: Nullable(QuantityBase),
});
export type ReadRow = Static<typeof ReadRow>;

export const ReadBatchDetail = Type.Object({ ...ReadBatch.properties, rows: Type.Array(ReadRow) });
export type ReadBatchDetail = Static<typeof ReadBatchDetail>;

const Touched = Type.Object({ meters: Type.Integer() });

export const readBatchRoutes = {
  previewRead: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/read-batches/preview',
    summary: 'Many meters at once: which could be asked now and which not, and why; nothing is asked',
    roles: technicians,
    scope: 'building',
    params: inMarket,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: Type.Object({ meterIds: MeterIds }),
    response: ReadPreview,
  }),
  startRead: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/read-batches',
    summary: 'Read many meters by hand, as fast as their lines let; recorded in the audit',
    roles: technicians,
    scope: 'building',
    params: inMarket,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: ReadRequest,
    response: ReadBatch,
  }),
  readBatches: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/read-batches',
    summary: 'Readings of many meters, filtered, sorted and by the page',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    query: ReadBatchQuery,
    response: ReadBatchPage,
    list: {
      rows: 'batches',
      paging: 'page',
      cells: {
        at: ['at', 'instant'],
        reason: ['reason', 'text'],
        answered: ['counts.answered', 'integer'],
        failed: ['counts.failed', 'integer'],
        queued: ['counts.queued', 'integer'],
        sent: ['counts.sent', 'integer'],
        skipped: ['counts.skipped', 'integer'],
        cancelled: ['counts.cancelled', 'integer'],
        by: ['operatorName', 'text'],
      },
    },
  }),
  readBatch: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/read-batches/:batchId',
    summary: 'One of them, with how far each meter is',
    roles: ROLES,
    scope: 'building',
    params: ofBatch,
    query: BatchRowsQuery,
    response: ReadBatchDetail,
    list: {
      rows: 'rows',
      paging: 'whole',
      cells: {
        ...batchMeter,
        note: ['note', 'code'],
        askedAt: ['askedAt', 'instant'],
        finishedAt: ['finishedAt', 'instant'],
        readAt: ['readAt', 'instant'],
        total: ['total', 'thousandths'],
      },
    },
  }),
  cancelRead: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/read-batches/:batchId/cancel',
    summary: 'Ask none of those that are not asked yet',
    roles: technicians,
    scope: 'building',
    params: ofBatch,
    response: Touched,
  }),
  retryRead: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/read-batches/:batchId/retry',
    summary: 'Ask those once more that did not answer',
    roles: technicians,
    scope: 'building',
    params: ofBatch,
    response: Touched,
  }),
} as const;
