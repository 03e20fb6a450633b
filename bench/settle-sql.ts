/**
 * Settlement as one statement: due meters, prices, charges, ledger, purses and cursors, with the same rows as ours. It knows the rules of
 * a market whose meters each have one new reading, whose registers add up and whose holders do not change: flat, times of use by
 * registers, steps by the month. No hand-over, no replacement, no version that changes between two readings, no
 * border of a calendar, no reading without its registers. `$1`: the market, `$2`: the instant, `$3`: the zone.
 */
export const SETTLE_SQL = `
  with version as materialized (
    select plan.plan_id, plan.market_default, version, rule
    from price_plan plan
    join price_plan_version using (market_id, plan_id)
    where market_id = $1
  ), unit_price as materialized (
    select plan_id, version, step, low, high, register, tariff, (
      select sum((part ->> 'price')::numeric * 1000000)::bigint from jsonb_array_elements(parts) part) as micro_yuan
    from version
    cross join lateral (
      select null::integer as step, null::bigint as low, null::bigint as high, null::integer as register,
             null::text as tariff, rule -> 'parts' as parts
      where rule ->> 'kind' = 'flat'
      union all
      select null, null, null, array_position(array['sharp', 'peak', 'flat', 'valley', 'deep_valley'], key), key, value
      from jsonb_each(rule -> 'prices') where rule ->> 'kind' = 'tou'
      union all
      select n::integer, coalesce(lag((one ->> 'upTo')::bigint) over (order by n), 0), (one ->> 'upTo')::bigint, null, null,
             one -> 'parts'
      from jsonb_array_elements(rule -> 'steps') with ordinality as t (one, n) where rule ->> 'kind' = 'steps') as price
  ), due as materialized (
    select settled.*, tenancy.stall_id, first.total as from_value, first.tariffs as from_tariffs, last.read_at as to_at,
           last.total as to_value, last.tariffs as to_tariffs, version.plan_id, version.version,
           period.name as period, settled.billing_period is not distinct from period.name as goes_on, uuidv7() as charge_id
    from meter_settlement settled
    join meter_state state using (market_id, meter_id)
    join meter_binding binding
      on binding.market_id = $1 and binding.meter_id = settled.meter_id and binding.to_at is null
    join tenancy
      on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id and tenancy.to_at is null
     and tenancy.account_id = settled.account_id
    join account on account.market_id = $1 and account.account_id = settled.account_id and account.state = 'open'
    join stall on stall.market_id = $1 and stall.stall_id = tenancy.stall_id
    join building
      on building.market_id = $1 and building.building_id = stall.building_id
     and building.settlement_period = 'each_reading'
    join version
      on case when account.electricity_plan_id is null then version.market_default
              else version.plan_id = account.electricity_plan_id end
    join reading first
      on first.market_id = $1 and first.meter_id = settled.meter_id and first.read_at = settled.settled_at
    cross join lateral (
      select read_at, total, tariffs from reading
      where reading.market_id = $1 and reading.meter_id = settled.meter_id and reading.quality = 'good'
        and reading.read_at > settled.settled_at
      order by reading.read_at desc limit 1) last
    cross join lateral (
      select case rule ->> 'kind' when 'steps' then to_char(settled.settled_at at time zone $3, 'YYYY-MM')
             else 'tenure' end as name) period
    where settled.market_id = $1 and state.last_read_at > settled.settled_at
      and not exists (
        select from hold where hold.market_id = $1 and hold.meter_id = settled.meter_id and hold.released_at is null)
  ), priced as materialized (
    select due.*, before.use as use_before, before.exact as exact_before, before.exact + cost.exact as exact_after,
           cost.uses, before.period_from as period_begin,
           (before.exact + cost.exact + 5000000) / 10000000 - (before.exact + 5000000) / 10000000 as amount_fen
    from due
    cross join lateral (
      select case when goes_on then period_use else 0 end as use, case when goes_on then exact_nano_yuan else 0 end as exact,
             case when goes_on then period_from else settled_at end as period_from) before
    cross join lateral (
      select sum(part.use * micro_yuan)::bigint as exact,
             jsonb_agg(jsonb_build_object('step', step, 'tariff', tariff, 'use', part.use::text) order by step, register) as uses
      from unit_price
      cross join lateral (
        select case when step is not null
                 then greatest(least(before.use + to_value - from_value, coalesce(high, 9223372036854775807))
                               - greatest(before.use, low), 0)
                 when register is not null then coalesce(to_tariffs[register] - from_tariffs[register], 0)
                 else to_value - from_value end as use) part
      where unit_price.plan_id = due.plan_id and unit_price.version = due.version and part.use > 0) cost
  ), charged as (
    insert into charge (market_id, charge_id, meter_id, account_id, stall_id, from_at, to_at, from_value, to_value, plan_id,
                        plan_version, billing_period, period_from, use_before, intervals, uses, exact_before_nano_yuan,
                        exact_after_nano_yuan, amount_fen, tx_id, created_at)
    select $1, charge_id, meter_id, account_id, stall_id, settled_at, to_at, from_value, to_value, plan_id, version, period,
           period_begin, use_before, 1, uses, exact_before, exact_after, amount_fen,
           case when amount_fen <> 0 then charge_id end, $2
    from priced
  ), posted as (
    insert into ledger_tx (market_id, tx_id, kind, idempotency_key, business_at, recorded_at)
    select $1, charge_id, 'charge',
           'charge:' || meter_id || ':' || to_char(settled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), to_at, $2
    from priced where amount_fen <> 0
  ), lines as (
    insert into posting (market_id, tx_id, line, ledger_account, account_id, amount_fen)
    select $1, charge_id, line, ledger_account, case line when 0 then account_id end, sign * amount_fen
    from priced
    cross join (values (0, 'purse.utility', -1), (1, 'revenue.electricity', 1)) as side (line, ledger_account, sign)
    where amount_fen <> 0
  ), purses as (
    insert into purse (market_id, account_id, kind, balance_fen)
    select $1, account_id, 'utility', -sum(amount_fen) from priced where amount_fen <> 0
    group by account_id order by account_id
    on conflict (market_id, account_id, kind) do update set balance_fen = purse.balance_fen + excluded.balance_fen
  ), moved as (
    update meter_settlement
    set settled_at = to_at, settled_value = to_value, billing_period = period, period_from = period_begin,
        period_use = use_before + to_value - from_value, exact_nano_yuan = exact_after
    from priced
    where meter_settlement.market_id = $1 and meter_settlement.meter_id = priced.meter_id
      and meter_settlement.settled_at = priced.settled_at
    returning meter_settlement.meter_id
  )
  select count(*)::integer as accounts from moved`;
