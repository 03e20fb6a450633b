import type { BillingState, PricedUse, SettlementPeriod } from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import { MAX_READINGS } from './meter.ts';
import type { Cursor, MeterCharge, Span } from './types.ts';

export async function listMarkets(db: Queryable): Promise<{ marketId: string; timeZone: string }[]> {
  return db.query('select market_id as "marketId", time_zone as "timeZone" from market order by market_id');
}

/** What of the readings may be settled now: nothing past a building's cut-off, unless the tenancy is over. */
export interface Limits {
  readonly marketId: string;
  readonly now: Date;
  readonly timeZone: string;
  readonly cutOffs: readonly { readonly period: SettlementPeriod; readonly at: Date | null }[];
}

/**
 * Every time in which an open account had one of the meters and that is not settled to its end, with the bounds of the readings
 * that may be settled in it. A hold stops before the earliest suspect reading: before the time it claims or the time it
 * came, whichever is earlier, for a time in the future is not to be believed either.
 */
const SPANS = `
  with cut_off as (
    select * from unnest($3::text[], $4::timestamptz[]) as t (period, at)
  ), held as (
    select hold.meter_id, min(least(reading.read_at, reading.received_at)) as stop_at
    from hold
    join reading on reading.market_id = $1 and reading.meter_id = hold.meter_id and reading.quality = 'suspect'
    where hold.market_id = $1 and hold.released_at is null
    group by hold.meter_id
  ), tenure as (
    select binding.meter_id, tenancy.account_id, tenancy.stall_id,
           greatest(binding.from_at, tenancy.from_at) as from_at, least(binding.to_at, tenancy.to_at) as to_at
    from meter_binding binding
    join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id
    where binding.market_id = $1 and binding.meter_id = any($5::uuid[])
  ), span as (
    select tenure.*, meter.kind,
           case meter.kind when 'electricity' then account.electricity_plan_id else account.water_plan_id end as plan_id,
           settled.settled_at, greatest(tenure.from_at, settled.settled_at) as first_at,
           coalesce(least(tenure.to_at, cut_off.at), 'infinity') as last_at,
           coalesce(held.stop_at, 'infinity') as stop_at
    from tenure
    join meter on meter.market_id = $1 and meter.meter_id = tenure.meter_id
    join account on account.market_id = $1 and account.account_id = tenure.account_id and account.state = 'open'
    join stall on stall.market_id = $1 and stall.stall_id = tenure.stall_id
    join building on building.market_id = $1 and building.building_id = stall.building_id
    left join meter_settlement settled on settled.market_id = $1 and settled.meter_id = tenure.meter_id
    left join held on held.meter_id = tenure.meter_id
    left join cut_off
      on cut_off.period = building.settlement_period and coalesce(tenure.to_at, 'infinity') > $2
    where coalesce(tenure.to_at, 'infinity') > greatest(tenure.from_at, settled.settled_at)
  )`;

/** The good readings of a span, by the bounds above. */
const SETTLEABLE = `reading.market_id = $1 and reading.meter_id = span.meter_id and reading.quality = 'good'
  and reading.read_at >= span.first_at and reading.read_at <= span.last_at and reading.read_at < span.stop_at`;

const spanValues = ({ marketId, now, cutOffs }: Limits, meterIds: readonly string[]) => [
  marketId,
  now,
  cutOffs.map((cutOff) => cutOff.period),
  cutOffs.map((cutOff) => cutOff.at),
  meterIds,
];

/**
 * Meters after `afterId`, in order of id, that have a good reading later than they are settled: a quick look, for whether
 * it may be settled now is not asked.
 */
export async function freshMeters(db: Queryable, marketId: string, afterId: string, limit: number): Promise<string[]> {
  const rows = await db.query<{ meter_id: string }>(
    `select state.meter_id
     from meter_state state
     left join meter_settlement settled on settled.market_id = $1 and settled.meter_id = state.meter_id
     where state.market_id = $1 and state.meter_id > $2
       and state.last_read_at > coalesce(settled.settled_at, '-infinity')
     order by state.meter_id limit $3`,
    [marketId, afterId, limit],
  );
  return rows.map((row) => row.meter_id);
}

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

/** Gives meters that were never settled their cursor, at the first reading of their first account. */
export async function openCursors(tx: Queryable, limits: Limits, meterIds: readonly string[]): Promise<void> {
  await tx.query(
    `${SPANS}
     insert into meter_settlement (market_id, meter_id, account_id, period_from, settled_at, settled_value)
     select distinct on (meter_id) $1, meter_id, account_id, first.read_at, first.read_at, first.total
     from span
     cross join lateral (
       select read_at, total from reading where ${SETTLEABLE} order by reading.read_at limit 1) first
     where settled_at is null and first.read_at < coalesce(span.to_at, 'infinity')
     order by meter_id, span.from_at
     on conflict do nothing`,
    spanValues(limits, meterIds),
  );
}

