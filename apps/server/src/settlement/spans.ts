import type { BillingState } from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import { MAX_READINGS } from './meter.ts';
import type { Span } from './types.ts';

/** What of the readings may be settled now: nothing past a building's cut-off, unless the tenancy is over. */
export interface Limits {
  readonly marketId: string;
  readonly now: Date;
  readonly timeZone: string;
  readonly cutOffs: readonly CutOff[];
}

export interface CutOff {
  readonly buildingId: string;
  /** Null where every reading is settled as it comes. */
  readonly at: Date | null;
}

/**
 * Every time in which an open account had one of the meters and that is not settled to its end, with the bounds of the readings
 * that may be settled in it. A hold stops before the earliest suspect reading: before the time it claims or the time it
 * came, whichever is earlier, for a time in the future is not to be believed either.
 *
 * Where the meter took another's place in that time, it waits, and what comes after waits with it, until the other one is
 * settled to its last reading; then its span carries that one's billing period on. Once it has begun, the other one is
 * settled no further.
 */
const SPANS = `
  with cut_off as (
    select * from unnest($3::uuid[], $4::timestamptz[]) as t (building_id, at)
  ), held as (
    select hold.meter_id, min(least(reading.read_at, reading.received_at)) as stop_at
    from hold
    join reading on reading.market_id = $1 and reading.meter_id = hold.meter_id and reading.quality = 'suspect'
    where hold.market_id = $1 and hold.released_at is null
    group by hold.meter_id
  ), tenure as (
    select binding.meter_id, tenancy.account_id, tenancy.stall_id, tenancy.from_at as tenancy_from_at,
           tenancy.to_at as tenancy_to_at,
           greatest(binding.from_at, tenancy.from_at) as from_at, least(binding.to_at, tenancy.to_at) as to_at
    from meter_binding binding
    join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id
    where binding.market_id = $1 and binding.meter_id = any($5::uuid[])
      and greatest(binding.from_at, tenancy.from_at)
        < least(coalesce(binding.to_at, 'infinity'), coalesce(tenancy.to_at, 'infinity'))
  ), carried as (
    select tenure.meter_id, tenure.from_at, old.billing_period, old.period_from, old.period_use, old.exact_nano_yuan,
           exists (
             select from reading
             where reading.market_id = $1 and reading.meter_id = replaced.old_meter_id and reading.quality <> 'rejected'
               and least(reading.read_at, reading.received_at) <= replaced.at
               and reading.read_at >= tenure.tenancy_from_at
               and reading.read_at > coalesce(old.settled_at, '-infinity')
               and (reading.quality = 'suspect' or reading.read_at <= replaced.at)) as is_waiting
    from tenure
    join meter_replacement replaced
      on replaced.market_id = $1 and replaced.new_meter_id = tenure.meter_id and replaced.at = tenure.from_at
    left join meter_settlement old
      on old.market_id = $1 and old.meter_id = replaced.old_meter_id and old.account_id = tenure.account_id
     and old.opened_at >= tenure.tenancy_from_at
    where tenure.tenancy_from_at < replaced.at
  ), possible as (
    select tenure.*, meter.kind,
           case meter.kind when 'electricity' then account.electricity_plan_id else account.water_plan_id end as plan_id,
           settled.settled_at, greatest(tenure.from_at, settled.settled_at) as first_at,
           coalesce(least(tenure.to_at, cut_off.at), 'infinity') as last_at,
           coalesce(held.stop_at, 'infinity') as stop_at,
           carried.billing_period, carried.period_from, carried.period_use, carried.exact_nano_yuan,
           bool_or(coalesce(carried.is_waiting, false) and coalesce(settled.opened_at < tenure.from_at, true))
             over (partition by tenure.meter_id order by tenure.from_at) as is_waiting
    from tenure
    join meter on meter.market_id = $1 and meter.meter_id = tenure.meter_id
    join account on account.market_id = $1 and account.account_id = tenure.account_id and account.state = 'open'
    join stall on stall.market_id = $1 and stall.stall_id = tenure.stall_id
    left join meter_settlement settled on settled.market_id = $1 and settled.meter_id = tenure.meter_id
    left join held on held.meter_id = tenure.meter_id
    left join carried on carried.meter_id = tenure.meter_id and carried.from_at = tenure.from_at
    left join cut_off
      on cut_off.building_id = stall.building_id and coalesce(tenure.to_at, 'infinity') > $2
    where coalesce(tenure.to_at, 'infinity') > greatest(tenure.from_at, settled.settled_at)
      and not exists (
        select from meter_replacement replaced
        join meter_settlement next on next.market_id = $1 and next.meter_id = replaced.new_meter_id
        where replaced.market_id = $1 and replaced.old_meter_id = tenure.meter_id and replaced.at = tenure.to_at
          and coalesce(tenure.tenancy_to_at, 'infinity') > replaced.at and next.opened_at >= replaced.at)
  ), span as (
    select * from possible where not is_waiting
  )`;

