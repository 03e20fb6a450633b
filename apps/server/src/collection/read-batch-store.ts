import type { BatchRowsQuery, LinkName, ReadBatchQuery, ReadRow, ReadRowState } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { METER_PLACE } from './meters.ts';

const PAGE_SIZE = 50;

/** A meter that is to be read, as a person knows it, and how it is reached. */
export interface ReadPlace extends Row {
  readonly meterId: string;
  readonly serial: string;
  readonly kind: 'electricity' | 'water';
  readonly link: LinkName;
  readonly isRetired: boolean;
  readonly stallId: string | null;
  readonly stallCode: string | null;
  readonly building: string | null;
}

const PLACE = `meter.meter_id as "meterId", meter.serial, meter.kind, meter.link,
  meter.retired_at is not null as "isRetired", stall.stall_id as "stallId", stall.code as "stallCode",
  building.name as building`;
/** Of `one`, a meter of a batch: it is in one of the buildings of a parameter now, or the parameter is null. */
const isIn = (parameter: string) => `(${parameter}::uuid[] is null or exists (
  select from meter_binding held join stall place using (market_id, stall_id)
  where held.market_id = $1 and held.meter_id = one.meter_id and held.to_at is null
    and place.building_id = any(${parameter})))`;
const IN_ORDER = 'order by stall.code nulls last, meter.serial';

export function placesOf(db: Queryable, marketId: string, meterIds: readonly string[]): Promise<ReadPlace[]> {
  return db.query<ReadPlace>(
    `select ${PLACE} from meter ${METER_PLACE} where meter.market_id = $1 and meter.meter_id = any($2::uuid[]) ${IN_ORDER}`,
    [marketId, meterIds],
  );
}

export interface StoredBatch {
  readonly batchId: string;
  readonly reason: string | null;
  readonly operatorId: string;
}

/** @returns whether it is new; one that is just being written is waited for */
export async function insertBatch(tx: Queryable, marketId: string, batch: StoredBatch, at: Date): Promise<boolean> {
  const rows = await tx.query(
    `insert into read_batch (market_id, batch_id, reason, operator_id, at) values ($1, $2, $3, $4, $5)
     on conflict (market_id, batch_id) do nothing returning 1`,
    [marketId, batch.batchId, batch.reason, batch.operatorId, at],
  );
  return rows.length > 0;
}

export async function insertBatchMeters(
  tx: Queryable,
  marketId: string,
  batchId: string,
  meters: readonly { readonly meterId: string; readonly skip: string | null }[],
): Promise<void> {
  await tx.query(
    `insert into read_batch_meter (market_id, batch_id, meter_id, state, note)
     select $1, $2, meter_id, case when skip is null then 'queued' else 'skipped' end, skip
     from unnest($3::uuid[], $4::text[]) as given (meter_id, skip)`,
    [marketId, batchId, meters.map(({ meterId }) => meterId), meters.map(({ skip }) => skip)],
  );
}

/** Locked, so that a batch is cancelled and tried again by one at a time. */
export async function lockBatch(tx: Queryable, marketId: string, batchId: string): Promise<StoredBatch | null> {
  const [batch] = await tx.query<StoredBatch & Row>(
    `select batch_id as "batchId", reason, operator_id as "operatorId" from read_batch
     where market_id = $1 and batch_id = $2 for update`,
    [marketId, batchId],
  );
  return batch ?? null;
}

export interface BatchRow extends Row {
  readonly batchId: string;
  readonly reason: string | null;
  readonly operatorName: string | null;
  readonly at: Date;
  readonly counts: Record<string, number>;
}

/** What of a batch lies in some buildings is the batch to whoever sees those alone. */
const COUNTED = `
  left join operator on operator.operator_id = batch.operator_id
  left join lateral (
    select jsonb_object_agg(state, n) as counts from (
      select state, count(*) as n from read_batch_meter one
      where one.market_id = batch.market_id and one.batch_id = batch.batch_id and ${isIn('$2')}
      group by state) states) counted on true`;
const BATCH_COLUMNS = `batch.batch_id as "batchId", batch.reason, operator.name as "operatorName", batch.at,
  coalesce(counted.counts, '{}') as counts`;

const MATCHING = `
  from read_batch batch ${COUNTED}
  join market on market.market_id = $1
  where batch.market_id = $1 and ($2::uuid[] is null or counted.counts is not null)
    and ($3::boolean is null or coalesce(counted.counts ?| array['queued', 'sent'], false) = $3)
    and ($4::boolean is null or coalesce(counted.counts ? 'failed', false) = $4)
    and ($5::date is null or batch.at >= $5::date::timestamp at time zone market.time_zone)
    and ($6::date is null or batch.at < ($6::date + 1)::timestamp at time zone market.time_zone)
    and ($7::text is null or batch.reason ilike '%' || $7 || '%' or operator.name ilike '%' || $7 || '%')`;

/** In the order asked, newest first where nothing is said, with how many there are in all. */
export async function selectBatches(
  db: Queryable,
  marketId: string,
  query: ReadBatchQuery,
  buildingIds: readonly string[] | null,
): Promise<{ total: number; batches: BatchRow[] }> {
  const { descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    buildingIds,
    query.underWay ?? null,
    query.failed ?? null,
    query.from ?? null,
    query.to ?? null,
    likeText(query.text),
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const batches = await db.query<BatchRow>(
    `select ${BATCH_COLUMNS} ${MATCHING}
     order by batch.at ${descending ? 'desc' : 'asc'}, batch.batch_id desc limit $8 offset $9`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), batches };
}

