import type { Queryable } from '../platform/database.ts';

/** A time between two good readings in which there should have been others. */
export interface Gap {
  readonly from: Date;
  readonly to: Date;
}

export interface Gaps {
  readonly meterId: string;
  /** The newest good reading; null where there is none since. */
  readonly newest: Date | null;
  readonly doneUntil: Date | null;
  /** Oldest first. */
  readonly gaps: readonly Gap[];
}

export interface Asked {
  readonly meterId: string;
  /** Two good readings further apart than this have a gap between them. */
  readonly gapS: number;
}

type GapsRow = Record<string, unknown> &
  Omit<Gaps, 'gaps'> & { readonly froms: Date[] | null; readonly tos: Date[] | null };

/**
 * The gaps of meters since they were last asked for their frozen registers, or installed, and no older than `oldest`.
 * Where a gap was asked for in part, the rest of it is one.
 */
export async function findGaps(
  db: Queryable,
  marketId: string,
  meters: readonly Asked[],
  oldest: Date,
): Promise<Gaps[]> {
  const rows = await db.query<GapsRow>(
    `select asked.meter_id as "meterId", max(series.read_at) as newest, done.done_until as "doneUntil",
            array_agg(series.before_at order by series.read_at) filter (where series.is_gap) as froms,
            array_agg(series.read_at order by series.read_at) filter (where series.is_gap) as tos
     from unnest($2::uuid[], $3::integer[]) as asked (meter_id, gap_s)
     join meter on meter.market_id = $1 and meter.meter_id = asked.meter_id
     left join meter_backfill done on done.market_id = $1 and done.meter_id = asked.meter_id
     cross join lateral (select greatest(coalesce(done.done_until, meter.installed_at), $4) as at) since
     left join lateral (
       select read_at, before_at, read_at - before_at > make_interval(secs => asked.gap_s) as is_gap
       from (select read_at, lag(read_at, 1, case when done.done_until >= $4 then done.done_until end)
                               over (order by read_at) as before_at
             from reading
             where market_id = $1 and meter_id = asked.meter_id and quality = 'good' and read_at >= since.at) pairs
     ) series on true
     group by asked.meter_id, done.done_until`,
    [marketId, meters.map((meter) => meter.meterId), meters.map((meter) => meter.gapS), oldest],
  );
  return rows.map(({ meterId, newest, doneUntil, froms, tos }) => ({
    meterId,
    newest,
    doneUntil,
    gaps: (froms ?? []).flatMap((from, index) => {
      const to = tos?.[index];
      return to ? [{ from, to }] : [];
    }),
  }));
}

/** Nothing before these instants will be asked for again. */
export async function saveDone(
  db: Queryable,
  marketId: string,
  done: readonly { readonly meterId: string; readonly until: Date }[],
): Promise<void> {
  if (done.length === 0) return;
  await db.query(
    `insert into meter_backfill (market_id, meter_id, done_until)
     select $1, meter_id, done_until from unnest($2::uuid[], $3::timestamptz[]) as t (meter_id, done_until)
     on conflict (market_id, meter_id) do update
     set done_until = greatest(meter_backfill.done_until, excluded.done_until)`,
    [marketId, done.map((one) => one.meterId), done.map((one) => one.until)],
  );
}
