import type { Counted, SuspectReason } from '@openprepay/domain';
import { type Quantity, uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { MeterReport, Origin } from './types.ts';

/** Locks the state rows of meters, made where missing. Always in order of id, so that two processes never deadlock. */
export async function lockMeters(tx: Queryable, marketId: string, meterIds: readonly string[]): Promise<void> {
  await tx.query(
    `insert into meter_state (market_id, meter_id)
     select $1, meter_id from unnest($2::uuid[]) as t (meter_id) order by meter_id
     on conflict do nothing`,
    [marketId, meterIds],
  );
  await tx.query(
    `select from meter_state where market_id = $1 and meter_id = any($2::uuid[]) order by meter_id for update`,
    [marketId, meterIds],
  );
}

/** One frame that several reports carry is kept once. @returns the id given to each report's frame */
export async function insertFrames(
  tx: Queryable,
  marketId: string,
  reports: readonly MeterReport[],
): Promise<Map<MeterReport, string>> {
  const framed = reports.flatMap((report) => (report.frame ? [{ report, frame: report.frame }] : []));
  const kept = [...Map.groupBy(framed, ({ frame }) => frame)].flatMap(([frame, [first]]) =>
    first ? [{ ...first, frame, frameId: uuidV7(first.report.receivedAt) }] : [],
  );
  if (kept.length > 0) {
    await tx.query(
      `insert into frame (market_id, frame_id, meter_id, at, direction, protocol, bytes)
       select $1, frame_id, meter_id, at, 'up', protocol, bytes
       from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bytea[])
         as t (frame_id, meter_id, at, protocol, bytes)`,
      [
        marketId,
        kept.map(({ frameId }) => frameId),
        kept.map(({ report }) => report.meterId),
        kept.map(({ report }) => report.receivedAt),
        kept.map(({ frame }) => frame.protocol),
        kept.map(({ frame }) => Buffer.from(frame.bytes)),
      ],
    );
  }
  const idOf = new Map(kept.map(({ frame, frameId }) => [frame, frameId]));
  return new Map(framed.map(({ report, frame }) => [report, idOf.get(frame) ?? '']));
}

export interface Surroundings {
  /** The total of a reading of this instant that is stored already. */
  readonly knownTotal: Quantity | null;
  /** The nearest good readings before and after, where there are any. */
  readonly good: readonly Counted[];
}

type Tariffs = readonly (bigint | null)[] | null;

/** An array as the database writes it, for a column of arrays in one parameter. */
export const arrayText = (items: Tariffs): string | null =>
  items && `{${items.map((item) => item ?? 'null').join(',')}}`;

type SurroundingsRow = Record<string, unknown> & {
  readonly known_total: Quantity | null;
  readonly before_at: Date | null;
  readonly before_total: Quantity;
  readonly before_tariffs: Tariffs;
  readonly before_turnovers: number;
  readonly after_at: Date | null;
  readonly after_total: Quantity;
  readonly after_tariffs: Tariffs;
  readonly after_turnovers: number;
};

/** What is stored around instants of meters, in the order asked. */
export async function surroundings(
  tx: Queryable,
  marketId: string,
  instants: readonly { readonly meterId: string; readonly readAt: Date }[],
): Promise<Surroundings[]> {
  const rows = await tx.query<SurroundingsRow>(
    `select same.total as known_total,
            before.read_at as before_at, before.total as before_total, before.tariffs as before_tariffs,
            before.turnovers as before_turnovers,
            after.read_at as after_at, after.total as after_total, after.tariffs as after_tariffs,
            after.turnovers as after_turnovers
     from unnest($2::uuid[], $3::timestamptz[]) with ordinality as asked (meter_id, read_at, n)
     left join reading same
       on same.market_id = $1 and same.meter_id = asked.meter_id and same.read_at = asked.read_at
     left join lateral (
       select read_at, total, tariffs, turnovers from reading
       where market_id = $1 and meter_id = asked.meter_id and quality = 'good' and read_at < asked.read_at
       order by read_at desc limit 1) before on true
     left join lateral (
       select read_at, total, tariffs, turnovers from reading
       where market_id = $1 and meter_id = asked.meter_id and quality = 'good' and read_at > asked.read_at
       order by read_at limit 1) after on true
     order by asked.n`,
    [marketId, instants.map((instant) => instant.meterId), instants.map((instant) => instant.readAt)],
  );
  return rows.map((row) => ({
    knownTotal: row.known_total,
    good: [
      ...counted(row.before_at, row.before_total, row.before_tariffs, row.before_turnovers),
      ...counted(row.after_at, row.after_total, row.after_tariffs, row.after_turnovers),
    ],
  }));
}

const counted = (readAt: Date | null, total: Quantity, tariffs: Tariffs, turnovers: number): Counted[] =>
  readAt === null ? [] : [{ readAt, total, tariffs, turnovers }];

export interface JudgedReading extends Counted {
  readonly meterId: string;
  readonly receivedAt: Date;
  readonly origin: Origin;
  readonly tariffs: Tariffs;
  readonly frameId: string | null;
  readonly suspect: SuspectReason | null;
  /** Of a reading that a person took. */
  readonly operatorId: string | null;
  readonly photoId: string | null;
  readonly note: string | null;
}

export async function insertReadings(
  tx: Queryable,
  marketId: string,
  readings: readonly JudgedReading[],
): Promise<void> {
  await tx.query(
    `insert into reading (market_id, meter_id, read_at, received_at, origin, total, turnovers, tariffs, quality,
                          suspect_reason, frame_id, operator_id, photo_id, note)
     select $1, meter_id, read_at, received_at, origin, total, turnovers, tariffs::bigint[],
            case when suspect_reason is null then 'good' else 'suspect' end, suspect_reason, frame_id, operator_id,
            photo_id, note
     from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::bigint[], $7::integer[], $8::text[],
                 $9::text[], $10::uuid[], $11::uuid[], $12::uuid[], $13::text[])
       as t (meter_id, read_at, received_at, origin, total, turnovers, tariffs, suspect_reason, frame_id, operator_id,
             photo_id, note)
     on conflict do nothing`,
    [
      marketId,
      readings.map((reading) => reading.meterId),
      readings.map((reading) => reading.readAt),
      readings.map((reading) => reading.receivedAt),
      readings.map((reading) => reading.origin),
      readings.map((reading) => reading.total),
      readings.map((reading) => reading.turnovers),
      readings.map((reading) => arrayText(reading.tariffs)),
      readings.map((reading) => reading.suspect),
      readings.map((reading) => reading.frameId),
      readings.map((reading) => reading.operatorId),
      readings.map((reading) => reading.photoId),
      readings.map((reading) => reading.note),
    ],
  );
}

/** How far meters have good readings, where a person gave one: it is no contact with the meter. */
export async function noteReads(
  tx: Queryable,
  marketId: string,
  reads: readonly { readonly meterId: string; readonly readAt: Date }[],
): Promise<void> {
  await tx.query(
    `update meter_state set last_read_at = greatest(meter_state.last_read_at, given.read_at)
     from (select meter_id, max(read_at) as read_at from unnest($2::uuid[], $3::timestamptz[]) as t (meter_id, read_at)
           group by meter_id) given
     where meter_state.market_id = $1 and meter_state.meter_id = given.meter_id`,
    [marketId, reads.map((read) => read.meterId), reads.map((read) => read.readAt)],
  );
}

export interface NewHold {
  readonly meterId: string;
  readonly readAt: Date;
  readonly reason: SuspectReason;
  readonly openedAt: Date;
}

/** Opens holds, at most one a meter in one call; a meter that has one keeps it. */
export async function openHolds(tx: Queryable, marketId: string, holds: readonly NewHold[]): Promise<void> {
  if (holds.length === 0) return;
  await tx.query(
    `insert into hold (market_id, hold_id, meter_id, read_at, reason, opened_at)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::timestamptz[])
     on conflict (market_id, meter_id) where released_at is null do nothing`,
    [
      marketId,
      holds.map((hold) => uuidV7(hold.openedAt)),
      holds.map((hold) => hold.meterId),
      holds.map((hold) => hold.readAt),
      holds.map((hold) => hold.reason),
      holds.map((hold) => hold.openedAt),
    ],
  );
}

/** What the reports of one meter say about it, taken together. */
export interface StateChange {
  readonly meterId: string;
  readonly lastContactAt: Date;
  readonly switch: { readonly state: 'on' | 'off' | 'fault'; readonly at: Date } | null;
  readonly lastReadAt: Date | null;
  readonly batteryLow: boolean | null;
  readonly wakeExpectedAt: Date | null;
}

/** Brings locked state rows up to date; what is older than what is there changes nothing. */
export async function saveStates(tx: Queryable, marketId: string, changes: readonly StateChange[]): Promise<void> {
  await tx.query(
    `update meter_state state
     set online = true,
         last_contact_at = greatest(state.last_contact_at, given.last_contact_at),
         switch_state = case when given.switch_at is null or given.switch_at < state.switch_at
                             then state.switch_state else given.switch_state end,
         switch_at = greatest(state.switch_at, given.switch_at),
         last_read_at = greatest(state.last_read_at, given.last_read_at),
         battery_low = coalesce(given.battery_low, state.battery_low),
         wake_expected_at = coalesce(given.wake_expected_at, state.wake_expected_at)
     from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::boolean[],
                 $8::timestamptz[])
       as given (meter_id, last_contact_at, switch_state, switch_at, last_read_at, battery_low, wake_expected_at)
     where state.market_id = $1 and state.meter_id = given.meter_id`,
    [
      marketId,
      changes.map((change) => change.meterId),
      changes.map((change) => change.lastContactAt),
      changes.map((change) => change.switch?.state ?? null),
      changes.map((change) => change.switch?.at ?? null),
      changes.map((change) => change.lastReadAt),
      changes.map((change) => change.batteryLow),
      changes.map((change) => change.wakeExpectedAt),
    ],
  );
}
