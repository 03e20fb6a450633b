import type {
  AuditAction,
  BatchRowsQuery,
  ReadBatch,
  ReadBatchDetail,
  ReadBatchPage,
  ReadBatchQuery,
  ReadPreview,
  ReadRequest,
  ReadSkip,
} from '@openprepay/contract';
import type { HeadendDesk } from '../headend/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { collectionError } from './errors.ts';
import {
  type BatchRow,
  insertBatch,
  insertBatchMeters,
  lockBatch,
  moveAll,
  placesOf,
  type ReadPlace,
  selectBatch,
  selectBatches,
  selectBatchMeters,
} from './read-batch-store.ts';

/*
 * Many meters read by hand: a list that is worked off by `read-batch-jobs.ts`, as fast as the lines let. What cannot be asked
 * is skipped and kept for the record.
 */

export interface ReadAct {
  readonly marketId: string;
  readonly operatorId: string;
}

type Seen = readonly { readonly place: ReadPlace; readonly skip: ReadSkip | null }[];

/** Which meters could be asked now. @throws collection.no_such_meter */
export async function previewRead(
  db: Queryable,
  desk: HeadendDesk,
  marketId: string,
  meterIds: readonly string[],
): Promise<ReadPreview> {
  const seen = await look(db, desk, marketId, meterIds);
  const rows = seen.map(({ place: { meterId, serial, kind, stallId, stallCode, building }, skip }) => {
    return { meterId, serial, kind, stallId, stallCode, building, skip };
  });
  const asked = rows.filter(({ skip }) => skip === null).length;
  return { asked, skipped: rows.length - asked, rows };
}

async function look(db: Queryable, desk: HeadendDesk, marketId: string, meterIds: readonly string[]): Promise<Seen> {
  const places = await placesOf(db, marketId, meterIds);
  if (places.length < new Set(meterIds).size) {
    throw collectionError('collection.no_such_meter', 'a meter of the list is not in this market');
  }
  return places.map((place) => ({ place, skip: skipOf(desk, marketId, place) }));
}

function skipOf(desk: HeadendDesk, marketId: string, { meterId, link, isRetired }: ReadPlace): ReadSkip | null {
  if (isRetired) return 'retired';
  if (link === 'nb') return 'asleep';
  return desk.reaches(marketId, meterId) ? null : 'not_connected';
}

/**
 * Stores the list, with the audit of it; the same request sent again is done once.
 * @throws collection.no_such_meter, collection.batch_reused
 */
export async function startRead(
  ctx: Context,
  desk: HeadendDesk,
  { marketId, operatorId }: ReadAct,
  { batchId, meterIds, reason }: ReadRequest,
): Promise<ReadBatch> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    if (!(await insertBatch(tx, marketId, { batchId, reason, operatorId }, at))) {
      const earlier = await lockBatch(tx, marketId, batchId);
      if (earlier?.operatorId === operatorId && earlier.reason === reason) return;
      throw collectionError('collection.batch_reused', 'this id stands for another batch');
    }
    const seen = await look(tx, desk, marketId, meterIds);
    await insertBatchMeters(
      tx,
      marketId,
      batchId,
      seen.map(({ place, skip }) => ({ meterId: place.meterId, skip })),
    );
    const asked = seen.filter(({ skip }) => skip === null).length;
    const after = { asked, skipped: seen.length - asked };
    await audit(tx, at, { marketId, operatorId }, 'collection.read_batch', batchId, reason, after);
    await tx.notify('read', marketId);
  });
  return batchLine(ctx.db, marketId, batchId);
}

/** Where somebody sees some buildings alone: what of a batch is there is the batch to him. */
type Buildings = readonly string[] | null;

export async function readBatches(
  db: Queryable,
  marketId: string,
  query: ReadBatchQuery,
  buildingIds: Buildings = null,
): Promise<ReadBatchPage> {
  const { total, batches } = await selectBatches(db, marketId, query, buildingIds);
  return { total, batches: batches.map(lineOf) };
}

async function batchLine(
  db: Queryable,
  marketId: string,
  batchId: string,
  buildingIds: Buildings = null,
): Promise<ReadBatch> {
  const batch = await selectBatch(db, marketId, batchId, buildingIds);
  if (!batch) throw noSuchBatch(batchId);
  return lineOf(batch);
}

/** @throws collection.no_such_batch */
export async function readBatchDetail(
  db: Queryable,
  marketId: string,
  batchId: string,
  asked: BatchRowsQuery = {},
  buildingIds: Buildings = null,
): Promise<ReadBatchDetail> {
  const batch = await batchLine(db, marketId, batchId, buildingIds);
  const rows = await selectBatchMeters(db, marketId, batchId, { ...asked, buildingIds });
  return {
    ...batch,
    rows: rows.map((row) => ({
      ...row,
      askedAt: iso(row.askedAt),
      finishedAt: iso(row.finishedAt),
      readAt: iso(row.readAt),
      total: row.total === null ? null : Number(row.total),
    })),
  };
}

const iso = (at: Date | null) => at?.toISOString() ?? null;
const lineOf = ({ batchId, reason, operatorName, at, counts }: BatchRow): ReadBatch => {
  return { batchId, reason, operatorName, at: at.toISOString(), counts };
};

/**
 * Takes back what is not on the wire yet. A sending and this meet at the meter's row: either it is asked, or it is not.
 * @returns how many @throws collection.no_such_batch
 */
export const cancelRead = (
  ctx: Context,
  who: ReadAct,
  batchId: string,
  buildingIds: Buildings = null,
): Promise<number> =>
  move(ctx, who, batchId, { from: 'queued', to: 'cancelled', buildingIds }, 'collection.cancel_read_batch');

/** @returns how many are asked once more; two at once ask them once @throws collection.no_such_batch */
export const retryRead = (
  ctx: Context,
  who: ReadAct,
  batchId: string,
  buildingIds: Buildings = null,
): Promise<number> =>
  move(ctx, who, batchId, { from: 'failed', to: 'queued', buildingIds }, 'collection.retry_read_batch');

async function move(
  ctx: Context,
  who: ReadAct,
  batchId: string,
  what: { readonly from: 'queued' | 'failed'; readonly to: 'cancelled' | 'queued'; readonly buildingIds: Buildings },
  action: AuditAction,
): Promise<number> {
  const at = ctx.clock.now();
  return ctx.db.tx(async (tx) => {
    if (!(await lockBatch(tx, who.marketId, batchId))) throw noSuchBatch(batchId);
    const meters = await moveAll(tx, who.marketId, batchId, { ...what, at });
    if (meters === 0) return 0;
    await audit(tx, at, who, action, batchId, null, { meters });
    await tx.notify('read', who.marketId);
    return meters;
  });
}

const audit = (
  tx: Tx,
  at: Date,
  who: ReadAct,
  action: AuditAction,
  batchId: string,
  reason: string | null,
  after: object,
): Promise<void> => recordAudit(tx, { ...who, at, action, subject: `read_batch:${batchId}`, reason, after });

const noSuchBatch = (batchId: string) =>
  collectionError('collection.no_such_batch', `no batch ${batchId} of readings in this market`);