/** Locks cursors in order of id: a second worker waits here, and then finds them where the first one left them. */
export async function lockCursors(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
): Promise<Map<string, Cursor>> {
  const rows = await tx.query<Omit<Cursor, 'billing'> & BillingState & { meterId: string } & Record<string, unknown>>(
    `select meter_id as "meterId", account_id as "accountId", settled_at as "settledAt", settled_value as "settledValue",
            billing_period as "billingPeriod", period_from as "periodFrom", period_use as use, exact_nano_yuan as exact
     from meter_settlement
     where market_id = $1 and meter_id = any($2::uuid[])
     order by meter_id for update`,
    [marketId, meterIds],
  );
  return new Map(
    rows.map(({ meterId, billingPeriod, periodFrom, use, exact, ...cursor }) => [
      meterId,
      { ...cursor, billing: { billingPeriod, periodFrom, use, exact } },
    ]),
  );
}

/** The spans to settle with their readings, a meter's together and oldest first. */
export async function readSpans(tx: Queryable, limits: Limits, meterIds: readonly string[]): Promise<Span[]> {
  return tx.query<Span & Record<string, unknown>>(
    `${SPANS}
     select meter_id as "meterId", kind, account_id as "accountId", stall_id as "stallId", plan_id as "planId",
            from_at as "fromAt", to_at as "toAt", value.read_ats as "readAts", value.totals,
            value.tariffs
     from span
     cross join lateral (
       select array_agg(read_at order by read_at) as read_ats, array_agg(total order by read_at) as totals,
              jsonb_agg(tariffs::text[] order by read_at) as tariffs
       from (select read_at, total, tariffs from reading where ${SETTLEABLE} order by reading.read_at limit $6) first) value
     where value.read_ats[1] < coalesce(span.to_at, 'infinity')
     order by meter_id, span.from_at`,
    [...spanValues(limits, meterIds), MAX_READINGS],
  );
}

export interface StoredCharge extends MeterCharge {
  readonly chargeId: string;
  /** The charge's own id, or null where nothing was to be taken. */
  readonly txId: string | null;
}

export async function insertCharges(
  tx: Queryable,
  marketId: string,
  at: Date,
  charges: readonly StoredCharge[],
): Promise<void> {
  await tx.query(
    `insert into charge (market_id, charge_id, meter_id, account_id, stall_id, from_at, to_at, from_value, to_value,
                         plan_id, plan_version, billing_period, period_from, use_before, intervals, uses,
                         exact_before_nano_yuan, exact_after_nano_yuan, amount_fen, tx_id, created_at)
     select $1, t.*, $2
     from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::timestamptz[], $9::bigint[],
                 $10::bigint[], $11::uuid[], $12::integer[], $13::text[], $14::timestamptz[], $15::bigint[], $16::integer[],
                 $17::jsonb[], $18::bigint[], $19::bigint[], $20::bigint[], $21::uuid[]) as t`,
    [
      marketId,
      at,
      charges.map((charge) => charge.chargeId),
      charges.map((charge) => charge.meterId),
      charges.map((charge) => charge.accountId),
      charges.map((charge) => charge.stallId),
      charges.map((charge) => charge.from.readAt),
      charges.map((charge) => charge.to.readAt),
      charges.map((charge) => charge.from.total),
      charges.map((charge) => charge.to.total),
      charges.map((charge) => charge.version.planId),
      charges.map((charge) => charge.version.version),
      charges.map((charge) => charge.after.billingPeriod),
      charges.map((charge) => charge.after.periodFrom),
      charges.map((charge) => charge.before.use),
      charges.map((charge) => charge.intervals),
      charges.map((charge) => JSON.stringify(charge.uses.map(storedUse))),
      charges.map((charge) => charge.before.exact),
      charges.map((charge) => charge.after.exact),
      charges.map((charge) => charge.amountFen),
      charges.map((charge) => charge.txId),
    ],
  );
}

const storedUse = ({ step, tariff, use }: PricedUse) => ({ step, tariff, use: String(use) });

export async function moveCursors(
  tx: Queryable,
  marketId: string,
  cursors: readonly (Cursor & { readonly meterId: string })[],
): Promise<void> {
  await tx.query(
    `update meter_settlement
     set account_id = moved.account_id, settled_at = moved.settled_at, settled_value = moved.settled_value,
         billing_period = moved.billing_period, period_from = moved.period_from, period_use = moved.period_use,
         exact_nano_yuan = moved.exact_nano_yuan
     from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::text[], $7::timestamptz[], $8::bigint[],
                 $9::bigint[])
       as moved (meter_id, account_id, settled_at, settled_value, billing_period, period_from, period_use,
                 exact_nano_yuan)
     where meter_settlement.market_id = $1 and meter_settlement.meter_id = moved.meter_id`,
    [
      marketId,
      cursors.map((cursor) => cursor.meterId),
      cursors.map((cursor) => cursor.accountId),
      cursors.map((cursor) => cursor.settledAt),
      cursors.map((cursor) => cursor.settledValue),
      cursors.map(({ billing }) => billing.billingPeriod),
      cursors.map(({ billing }) => billing.periodFrom),
      cursors.map(({ billing }) => billing.use),
      cursors.map(({ billing }) => billing.exact),
    ],
  );
}
