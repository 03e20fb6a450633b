import type { Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

/** A meter between two of its good readings. */
export interface Stretch {
  readonly meterId: string;
  readonly fromAt: Date;
  readonly toAt: Date;
}

export interface StretchReadings {
  /** In milliseconds since 1970. */
  readonly readAts: readonly bigint[];
  readonly totals: readonly Quantity[];
  /** One list a register, in the order of TARIFFS; null where they were not asked for. */
  readonly tariffs: readonly (readonly (bigint | null)[])[] | null;
}

/**
 * Which good readings of a stretch are asked for. `ends`: the first and the last. With registers: `all`, or those that are
 * `uneven`: the ends, and both ends of each interval whose registers did not count what its total did.
 */
export type Wanted = 'ends' | 'uneven' | 'all';

const GOOD = `reading.market_id = $1 and reading.meter_id = stretch.meter_id and quality = 'good'`;
const ENDS = `select read_at, total from reading where ${GOOD} and read_at in (stretch.from_at, stretch.to_at)`;
const ALL = `select read_at, total, tariffs from reading where ${GOOD} and read_at between stretch.from_at and stretch.to_at`;

const REGISTERS = [1, 2, 3, 4, 5];
const sameRegister = (n: number) => `coalesce(tariffs[${n}] >= old[${n}], tariffs[${n}] is null and old[${n}] is null)`;
const UNEVEN = `
  select read_at, total, tariffs
  from (
    select read_at, total, tariffs, is_even, lead(is_even) over (order by read_at) as is_next_even
    from (
      select read_at, total, tariffs,
             ${REGISTERS.map(sameRegister).join(' and ')}
             and total - old_total = ${REGISTERS.map((n) => `coalesce(tariffs[${n}] - old[${n}], 0)`).join(' + ')} as is_even
      from (
        select read_at, total, tariffs, lag(total) over once as old_total, lag(tariffs) over once as old
        from (${ALL}) one window once as (order by read_at)) one) one) one
  where is_even is not true or is_next_even is not true`;

const ROWS: Readonly<Record<Wanted, string>> = { ends: ENDS, uneven: UNEVEN, all: ALL };

/** Readings of each stretch, those that are wanted, in order of time. */
export async function stretchReadings(
  db: Queryable,
  marketId: string,
  stretches: readonly Stretch[],
  wanted: Wanted,
): Promise<StretchReadings[]> {
  const registers = wanted === 'ends' ? [] : REGISTERS.map((n) => `array_agg(tariffs[${n}] order by read_at) as r${n}`);
  type Found = Omit<StretchReadings, 'tariffs'> & Record<`r${number}`, (bigint | null)[]>;
  const rows = await db.query<Found>(
    `select value.*
     from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) with ordinality as stretch (meter_id, from_at, to_at, n)
     cross join lateral (
       select ${[
         `coalesce(array_agg(${msOf('read_at')} order by read_at), '{}') as "readAts"`,
         `coalesce(array_agg(total order by read_at), '{}') as totals`,
         ...registers,
       ].join(', ')}
       from (${ROWS[wanted]}) wanted) value
     order by n`,
    [
      marketId,
      stretches.map((one) => one.meterId),
      stretches.map((one) => one.fromAt),
      stretches.map((one) => one.toAt),
    ],
  );
  return rows.map((row) => ({
    readAts: row.readAts,
    totals: row.totals,
    tariffs: wanted === 'ends' ? null : REGISTERS.map((n) => row[`r${n}`] ?? []),
  }));
}

/** The last good reading before an instant, and the first one from it on, of meter after meter; null where there is none. */
export interface AboutInstant {
  readonly beforeMs: readonly (bigint | null)[];
  readonly beforeTotals: readonly (bigint | null)[];
  readonly afterMs: readonly (bigint | null)[];
  readonly afterTotals: readonly (bigint | null)[];
}

const FOUND = `
  select coalesce(array_agg(${msOf('before_at')} order by n), '{}') as "beforeMs",
         coalesce(array_agg(before_total order by n), '{}') as "beforeTotals",
         coalesce(array_agg(${msOf('after_at')} order by n), '{}') as "afterMs",
         coalesce(array_agg(after_total order by n), '{}') as "afterTotals"`;

/**
 * The same of all meters about one instant: what was read at one time stands together, as it came. None further away is found.
 * One instant a query, for only of known bounds the database sees that they are narrow.
 */
export async function readingsAbout(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[],
  at: Date,
  withinMs: number,
): Promise<AboutInstant> {
  const [found] = await db.query<AboutInstant & Record<string, unknown>>(
    `${FOUND}
     from unnest($2::uuid[]) with ordinality as one (meter_id, n)
     left join (
       select meter_id, max(read_at) filter (where read_at < $3) as before_at, max(total) filter (where read_at < $3) as before_total,
              min(read_at) filter (where read_at >= $3) as after_at, min(total) filter (where read_at >= $3) as after_total
       from reading
       where market_id = $1 and read_at >= $4 and read_at < $5 and quality = 'good'
       group by meter_id) about using (meter_id)`,
    [marketId, meterIds, at, new Date(at.getTime() - withinMs), new Date(at.getTime() + withinMs)],
  );
  return found ?? NONE;
}

/** However far away, each meter about an instant of its own. */
export async function readingsAboutEach(
  db: Queryable,
  marketId: string,
  asked: readonly { readonly meterId: string; readonly at: Date }[],
): Promise<AboutInstant> {
  const good = `reading.market_id = $1 and reading.meter_id = one.meter_id and quality = 'good'`;
  const [found] = await db.query<AboutInstant & Record<string, unknown>>(
    `${FOUND}
     from unnest($2::uuid[], $3::timestamptz[]) with ordinality as one (meter_id, at, n)
     left join lateral (
       select read_at as before_at, total as before_total from reading where ${good} and read_at < at
       order by read_at desc limit 1) before on true
     left join lateral (
       select read_at as after_at, total as after_total from reading where ${good} and read_at >= at
       order by read_at limit 1) after on true`,
    [marketId, asked.map(({ meterId }) => meterId), asked.map(({ at }) => at)],
  );
  return found ?? NONE;
}

const NONE: AboutInstant = { beforeMs: [], beforeTotals: [], afterMs: [], afterTotals: [] };

/** `extract` would count in decimals, which takes ten times as long. */
function msOf(at: string): string {
  return `(date_part('epoch', ${at}) * 1000)::bigint`;
}