export async function selectBatch(
  db: Queryable,
  marketId: string,
  batchId: string,
  buildingIds: readonly string[] | null,
): Promise<BatchRow | null> {
  const [batch] = await db.query<BatchRow>(
    `select ${BATCH_COLUMNS} from read_batch batch ${COUNTED}
     where batch.market_id = $1 and batch.batch_id = $3 and ($2::uuid[] is null or counted.counts is not null)`,
    [marketId, buildingIds, batchId],
  );
  return batch ?? null;
}

type BatchMeterRow = Omit<ReadRow, 'askedAt' | 'finishedAt' | 'readAt' | 'total'> & {
  readonly askedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly readAt: Date | null;
  readonly total: bigint | null;
};

export function selectBatchMeters(
  db: Queryable,
  marketId: string,
  batchId: string,
  { state, text, buildingIds }: BatchRowsQuery & { readonly buildingIds: readonly string[] | null },
): Promise<BatchMeterRow[]> {
  return db.query<BatchMeterRow & Row>(
    `select ${PLACE}, one.state, one.note, one.asked_at as "askedAt", one.finished_at as "finishedAt",
            one.read_at as "readAt", one.total
     from read_batch_meter one
     join meter on meter.market_id = one.market_id and meter.meter_id = one.meter_id ${METER_PLACE}
     where one.market_id = $1 and one.batch_id = $2 and ($3::text is null or one.state = $3)
       and ($4::text is null or position($4 in lower(meter.serial)) > 0 or position($4 in lower(stall.code)) > 0)
       and ${isIn('$5')}
     ${IN_ORDER}`,
    [marketId, batchId, state ?? null, text?.toLowerCase() ?? null, buildingIds],
  );
}

/** Moves the batch's meters from one state to another. @returns how many */
export async function moveAll(
  tx: Queryable,
  marketId: string,
  batchId: string,
  {
    from,
    to,
    at,
    buildingIds,
  }: {
    readonly from: ReadRowState;
    readonly to: ReadRowState;
    readonly at: Date;
    readonly buildingIds: readonly string[] | null;
  },
): Promise<number> {
  const rows = await tx.query(
    `update read_batch_meter one set state = $4::text, note = null,
            finished_at = case when $4::text = 'queued' then null else $5::timestamptz end
     where market_id = $1 and batch_id = $2 and state = $3 and ${isIn('$6')} returning 1`,
    [marketId, batchId, from, to, at, buildingIds],
  );
  return rows.length;
}

export interface Waiting extends Row {
  readonly marketId: string;
  readonly batchId: string;
  readonly meterId: string;
  /** Of one line, question after question. */
  readonly line: string;
}

/** Markets in which something waits. */
export async function marketsWaiting(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ market_id: string }>(
    `select market_id from market where exists (
       select 1 from read_batch_meter one where one.market_id = market.market_id and one.state in ('queued', 'sent'))
     order by market_id`,
  );
  return rows.map((row) => row.market_id);
}

/** What waits in a market, the oldest batch first. */
export function waitingMeters(db: Queryable, marketId: string, limit: number): Promise<Waiting[]> {
  return db.query<Waiting>(
    `select one.market_id as "marketId", one.batch_id as "batchId", one.meter_id as "meterId",
            meter.link || ' ' || meter.link_key as line
     from read_batch_meter one
     join read_batch batch on batch.market_id = one.market_id and batch.batch_id = one.batch_id
     join meter on meter.market_id = one.market_id and meter.meter_id = one.meter_id
     where one.market_id = $1 and one.state = 'queued' order by batch.at, one.meter_id limit $2`,
    [marketId, limit],
  );
}

/** @returns those of them that are to be asked now: one that was cancelled meanwhile is not */
export async function markSent(
  db: Queryable,
  marketId: string,
  waiting: readonly Waiting[],
  at: Date,
): Promise<Waiting[]> {
  const rows = await db.query<{ batchId: string; meterId: string }>(
    `update read_batch_meter one set state = 'sent', asked_at = $4, tries = tries + 1
     from unnest($2::uuid[], $3::uuid[]) as given (batch_id, meter_id)
     where one.market_id = $1 and one.batch_id = given.batch_id and one.meter_id = given.meter_id
       and one.state = 'queued' returning one.batch_id as "batchId", one.meter_id as "meterId"`,
    [marketId, waiting.map(({ batchId }) => batchId), waiting.map(({ meterId }) => meterId), at],
  );
  const sent = new Set(rows.map(({ batchId, meterId }) => `${batchId} ${meterId}`));
  return waiting.filter(({ batchId, meterId }) => sent.has(`${batchId} ${meterId}`));
}

export async function saveResult(
  db: Queryable,
  { marketId, batchId, meterId }: Waiting,
  result: {
    readonly state: 'answered' | 'failed';
    readonly note: string | null;
    readonly at: Date;
    readonly readAt: Date | null;
    readonly total: bigint | null;
  },
): Promise<void> {
  await db.query(
    `update read_batch_meter set state = $4, note = $5, finished_at = $6, read_at = $7, total = $8
     where market_id = $1 and batch_id = $2 and meter_id = $3 and state = 'sent'`,
    [marketId, batchId, meterId, result.state, result.note, result.at, result.readAt, result.total],
  );
}

/** What a program that ended had asked is asked once more. */
export async function requeueSent(db: Queryable, marketId: string): Promise<void> {
  await db.query(`update read_batch_meter set state = 'queued' where market_id = $1 and state = 'sent'`, [marketId]);
}