/** The good readings of a span, by the bounds above. */
const SETTLEABLE = `reading.market_id = $1 and reading.meter_id = span.meter_id and reading.quality = 'good'
  and reading.read_at >= span.first_at and reading.read_at <= span.last_at and reading.read_at < span.stop_at`;

const spanValues = ({ marketId, now, cutOffs }: Limits, meterIds: readonly string[]) => [
  marketId,
  now,
  cutOffs.map((cutOff) => cutOff.buildingId),
  cutOffs.map((cutOff) => cutOff.at),
  meterIds,
];

export interface DueMeter {
  readonly meterId: string;
  /** Never settled before: it has no cursor yet. */
  readonly unopened: boolean;
}

/** Those of the meters that have something to settle, in order of id. */
export async function dueMeters(db: Queryable, limits: Limits, meterIds: readonly string[]): Promise<DueMeter[]> {
  return db.query<DueMeter & Record<string, unknown>>(
    `${SPANS}
     select distinct meter_id as "meterId", settled_at is null as unopened
     from span
     cross join lateral (
       select read_at from reading where ${SETTLEABLE} order by reading.read_at desc limit 1) newest
     where newest.read_at is distinct from settled_at
     order by meter_id`,
    spanValues(limits, meterIds),
  );
}

/**
 * Gives meters that were never settled their cursor, at the first reading of their first account.
 * @returns the meters that have it from here; what another worker opened meanwhile is that one's to settle
 */
export async function openCursors(tx: Queryable, limits: Limits, meterIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ meter_id: string }>(
    `${SPANS}
     insert into meter_settlement (market_id, meter_id, account_id, opened_at, billing_period, period_from, settled_at,
                                   settled_value, period_use, exact_nano_yuan)
     select distinct on (meter_id) $1, meter_id, account_id, first.read_at, billing_period,
            coalesce(period_from, first.read_at), first.read_at, first.total, coalesce(period_use, 0),
            coalesce(exact_nano_yuan, 0)
     from span
     cross join lateral (
       select read_at, total from reading where ${SETTLEABLE} order by reading.read_at limit 1) first
     where settled_at is null and first.read_at < coalesce(span.to_at, 'infinity')
     order by meter_id, span.from_at
     on conflict do nothing
     returning meter_id`,
    spanValues(limits, meterIds),
  );
  return rows.map((row) => row.meter_id);
}

/** The spans to settle with their readings, a meter's together and oldest first. */
export async function readSpans(tx: Queryable, limits: Limits, meterIds: readonly string[]): Promise<Span[]> {
  const rows = await tx.query<Omit<Span, 'carried'> & Carried & Record<string, unknown>>(
    `${SPANS}
     select meter_id as "meterId", kind, account_id as "accountId", stall_id as "stallId", plan_id as "planId",
            from_at as "fromAt", to_at as "toAt", value.read_ats as "readAts", value.totals, value.tariffs,
            billing_period as "billingPeriod", period_from as "periodFrom", period_use as use, exact_nano_yuan as exact
     from span
     cross join lateral (
       select array_agg(read_at) as read_ats, array_agg(total) as totals, array_agg(tariffs::text) as tariffs
       from (select read_at, total, tariffs from reading where ${SETTLEABLE} order by reading.read_at limit $6) first) value
     where value.read_ats[1] < coalesce(span.to_at, 'infinity')
     order by meter_id, span.from_at`,
    [...spanValues(limits, meterIds), MAX_READINGS],
  );
  return rows.map(({ billingPeriod, periodFrom, use, exact, ...span }) => ({
    ...span,
    carried: periodFrom === null ? null : { billingPeriod, periodFrom, use, exact },
  }));
}

/** A billing period carried on; all null where there is none. */
type Carried = BillingState | { readonly [key in keyof BillingState]: null };
