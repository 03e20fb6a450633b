import { parseRule, unitPrice } from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import type { Rule, Subject } from './rule.ts';

const COUNT_CHARGES = 'select count(*) from charge where market_id = $1';

/** Every price of the market, read from its rule: plan ids, versions, and 10⁻⁶ yuan a unit. */
async function prices(db: Queryable, { marketId }: Subject): Promise<readonly unknown[]> {
  const rows = await db.query<{ plan_id: string; version: number; rule: unknown }>(
    'select plan_id, version, rule from price_plan_version where market_id = $1',
    [marketId],
  );
  return [
    rows.map((row) => row.plan_id),
    rows.map((row) => row.version),
    rows.map((row) => unitPrice(parseRule(row.rule))),
  ];
}

export const chargeRules: readonly Rule[] = [
  {
    name: 'charges of a meter follow each other without gap or overlap',
    counts: COUNT_CHARGES,
    // A billing period goes on from the charge before it, or begins where an account got the meter.
    problems: `
      with ordered as (
        select charge.*,
               lag(to_at) over meter as before_to_at, lag(to_value) over meter as before_to_value,
               lag(account_id) over meter as before_account_id, lag(exact_after_nano_yuan) over meter as before_exact
        from charge where market_id = $1
        window meter as (partition by meter_id order by from_at)
      )
      select format('charge %s of meter %s from %s does not follow the one to %s', charge_id, meter_id, from_at,
                    coalesce(before_to_at::text, 'nothing')) as problem
      from ordered
      where not coalesce(from_at = before_to_at and from_value = before_to_value and account_id = before_account_id
                         and exact_before_nano_yuan = before_exact, false)
        and not (exact_before_nano_yuan = 0 and ordered.from_at >= coalesce(before_to_at, '-infinity') and exists (
          select from tenancy
          join meter_binding binding on binding.market_id = $1 and binding.stall_id = tenancy.stall_id
          where tenancy.market_id = $1 and tenancy.account_id = ordered.account_id
            and tenancy.stall_id = ordered.stall_id and binding.meter_id = ordered.meter_id
            and greatest(tenancy.from_at, binding.from_at) between coalesce(before_to_at, '-infinity') and ordered.from_at))`,
  },
  {
    name: 'every charge begins and ends on a stored good reading',
    counts: COUNT_CHARGES,
    problems: `
      select format('charge %s of meter %s from %s at %s to %s at %s: no such good readings', charge_id, charge.meter_id,
                    from_value, from_at, to_value, to_at) as problem
      from charge
      left join reading first
        on first.market_id = $1 and first.meter_id = charge.meter_id and first.read_at = charge.from_at
      left join reading last
        on last.market_id = $1 and last.meter_id = charge.meter_id and last.read_at = charge.to_at
      where charge.market_id = $1
        and not coalesce(first.quality = 'good' and last.quality = 'good' and first.total = from_value
                         and last.total = to_value, false)`,
  },
  {
    name: 'every charge is its use at the price in force, rounded on the sum',
    counts: COUNT_CHARGES,
    values: prices,
    problems: `
      with price as (
        select * from unnest($2::uuid[], $3::integer[], $4::bigint[]) as t (plan_id, version, micro_yuan)
      ), priced as (
        select charge.*, price.micro_yuan, (
          select version from price_plan_version in_force
          where in_force.market_id = $1 and in_force.plan_id = charge.plan_id and in_force.valid_from <= charge.from_at
          order by valid_from desc limit 1) as version_in_force
        from charge
        left join price on price.plan_id = charge.plan_id and price.version = charge.plan_version
        where charge.market_id = $1
      )
      select format('charge %s of meter %s: %s fen for %s at %s/10^6 yuan, version %s, in force %s', charge_id, meter_id,
                    amount_fen, to_value - from_value, micro_yuan, plan_version, version_in_force) as problem
      from priced
      where not coalesce(plan_version = version_in_force
        and exact_after_nano_yuan - exact_before_nano_yuan = (to_value - from_value)::numeric * micro_yuan
        and amount_fen = round(exact_after_nano_yuan::numeric / 10000000)
                       - round(exact_before_nano_yuan::numeric / 10000000), false)`,
  },
  {
    name: 'what an account was charged for a meter is its exact sum, rounded once',
    counts: 'select count(*) from meter_settlement where market_id = $1',
    problems: `
      select format('meter %s is settled to %s at %s; its period has %s fen of charges for %s/10^9 yuan', settled.meter_id,
                    settled_value, settled_at, coalesce(period.charged_fen, 0), exact_nano_yuan) as problem
      from meter_settlement settled
      left join lateral (
        select sum(amount_fen) as charged_fen, max(to_at) as to_at, max(to_value) as to_value
        from charge
        where charge.market_id = $1 and charge.meter_id = settled.meter_id
          and charge.account_id = settled.account_id and charge.from_at >= settled.period_from) period on true
      where settled.market_id = $1
        and (coalesce(period.charged_fen, 0) <> round(exact_nano_yuan::numeric / 10000000)
             or settled_at <> coalesce(period.to_at, period_from)
             or settled_value <> coalesce(period.to_value, settled_value))`,
  },
];
