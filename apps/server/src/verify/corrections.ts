import { PRICES, prices } from './price-values.ts';
import type { Rule } from './rule.ts';

const COUNT_CORRECTIONS = 'select count(*) from charge_correction where market_id = $1';
const USES = 'jsonb_to_recordset(correction.uses) as one (step integer, tariff text, use bigint)';
/** What the account used more than was charged; negative where it was less. */
const MORE = `case edge when 'end' then true_value - said_value else said_value - true_value end`;

export const correctionRules: readonly Rule[] = [
  {
    name: 'every correction is of its charge: account, period, price, and the value that was said',
    counts: COUNT_CORRECTIONS,
    problems: `
      select format('correction %s of charge %s: %s became %s', correction_id, charge_id, said_value, true_value) as problem
      from charge_correction correction
      join charge using (market_id, charge_id)
      where market_id = $1
        and ((correction.meter_id, correction.account_id, correction.plan_id, correction.plan_version,
              correction.billing_period, correction.period_from)
             <> (charge.meter_id, charge.account_id, charge.plan_id, charge.plan_version, charge.billing_period,
                 charge.period_from)
             or said_value <> case edge when 'end' then to_value else from_value end and not exists (
                  select from charge_correction earlier
                  where earlier.market_id = $1 and earlier.charge_id = correction.charge_id
                    and earlier.edge = correction.edge and earlier.true_value = correction.said_value))`,
  },
  {
    name: 'every correction is its use at the price of the charge, in the steps where the period stood, rounded on the sum',
    counts: COUNT_CORRECTIONS,
    values: prices,
    problems: `${PRICES}, band as (
        select distinct plan_id, version, step, low, high from price
      ), corrected as (
        select charge_correction.*, ${MORE} as more from charge_correction where market_id = $1
      )
      select format('correction %s: %s fen for %s, divided into %s', correction_id, amount_fen, more, uses) as problem
      from corrected correction
      cross join lateral (
        select coalesce(sum(use), 0) as use, coalesce(sum(use::numeric * micro_yuan), 0) as exact,
               count(*) filter (where micro_yuan is null) as unpriced
        from ${USES}
        left join price on price.plan_id = correction.plan_id and price.version = correction.plan_version
          and price.step = coalesce(one.step, 0) and price.tariff = coalesce(one.tariff, '')) used
      where unpriced > 0 or used.use <> more or exact_after_nano_yuan - exact_before_nano_yuan <> used.exact
        or amount_fen <> round(exact_after_nano_yuan::numeric / 10000000)
                       - round(exact_before_nano_yuan::numeric / 10000000)
        or exists (
          select from band
          where band.plan_id = correction.plan_id and band.version = correction.plan_version
            and (select coalesce(sum(use), 0) from ${USES} where coalesce(one.step, 0) = band.step)
              <> greatest(least(use_before + more, high) - low, 0) - greatest(least(use_before, high) - low, 0))`,
  },
];
