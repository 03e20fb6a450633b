import type { BillingState } from '@openprepay/domain';
import type { Fen, MeterKind, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { Stretch } from './shadow-readings-store.ts';

/** A past month: its first instant and the one after its last. */
export interface MonthRange {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface ShadowMeter {
  readonly meterId: string;
  readonly serial: string;
  /** Whose place it took in the month. */
  readonly oldMeterId: string | null;
}

/** Every meter of a kind; those that took another's place in the month after all others, in the order they did. */
export async function shadowMeters(
  db: Queryable,
  marketId: string,
  kind: MeterKind,
  { startsAt, endsAt }: MonthRange,
): Promise<ShadowMeter[]> {
  return db.query<ShadowMeter & Record<string, unknown>>(
    `select meter.meter_id as "meterId", serial, old_meter_id as "oldMeterId"
     from meter
     left join meter_replacement replaced
       on replaced.market_id = $1 and replaced.new_meter_id = meter.meter_id and replaced.at >= $3 and replaced.at < $4
     where meter.market_id = $1 and meter.kind = $2
     order by replaced.at nulls first, meter.meter_id`,
    [marketId, kind, startsAt, endsAt],
  );
}

/** Charges of one account and meter in one billing period, as far as their intervals began in the month. */
export interface ChargedStretch {
  readonly meterId: string;
  readonly accountId: string;
  readonly fromAt: Date;
  readonly toAt: Date;
  /** Of the charges that lie wholly in the month, with what put them right. */
  readonly chargedFen: Fen;
  /** Where the billing period stood when the first of the charges began. */
  readonly opening: BillingState;
  /** Charges that go over a border of the month between two of their readings. */
  readonly splitIds: readonly string[];
}

/** An interval is of the month it began in, so a meter's month ends with its first good reading of the next one. */
const EDGE = `
  with edge as materialized (
    select meter_id,
           (select read_at from reading
            where reading.market_id = $1 and reading.meter_id = one.meter_id and quality = 'good' and read_at >= $3
            order by read_at limit 1) as from_at,
           coalesce((select read_at from reading
            where reading.market_id = $1 and reading.meter_id = one.meter_id and quality = 'good' and read_at >= $4
            order by read_at limit 1), 'infinity') as to_at
    from unnest($2::uuid[]) as one (meter_id)
  )`;

const CHARGED = `${EDGE}, corrected as (
    select charge_id, sum(amount_fen) as amount_fen
    from charge_correction where market_id = $1 and meter_id = any($2::uuid[])
    group by charge_id
  ), part as (
    select charge.*, charge.amount_fen + coalesce(corrected.amount_fen, 0) as paid_fen,
           greatest(charge.from_at, edge.from_at) as part_from, least(charge.to_at, edge.to_at) as part_to
    from edge
    cross join lateral (
      select max(from_at) as from_at from charge
      where charge.market_id = $1 and charge.meter_id = edge.meter_id and charge.from_at <= edge.from_at) before
    join charge
      on charge.market_id = $1 and charge.meter_id = edge.meter_id
     and charge.from_at >= coalesce(before.from_at, edge.from_at) and charge.from_at < $4 and charge.to_at > edge.from_at
    left join corrected using (charge_id)
    where $5::uuid is null or charge.plan_id = $5
  )`;

/**
 * The same for the most of meters, from two charges instead of all: where the first and the last one of the month are of one
 * billing period, cross no border and nothing was put right, all between them is the rounded sum after less the one before.
 * Which plan charged it is said by those two.
 */
export async function plainStretches(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[],
  { startsAt, endsAt }: MonthRange,
): Promise<(ChargedStretch & { readonly planId: string })[]> {
  type Found = Omit<ChargedStretch, 'opening' | 'splitIds'> & { planId: string } & BillingState &
    Record<string, unknown>;
  const rows = await db.query<Found>(
    `${EDGE}
     select edge.meter_id as "meterId", first.account_id as "accountId", first.from_at as "fromAt", last.to_at as "toAt",
            (round(last.exact_after_nano_yuan::numeric / 10000000)
              - round(first.exact_before_nano_yuan::numeric / 10000000))::bigint as "chargedFen",
            first.plan_id as "planId", first.billing_period as "billingPeriod", first.period_from as "periodFrom",
            first.use_before as use, first.exact_before_nano_yuan as exact
     from edge
     cross join lateral (
       select * from charge
       where market_id = $1 and meter_id = edge.meter_id and from_at >= edge.from_at and from_at < $4
       order by from_at limit 1) first
     cross join lateral (
       select * from charge
       where market_id = $1 and meter_id = edge.meter_id and from_at >= edge.from_at and from_at < $4
       order by from_at desc limit 1) last
     left join lateral (
       select to_at from charge
       where market_id = $1 and meter_id = edge.meter_id and from_at < edge.from_at
       order by from_at desc limit 1) before on true
     where (first.account_id, first.billing_period, first.period_from, first.plan_id)
         = (last.account_id, last.billing_period, last.period_from, last.plan_id)
       and last.to_at <= edge.to_at and coalesce(before.to_at <= edge.from_at, true)
       and not exists (
         select from charge_correction where market_id = $1 and charge_correction.meter_id = edge.meter_id)
     order by edge.meter_id`,
    [marketId, meterIds, startsAt, endsAt],
  );
  return rows.map(({ billingPeriod, periodFrom, use, exact, ...stretch }) => ({
    ...stretch,
    opening: { billingPeriod, periodFrom, use, exact },
    splitIds: [],
  }));
}

/** What was charged in the month, in order of meter, account and time. */
export async function chargedStretches(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[],
  { startsAt, endsAt }: MonthRange,
  planId: string | null,
): Promise<ChargedStretch[]> {
  type Found = Omit<ChargedStretch, 'opening'> & BillingState & Record<string, unknown>;
  const rows = await db.query<Found>(
    `${CHARGED}, stretch as (
       select meter_id, account_id, billing_period, period_from, min(from_at) as first_at, min(part_from) as from_at,
              max(part_to) as to_at,
              coalesce(sum(paid_fen) filter (where part_from = from_at and part_to = to_at), 0)::bigint as charged_fen,
              coalesce(array_agg(charge_id) filter (where part_from <> from_at or part_to <> to_at), '{}') as split_ids
       from part
       group by meter_id, account_id, billing_period, period_from
     )
     select stretch.meter_id as "meterId", stretch.account_id as "accountId", stretch.from_at as "fromAt", stretch.to_at as "toAt",
            charged_fen as "chargedFen", split_ids as "splitIds", stretch.billing_period as "billingPeriod",
            stretch.period_from as "periodFrom", first.use_before as use, first.exact_before_nano_yuan as exact
     from stretch
     join charge first on first.market_id = $1 and first.meter_id = stretch.meter_id and first.from_at = first_at
     order by stretch.meter_id, stretch.from_at`,
    [marketId, meterIds, startsAt, endsAt, planId],
  );
  return rows.map(({ billingPeriod, periodFrom, use, exact, ...stretch }) => ({
    ...stretch,
    opening: { billingPeriod, periodFrom, use, exact },
  }));
}

export interface SplitCharge {
  readonly chargeId: string;
  readonly meterId: string;
  readonly fromAt: Date;
  readonly toAt: Date;
  readonly planId: string;
  readonly version: number;
  readonly rule: unknown;
  readonly before: BillingState;
}

/** Charges with the rule that priced them. */
export async function splitCharges(
  db: Queryable,
  marketId: string,
  chargeIds: readonly string[],
): Promise<SplitCharge[]> {
  const rows = await db.query<Omit<SplitCharge, 'before'> & BillingState & Record<string, unknown>>(
    `select charge_id as "chargeId", meter_id as "meterId", from_at as "fromAt", to_at as "toAt", plan_id as "planId",
            version.version, rule, billing_period as "billingPeriod", period_from as "periodFrom", use_before as use,
            exact_before_nano_yuan as exact
     from charge
     join price_plan_version version using (market_id, plan_id)
     where market_id = $1 and charge_id = any($2::uuid[]) and version.version = charge.plan_version`,
    [marketId, chargeIds],
  );
  return rows.map(({ billingPeriod, periodFrom, use, exact, ...charge }) => ({
    ...charge,
    before: { billingPeriod, periodFrom, use, exact },
  }));
}

export interface UseInYear extends Stretch {
  readonly accountId: string;
}

/**
 * What an account used since a year began up to the beginning of each stretch, over the meters that took each other's place:
 * what was charged of it, between the first reading of the year and that one.
 */
export async function usedInYear(
  db: Queryable,
  marketId: string,
  stretches: readonly UseInYear[],
  yearStartsAt: Date,
): Promise<Quantity[]> {
  const rows = await db.query<{ use: Quantity }>(
    `with recursive chain as (
       select n, account_id, at, meter_id
       from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) with ordinality as one (meter_id, account_id, at, n)
       union
       select n, account_id, chain.at, old_meter_id
       from chain
       join meter_replacement replaced
         on replaced.market_id = $1 and replaced.new_meter_id = chain.meter_id and replaced.at <= chain.at
     ), used as (
       select n, chain.meter_id, greatest(min(charge.from_at), first.read_at) as from_at,
              least(max(charge.to_at), chain.at) as to_at
       from chain
       cross join lateral (
         select read_at from reading
         where reading.market_id = $1 and reading.meter_id = chain.meter_id and quality = 'good' and read_at >= $5
         order by read_at limit 1) first
       join charge
         on charge.market_id = $1 and charge.meter_id = chain.meter_id and charge.account_id = chain.account_id
        and charge.from_at < chain.at and charge.to_at > $5
       group by n, chain.meter_id, first.read_at, chain.at
     )
     select coalesce(sum(last.total - first.total), 0)::bigint as use
     from generate_series(1, cardinality($2::uuid[])) as n
     left join used using (n)
     left join reading first
       on first.market_id = $1 and first.meter_id = used.meter_id and first.read_at = used.from_at and used.from_at < used.to_at
     left join reading last on last.market_id = $1 and last.meter_id = used.meter_id and last.read_at = used.to_at
     group by n order by n`,
    [
      marketId,
      stretches.map((one) => one.meterId),
      stretches.map((one) => one.accountId),
      stretches.map((one) => one.fromAt),
      yearStartsAt,
    ],
  );
  return rows.map(({ use }) => use);
}

export async function accountNames(
  db: Queryable,
  marketId: string,
  accountIds: readonly string[],
): Promise<Map<string, { readonly number: string; readonly customerName: string }>> {
  const rows = await db.query<{ account_id: string; number: string; customer_name: string }>(
    'select account_id, number, customer_name from account where market_id = $1 and account_id = any($2::uuid[])',
    [marketId, accountIds],
  );
  return new Map(rows.map((row) => [row.account_id, { number: row.number, customerName: row.customer_name }]));
}
