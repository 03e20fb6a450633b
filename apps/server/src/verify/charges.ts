import { type PricePart, type PriceRule, parseRule, unitPrice } from '@openprepay/domain';
import type { MicroYuan } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { Rule, Subject } from './rule.ts';
import { timeOfUseRule } from './times-of-use.ts';

const COUNT_CHARGES = 'select count(*) from charge where market_id = $1';

/** One unit price of a version: that of a step (0 where there are none) and a tariff ('' where there are none). */
interface UnitPrice {
  readonly step: number;
  readonly tariff: string;
  readonly microYuan: MicroYuan;
  /** Where the step begins and ends in the use of its billing period. */
  readonly low: bigint;
  readonly high: bigint | null;
}

/** Every unit price of the market, read from its rules. */
async function prices(db: Queryable, { marketId }: Subject): Promise<readonly unknown[]> {
  const versions = await db.query<{ plan_id: string; version: number; rule: unknown }>(
    'select plan_id, version, rule from price_plan_version where market_id = $1',
    [marketId],
  );
  const rows = versions.flatMap(({ rule, ...version }) => {
    const parsed = parseRule(rule);
    return unitPrices(parsed).map((price) => ({
      ...version,
      ...price,
      period: 'period' in parsed ? parsed.period : null,
    }));
  });
  return [
    rows.map((row) => row.plan_id),
    rows.map((row) => row.version),
    rows.map((row) => row.period),
    rows.map((row) => row.step),
    rows.map((row) => row.tariff),
    rows.map((row) => row.microYuan),
    rows.map((row) => row.low),
    rows.map((row) => row.high),
  ];
}

function unitPrices(rule: PriceRule): UnitPrice[] {
  const whole = { step: 0, low: 0n, high: null };
  if (rule.kind === 'flat') return [{ ...whole, tariff: '', microYuan: unitPrice(rule.price) }];
  if (rule.kind === 'tou') return byTariff(rule.price).map((one) => ({ ...whole, ...one }));
  const stepped = rule.steps.map((one, index) => ({
    step: index + 1,
    low: rule.steps[index - 1]?.upTo ?? 0n,
    high: one.upTo,
  }));
  return stepped.flatMap((step, index) => {
    if (rule.kind === 'steps') return { ...step, tariff: '', microYuan: unitPrice(rule.steps[index]?.price ?? []) };
    return byTariff(rule.steps[index]?.price ?? {}).map((one) => ({ ...step, ...one }));
  });
}

const byTariff = (prices: Readonly<Record<string, readonly PricePart[]>>) =>
  Object.entries(prices).map(([tariff, parts]) => ({ tariff, microYuan: unitPrice(parts) }));

const PRICES = `
  with price as (
    select * from unnest($2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::text[], $7::bigint[], $8::bigint[],
                         $9::bigint[]) as t (plan_id, version, period, step, tariff, micro_yuan, low, high)
  )`;

const USES = `jsonb_to_recordset(charge.uses) as one (step integer, tariff text, use bigint)`;

export const chargeRules: readonly Rule[] = [
  {
    name: 'charges of a meter follow each other without gap or overlap',
    counts: COUNT_CHARGES,
    // A billing period goes on from the charge before it, or is a new one; where an account got the meter it is.
    problems: `
      with ordered as (
        select charge.*,
               lag(to_at) over meter as before_to_at, lag(to_value) over meter as before_to_value,
               lag(account_id) over meter as before_account_id, lag(exact_after_nano_yuan) over meter as before_exact,
               lag(use_before + to_value - from_value) over meter as before_use,
               lag(billing_period) over meter as before_billing_period, lag(period_from) over meter as before_period_from,
               exact_before_nano_yuan = 0 and use_before = 0 and period_from = from_at as is_first
        from charge where market_id = $1
        window meter as (partition by meter_id order by from_at)
      )
      select format('charge %s of meter %s from %s does not follow the one to %s', charge_id, meter_id, from_at,
                    coalesce(before_to_at::text, 'nothing')) as problem
      from ordered
      where not coalesce(from_at = before_to_at and from_value = before_to_value and account_id = before_account_id
          and case when billing_period = before_billing_period
                   then exact_before_nano_yuan = before_exact and use_before = before_use
                        and period_from = before_period_from
                   else is_first end, false)
        and not (is_first and ordered.from_at >= coalesce(before_to_at, '-infinity') and exists (
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
        and exact_after_nano_yuan - exact_before_nano_yuan = exact
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
  timeOfUseRule,
  {
    name: 'what an account was charged for a meter is its exact sum, rounded once',
    counts: 'select count(*) from meter_settlement where market_id = $1',
    problems: `
      select format('meter %s is settled to %s at %s; its period has %s fen of charges for %s/10^9 yuan', settled.meter_id,
                    settled_value, settled_at, coalesce(period.charged_fen, 0), exact_nano_yuan) as problem
      from meter_settlement settled
      left join lateral (
        select sum(amount_fen) as charged_fen, sum(to_value - from_value) as use, max(to_at) as to_at, max(to_value) as to_value
        from charge
        where charge.market_id = $1 and charge.meter_id = settled.meter_id
          and charge.account_id = settled.account_id and charge.from_at >= settled.period_from) period on true
      where settled.market_id = $1
        and (coalesce(period.charged_fen, 0) <> round(exact_nano_yuan::numeric / 10000000)
             or period_use <> coalesce(period.use, 0)
             or settled_at <> coalesce(period.to_at, period_from)
             or settled_value <> coalesce(period.to_value, settled_value))`,
  },
];
