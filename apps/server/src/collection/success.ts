import type { MeterSuccess, SweepSuccess } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';
import { METER_COLUMNS, METER_PLACE, type MeterFields, metersLike } from './meters.ts';

/** A reading taken in the last moment of its slot may be so long under way. */
const UNDER_WAY_S = 60;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Figures = SweepSuccess['total'];

export interface SuccessFilter {
  readonly link?: string;
  readonly search?: string;
  /** null for the whole market. */
  readonly buildingIds?: readonly string[] | null;
}

/**
 * Every meter that is due, with its interval and its first and last whole slot between two instants. A meter is due from
 * when it was installed on. $1 market, $2 from, $3 to, $4 link, $5 default interval, $6 meters, $7
 * buildings.
 */
const DUE = `
  due as materialized (
    select meter.meter_id, interval_s, slot.first, greatest(slot.last - slot.first + 1, 0) as slots
    from meter
    ${METER_PLACE}
    cross join lateral (select coalesce(building.reading_interval_s, $5::integer) as interval_s) kept
    cross join lateral (
      select ceil(date_part('epoch', greatest($2::timestamptz, meter.installed_at)) / interval_s)::bigint as first,
             floor(date_part('epoch', $3::timestamptz) / interval_s)::bigint - 1 as last) slot
    where meter.market_id = $1 and meter.retired_at is null and ($4::text is null or meter.link = $4)
      and ($6::uuid[] is null or meter.meter_id = any($6))
      and ($7::uuid[] is null or building.building_id = any($7))
  )`;

/**
 * Each slot that has a reading, and how well it came: 0 in time, 1 late, 2 backfilled. What came in before the first slot
 * cannot be in one, so the index by time of receipt finds the rows.
 */
const COME = `
  come as (
    select due.meter_id, due.interval_s, slot.n as slot,
           min(case when reading.origin = 'backfilled' then 2
                    when date_part('epoch', reading.received_at) <= (slot.n + 1) * due.interval_s + ${UNDER_WAY_S}
                    then 0
                    else 1 end) as how
    from reading
    join due on due.meter_id = reading.meter_id
    cross join lateral (select floor(date_part('epoch', reading.read_at) / due.interval_s)::bigint as n) slot
    where reading.market_id = $1 and reading.received_at >= $2
      and reading.origin not in ('manual', 'estimated')
      and slot.n >= due.first and slot.n < due.first + due.slots
    group by 1, 2, 3
  )`;

const COUNTS = `
  count(*) filter (where how = 0)::integer as "inTime", count(*) filter (where how = 1)::integer as late,
  count(*) filter (where how = 2)::integer as backfilled`;

const DEFAULT_INTERVAL_S = 1_800;

/** How complete the readings of the last hours are, slot by slot, newest first. */
export async function slotSuccess(
  db: Queryable,
  marketId: string,
  at: Date,
  hours: number,
  filter: SuccessFilter,
): Promise<SweepSuccess> {
  const from = new Date(at.getTime() - hours * HOUR_MS);
  const rows = await db.query<Omit<Figures, 'missed'> & { slotAt: Date; intervalS: number }>(
    `with ${DUE}, ${COME},
     expected as (
       select interval_s, slot, count(*)::integer as due
       from due cross join lateral generate_series(due.first, due.first + due.slots - 1) as slot
       group by 1, 2
     ), counted as (select interval_s, slot, ${COUNTS} from come group by 1, 2)
     select to_timestamp(slot * interval_s) as "slotAt", interval_s as "intervalS", due,
            coalesce("inTime", 0) as "inTime", coalesce(late, 0) as late, coalesce(backfilled, 0) as backfilled
     from expected left join counted using (interval_s, slot)
     order by slot * interval_s desc, interval_s`,
    [marketId, from, at, filter.link ?? null, DEFAULT_INTERVAL_S, null, filter.buildingIds ?? null],
  );
  const slots = rows.map((row) => ({ ...withMissed(row), slotAt: row.slotAt.toISOString(), intervalS: row.intervalS }));
  return { at: at.toISOString(), from: from.toISOString(), total: sumOf(slots), slots };
}

/** How complete the readings of each meter are over the last days, worst first. */
export async function meterSuccess(
  db: Queryable,
  marketId: string,
  at: Date,
  days: number,
  filter: SuccessFilter & { readonly offset: number; readonly limit: number },
): Promise<{ at: string; from: string; total: number; meters: MeterSuccess[] }> {
  const from = new Date(at.getTime() - days * DAY_MS);
  const chosen = filter.search ? await metersLike(db, marketId, filter.search) : null;
  const rows = await db.query<
    MeterFields & Omit<Figures, 'missed'> & { intervalS: number; completeBp: number; total: number }
  >(
    `with ${DUE}, ${COME},
     counted as (select meter_id, ${COUNTS} from come group by 1),
     figures as (
       select due.meter_id, due.interval_s, due.slots::integer as due, coalesce("inTime", 0) as "inTime",
              coalesce(late, 0) as late, coalesce(backfilled, 0) as backfilled, count(*) over ()::integer as total,
              (10000 * (coalesce("inTime", 0) + coalesce(late, 0) + coalesce(backfilled, 0)) / due.slots)::integer
                as "completeBp"
       from due left join counted using (meter_id) where due.slots > 0
       order by "completeBp", coalesce("inTime", 0)::float / due.slots, due.meter_id
       offset $8 limit $9)
     select ${METER_COLUMNS}, figures.interval_s as "intervalS", due, "inTime", late, backfilled, "completeBp", total
     from figures join meter on meter.market_id = $1 and meter.meter_id = figures.meter_id ${METER_PLACE}
     order by "completeBp", "inTime"::float / due, meter.meter_id`,
    [
      marketId,
      from,
      at,
      filter.link ?? null,
      DEFAULT_INTERVAL_S,
      chosen,
      filter.buildingIds ?? null,
      filter.offset,
      filter.limit,
    ],
  );
  return {
    at: at.toISOString(),
    from: from.toISOString(),
    total: rows[0]?.total ?? 0,
    meters: rows.map(({ total: _, ...row }) => withMissed(row)),
  };
}

const withMissed = <F extends Omit<Figures, 'missed'>>(row: F): F & { missed: number } => ({
  ...row,
  missed: row.due - row.inTime - row.late - row.backfilled,
});

function sumOf(all: readonly Figures[]): Figures {
  const sum = { due: 0, inTime: 0, late: 0, backfilled: 0, missed: 0 };
  for (const one of all) {
    sum.due += one.due;
    sum.inTime += one.inTime;
    sum.late += one.late;
    sum.backfilled += one.backfilled;
    sum.missed += one.missed;
  }
  return sum;
}
