import { PRICES, prices } from './price-values.ts';
import type { Rule } from './rule.ts';

const COUNT = 'select count(*) from provisional_charge where market_id = $1';
const USES = 'jsonb_to_recordset(charge.uses) as one (step integer, tariff text, use bigint)';
const DAY_MS = 86_400_000;

export const provisionalRules: readonly Rule[] = [
  {
    name: 'every provisional charge is posted once, and taken back once and whole',
    counts: COUNT,
    // A transaction that takes back stands for all that it replaced; those of nothing have no transaction.
    problems: `
      with posted as (
        select tx.tx_id, max(purse.account_id::text) as account_id, sum(purse.amount_fen) as purse_fen,
               count(*) as purses
        from ledger_tx tx
        join posting purse on purse.market_id = $1 and purse.tx_id = tx.tx_id and purse.ledger_account = 'purse.utility'
        where tx.market_id = $1 and tx.kind = 'provisional'
        group by tx.tx_id
      ), said as (
        select tx_id, account_id::text, -amount_fen as purse_fen from provisional_charge
        where market_id = $1 and tx_id is not null
        union all
        select replaced_tx_id, account_id::text, sum(amount_fen) from provisional_charge
        where market_id = $1 and replaced_tx_id is not null
        group by replaced_tx_id, account_id
      )
      select format('transaction %s moves %s fen, its provisional charges say %s', tx_id, posted.purse_fen, said.purse_fen)
        as problem
      from posted full join said using (tx_id)
      where not coalesce(posted.purses = 1 and posted.account_id = said.account_id and posted.purse_fen = said.purse_fen, false)
      union all
      select format('provisional charge %s of %s fen is replaced and not taken back', provisional_id, amount_fen)
      from provisional_charge
      where market_id = $1 and replaced_at is not null and replaced_tx_id is null and amount_fen <> 0`,
  },
  {
    name: 'provisional charges follow each other from the last good reading, and are open until it is settled further',
    counts: COUNT,
    problems: `
      with ordered as (
        select charge.*, reading.quality, lag(to_at) over outage as before_to_at,
               lag(use_before + use) over outage as before_use, lag(exact_after_nano_yuan) over outage as before_exact,
               lag(billing_period) over outage as before_billing_period, first_value(replaced_at) over outage as ended_at
        from provisional_charge charge
        left join reading
          on reading.market_id = $1 and reading.meter_id = charge.meter_id and reading.read_at = charge.settled_at
        where charge.market_id = $1
        window outage as (partition by charge.meter_id, settled_at order by from_at)
      )
      select format('provisional charge %s of meter %s from %s does not stand on %s, or is open though that is settled',
                    provisional_id, meter_id, from_at, coalesce(before_to_at, ordered.settled_at)) as problem
      from ordered
      left join meter_settlement settled using (market_id, meter_id)
      where not coalesce(quality = 'good' and from_at = coalesce(before_to_at, ordered.settled_at)
          and replaced_at is not distinct from ended_at
          and (before_to_at is null or ordered.billing_period <> before_billing_period
               or use_before = before_use and exact_before_nano_yuan = before_exact)
          and (replaced_at is not null
               or settled.settled_at = ordered.settled_at and settled.account_id = ordered.account_id), false)`,
  },
  {
    name: 'every provisional use is the average of days that readings show',
    counts: COUNT,
    // A reading that a person put right since is not what the average was of.
    problems: `
      with day as (
        select charge.provisional_id, given.use,
               last.quality = 'good' and first.quality = 'good'
               and (last.total - first.total = given.use or last.said_total is not null or first.said_total is not null)
               and to_char(given."toAt" at time zone time_zone - interval '1 ms', 'YYYY-MM-DD') = given.day
               and (given."fromAt" at time zone time_zone - interval '1 ms')::date = given.day::date - 1
               and given."toAt" <= charge.settled_at as is_valid
        from provisional_charge charge
        join market using (market_id)
        cross join jsonb_to_recordset(charge.days)
          as given (day text, "fromAt" timestamptz, "toAt" timestamptz, use bigint)
        left join reading first
          on first.market_id = $1 and first.meter_id = charge.meter_id and first.read_at = given."fromAt"
        left join reading last
          on last.market_id = $1 and last.meter_id = charge.meter_id and last.read_at = given."toAt"
        where charge.market_id = $1
      ), average as (
        select provisional_id, count(*) as days, sum(use) as use, bool_and(coalesce(is_valid, false)) as are_valid
        from day group by provisional_id
      ), so_far as (
        select charge.*, coalesce(sum(use) over (partition by meter_id, settled_at order by from_at
          rows between unbounded preceding and 1 preceding), 0) as used_before
        from provisional_charge charge where market_id = $1
      )
      select format('provisional charge %s of meter %s: %s after %s, by %s', provisional_id, meter_id, so_far.use,
                    used_before, so_far.days) as problem
      from so_far
      left join average using (provisional_id)
      where not coalesce(are_valid and average.days <= 7
        and so_far.use = greatest(0, div(average.use * round(1000 * extract(epoch from to_at - settled_at)),
                                         average.days * ${DAY_MS}) - used_before), false)`,
  },
  {
    name: 'every provisional charge is its use at the price in force and in its steps, rounded on the sum',
    counts: COUNT,
    values: prices,
    problems: `${PRICES}, band as (
        select distinct plan_id, version, step, low, high from price
      ), priced as (
        select charge.*, time_zone, used.use as used, used.exact, used.unpriced, (
          select version from price_plan_version in_force
          where in_force.market_id = $1 and in_force.plan_id = charge.plan_id and in_force.valid_from <= charge.from_at
          order by valid_from desc limit 1) as version_in_force
        from provisional_charge charge
        join market using (market_id)
        cross join lateral (
          select coalesce(sum(use), 0) as use, coalesce(sum(use::numeric * micro_yuan), 0) as exact,
                 count(*) filter (where micro_yuan is null or use <= 0) as unpriced
          from ${USES}
          left join price on price.plan_id = charge.plan_id and price.version = charge.plan_version
            and price.step = coalesce(one.step, 0) and price.tariff = coalesce(one.tariff, '')) used
        where charge.market_id = $1
      )
      select format('provisional charge %s of meter %s: %s fen for %s, divided into %s', provisional_id, meter_id, amount_fen,
                    use, uses) as problem
      from priced charge
      where not coalesce(plan_version = version_in_force and unpriced = 0 and used = use
          and exact_after_nano_yuan - exact_before_nano_yuan - standing_nano_yuan = exact
          and standing_nano_yuan = (select max(per_day) from price where price.plan_id = charge.plan_id
                                      and price.version = charge.plan_version) * 1000
            * ((to_at at time zone time_zone)::date - (from_at at time zone time_zone)::date)
          and amount_fen = round(exact_after_nano_yuan::numeric / 10000000)
                         - round(exact_before_nano_yuan::numeric / 10000000), false)
        or exists (
          select from band
          where band.plan_id = charge.plan_id and band.version = charge.plan_version
            and (select coalesce(sum(one.use), 0) from ${USES} where coalesce(one.step, 0) = band.step)
              <> greatest(least(use_before + charge.use, high) - greatest(use_before, low), 0))`,
  },
];
