import type { Queryable, Row } from '../platform/database.ts';
import type { Hour, HourOfMoney, HourOfUse } from './types.ts';

export async function marketsKept(db: Queryable): Promise<{ marketId: string; timeZone: string; createdAt: Date }[]> {
  return db.query<{ marketId: string; timeZone: string; createdAt: Date } & Row>(
    `select market_id as "marketId", time_zone as "timeZone", created_at as "createdAt" from market order by market_id`,
  );
}

/** When each hour since then was last worked out, oldest first. */
export async function hoursMade(
  db: Queryable,
  marketId: string,
  since: Date,
): Promise<{ hourAt: Date; madeAt: Date }[]> {
  return db.query<{ hourAt: Date; madeAt: Date } & Row>(
    `select hour_at as "hourAt", max(made_at) as "madeAt" from market_hour
     where market_id = $1 and hour_at >= $2 group by hour_at order by 2`,
    [marketId, since],
  );
}

/**
 * Works an hour out: what each meter used is what lies between its last good readings at the hour's end and at its beginning, so
 * that the hours of a day add up to the day. Two look-ups in the key of readings a meter.
 * @param isNow whether the meters are looked at too, to see which of them are online
 */
export async function makeHour(
  db: Queryable,
  marketId: string,
  { from, to }: Hour,
  madeAt: Date,
  isNow: boolean,
): Promise<void> {
  await db.query(
    `insert into market_hour (market_id, hour_at, building_id, kind, use, seen, seen_online, made_at)
     select $1, $2, stall.building_id, meter.kind, coalesce(sum(till.total - since.total), 0),
            case when $5 then count(*) else 0 end,
            case when $5 then count(*) filter (where state.online) else 0 end, $4
     from meter_binding binding
     join meter on meter.market_id = $1 and meter.meter_id = binding.meter_id
     join stall on stall.market_id = $1 and stall.stall_id = binding.stall_id
     left join meter_state state on state.market_id = $1 and state.meter_id = binding.meter_id
     left join lateral (
       select total from reading
       where market_id = $1 and meter_id = binding.meter_id and quality = 'good'
         and read_at <= least($3, binding.to_at)
       order by read_at desc limit 1) till on true
     left join lateral (
       select coalesce(
         (select total from reading
          where market_id = $1 and meter_id = binding.meter_id and quality = 'good'
            and read_at <= greatest($2, binding.from_at)
          order by read_at desc limit 1),
         (select total from reading
          where market_id = $1 and meter_id = binding.meter_id and quality = 'good'
            and read_at > greatest($2, binding.from_at)
          order by read_at limit 1)) as total) since on till.total is not null
     where binding.market_id = $1 and binding.from_at < $3 and (binding.to_at is null or binding.to_at > $2)
     group by stall.building_id, meter.kind
     on conflict (market_id, hour_at, building_id, kind) do update
     set use = excluded.use, seen = market_hour.seen + excluded.seen,
         seen_online = market_hour.seen_online + excluded.seen_online, made_at = excluded.made_at`,
    [marketId, from, to, madeAt, isNow],
  );
}

export async function forgetHours(db: Queryable, marketId: string, before: Date): Promise<void> {
  await db.query('delete from market_hour where market_id = $1 and hour_at < $2', [marketId, before]);
}

/** @param buildingIds null for the whole market, here and below */
export async function hoursOfUse(
  db: Queryable,
  marketId: string,
  since: Date,
  buildingIds: readonly string[] | null,
): Promise<HourOfUse[]> {
  return db.query<HourOfUse>(
    `select hour_at as "hourAt", kind, sum(use)::bigint as use, sum(seen)::bigint as seen,
            sum(seen_online)::bigint as "seenOnline"
     from market_hour
     where market_id = $1 and hour_at >= $2 and ($3::uuid[] is null or building_id = any($3))
     group by hour_at, kind`,
    [marketId, since, buildingIds],
  );
}

/** Top-ups at the counter less those that were reversed, by the hours in which the receipts were given. */
export async function hoursOfTopUps(
  db: Queryable,
  marketId: string,
  dayStart: Date,
  since: Date,
  until: Date,
  days: readonly [first: string, last: string],
): Promise<HourOfMoney[]> {
  return db.query<HourOfMoney>(
    `select date_bin('1 hour', at, case when at < $4 then $2 else $4 end) as "hourAt", sum(amount_fen)::bigint as "amountFen",
            count(*) filter (where kind = 'top_up') as sales
     from receipt
     where market_id = $1 and day between $5 and $6 and kind in ('top_up', 'reversal') and at >= $2 and at < $3
     group by 1`,
    [marketId, since, until, dayStart, ...days],
  );
}

export interface CountsRow extends Row {
  readonly holds: bigint;
  readonly exceptions: bigint;
  readonly provisional: bigint;
  readonly unclaimed: bigint;
  readonly old_shifts: bigint;
  readonly low_balance: bigint;
  readonly alarm_2: bigint;
  readonly final: bigint;
  readonly is_on: bigint;
  readonly is_off: bigint;
  readonly is_fault: bigint;
  readonly in_service: bigint;
}

/** All that is counted, in one statement. */
export async function readCounts(
  db: Queryable,
  marketId: string,
  dayStart: Date,
  buildingIds: readonly string[] | null,
): Promise<CountsRow | undefined> {
  const [row] = await db.query<CountsRow>(
    `with mine as (
       select stall_id from stall where market_id = $1 and ($3::uuid[] is null or building_id = any($3))
     ), meters as (
       select binding.meter_id from meter_binding binding join mine using (stall_id)
       where binding.market_id = $1 and binding.to_at is null
     ), accounts as (
       select distinct tenancy.account_id from tenancy join mine using (stall_id)
       where tenancy.market_id = $1 and tenancy.to_at is null
     ), states as (
       select count(*) filter (where switch_state = 'on') as is_on, count(*) filter (where switch_state = 'off') as is_off,
              count(*) filter (where switch_state = 'fault') as is_fault, count(*) as in_service
       from meters left join meter_state state on state.market_id = $1 and state.meter_id = meters.meter_id
     ), notices as (
       select count(*) filter (where stage = 'low_balance') as low_balance, count(*) filter (where stage = 'alarm_2') as alarm_2,
              count(*) filter (where stage = 'final') as final
       from notice
       where market_id = $1 and closed_at is null and ($3::uuid[] is null or account_id in (select * from accounts))
     )
     select states.*, notices.*,
       (select count(*) from hold
        where market_id = $1 and released_at is null
          and ($3::uuid[] is null or meter_id in (select * from meters))) as holds,
       (select count(*) from device_exception
        where market_id = $1 and closed_at is null
          and ($3::uuid[] is null or meter_id in (select * from meters))) as exceptions,
       (select count(distinct account_id) from provisional_charge
        where market_id = $1 and replaced_at is null
          and ($3::uuid[] is null or account_id in (select * from accounts))) as provisional,
       (select count(*) from unclaimed_device) as unclaimed,
       (select count(*) from shift where market_id = $1 and closed_at is null and opened_at < $2) as old_shifts
     from states, notices`,
    [marketId, dayStart, buildingIds],
  );
  return row;
}
