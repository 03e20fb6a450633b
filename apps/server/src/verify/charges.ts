import { PRICES, prices } from './price-values.ts';
import type { Rule } from './rule.ts';
import { timeOfUseRule } from './times-of-use.ts';

const COUNT_CHARGES = 'select count(*) from charge where market_id = $1';

/** What a charge begins and ends with, as it was put right. */
const CORRECTED = `
  with corrected as (
    select charge_id,
           from_value + coalesce(sum(true_value - said_value) filter (where edge = 'start'), 0) as start_value,
           to_value + coalesce(sum(true_value - said_value) filter (where edge = 'end'), 0) as end_value
    from charge
    left join charge_correction using (market_id, charge_id)
    where market_id = $1
    group by market_id, charge_id
  )`;

const USES = `jsonb_to_recordset(charge.uses) as one (step integer, tariff text, use bigint)`;

export const chargeRules: readonly Rule[] = [
  {
    name: 'charges of a meter follow each other without gap or overlap',
    counts: COUNT_CHARGES,
    // Values as they were put right later. A billing period goes on from the charge before it, or is a new one; where an
    // account got the meter it is, unless it took another's place.
    problems: `${CORRECTED}, ordered as (
        select charge.*, start_value, end_value,
               lag(to_at) over meter as before_to_at, lag(end_value) over meter as before_end_value,
               lag(account_id) over meter as before_account_id, lag(billing_period) over meter as before_billing_period,
               lag(period_from) over meter as before_period_from,
               exact_before_nano_yuan = 0 and use_before = 0 and period_from = from_at as is_first
        from charge
        join corrected using (charge_id)
        where market_id = $1
        window meter as (partition by meter_id order by from_at)
      )
      select format('charge %s of meter %s from %s does not follow the one to %s', charge_id, meter_id, from_at,
                    coalesce(before_to_at::text, 'nothing')) as problem
      from ordered
      where not coalesce(from_at = before_to_at and start_value = before_end_value and account_id = before_account_id
          and case when billing_period = before_billing_period then period_from = before_period_from
                   else is_first end, false)
        and not (ordered.from_at >= coalesce(before_to_at, '-infinity') and exists (
          select from tenancy
          join meter_binding binding on binding.market_id = $1 and binding.stall_id = tenancy.stall_id
          where tenancy.market_id = $1 and tenancy.account_id = ordered.account_id
            and tenancy.stall_id = ordered.stall_id and binding.meter_id = ordered.meter_id
            and greatest(tenancy.from_at, binding.from_at) between coalesce(before_to_at, '-infinity') and ordered.from_at
            and (is_first or exists (
              select from meter_replacement replaced
              join charge earlier on earlier.market_id = $1 and earlier.meter_id <> ordered.meter_id
              where replaced.market_id = $1 and replaced.new_meter_id = ordered.meter_id
                and replaced.at = binding.from_at and earlier.account_id = ordered.account_id
                and earlier.stall_id = ordered.stall_id and earlier.billing_period = ordered.billing_period
                and earlier.period_from = ordered.period_from and earlier.to_at <= replaced.at))))`,
  },
  {
    name: 'every charge begins and ends on a stored good reading',
    counts: COUNT_CHARGES,
    problems: `${CORRECTED}
      select format('charge %s of meter %s from %s at %s to %s at %s: no such good readings', charge_id, charge.meter_id,
                    start_value, from_at, end_value, to_at) as problem
      from charge
      join corrected using (charge_id)
      left join reading first
        on first.market_id = $1 and first.meter_id = charge.meter_id and first.read_at = charge.from_at
      left join reading last
        on last.market_id = $1 and last.meter_id = charge.meter_id and last.read_at = charge.to_at
      where charge.market_id = $1
        and not coalesce(first.quality = 'good' and last.quality = 'good' and first.total = start_value
                         and last.total = end_value, false)`,
  },
  {
    name: 'every charge is its use at the price in force, rounded on the sum',
    counts: COUNT_CHARGES,
    values: prices,
    problems: `${PRICES}, priced as (
        select charge.*, used.*, (
          select version from price_plan_version in_force
          where in_force.market_id = $1 and in_force.plan_id = charge.plan_id and in_force.valid_from <= charge.from_at
          order by valid_from desc limit 1) as version_in_force
        from charge
        cross join lateral (
          select coalesce(sum(use), 0) as use, coalesce(sum(use::numeric * micro_yuan), 0) as exact,
                 count(*) filter (where micro_yuan is null or use <= 0) as unpriced
          from ${USES}
          left join price on price.plan_id = charge.plan_id and price.version = charge.plan_version
            and price.step = coalesce(one.step, 0) and price.tariff = coalesce(one.tariff, '')) used
        where charge.market_id = $1
      )
      select format('charge %s of meter %s: %s fen for %s, divided into %s, version %s, in force %s', charge_id, meter_id,
                    amount_fen, to_value - from_value, uses, plan_version, version_in_force) as problem
      from priced
      where not coalesce(plan_version = version_in_force and unpriced = 0 and use = to_value - from_value
        and exact_after_nano_yuan - exact_before_nano_yuan - standing_nano_yuan = exact
        and amount_fen = round(exact_after_nano_yuan::numeric / 10000000)
                       - round(exact_before_nano_yuan::numeric / 10000000), false)`,
  },
  {
    name: 'every charge is divided exactly at the steps of its billing period',
    counts: COUNT_CHARGES,
    values: prices,
    problems: `${PRICES}, band as (
        select distinct plan_id, version, period, step, low, high from price
      )
      select format('charge %s of meter %s: after %s in %s it is divided into %s', charge_id, meter_id, use_before,
                    billing_period, uses) as problem
      from charge
      join market on market.market_id = $1
      join band on band.plan_id = charge.plan_id and band.version = charge.plan_version
      where charge.market_id = $1
        and not (
          billing_period = case period when 'month' then to_char(from_at at time zone time_zone, 'YYYY-MM')
                                       when 'year' then to_char(from_at at time zone time_zone, 'YYYY')
                                       else 'tenure' end
          and (select coalesce(sum(use), 0) from ${USES} where coalesce(one.step, 0) = band.step)
            = greatest(least(use_before + to_value - from_value, high) - greatest(use_before, low), 0))`,
  },
  {
    name: 'every charge has the standing charge of each midnight in it, once',
    counts: COUNT_CHARGES,
    values: prices,
    problems: `${PRICES}, daily as (
        select distinct plan_id, version, per_day from price
      )
      select format('charge %s of meter %s from %s to %s has %s/10^9 yuan of standing charge', charge_id, meter_id, from_at,
                    to_at, standing_nano_yuan) as problem
      from charge
      join market on market.market_id = $1
      left join daily on daily.plan_id = charge.plan_id and daily.version = charge.plan_version
      where charge.market_id = $1
        and standing_nano_yuan is distinct from per_day * 1000
          * ((to_at at time zone time_zone)::date - (from_at at time zone time_zone)::date)`,
  },
  timeOfUseRule,
];
