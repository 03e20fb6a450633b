import type { Rule } from './rule.ts';

/** The meters that took each other's place, however long ago, as one chain; others are a chain by themselves. */
const CHAINS = `
  link as (
    select old_meter_id as one_id, new_meter_id as other_id from meter_replacement where market_id = $1
    union
    select new_meter_id, old_meter_id from meter_replacement where market_id = $1
  ), reach as (
    select one_id as meter_id, one_id as other_id from link
    union
    select reach.meter_id, link.other_id from reach join link on link.one_id = reach.other_id
  ), chain as (
    select meter_id, min(other_id::text) as chain_id from reach group by meter_id
  )`;

/** Everything that was charged or put right, with the billing period it counts in. */
const ENTRIES = `
  with recursive ${CHAINS}, entry as (
    select coalesce(chain_id, one.meter_id::text) as chain_id, account_id, billing_period, period_from, use_before,
           use_before + use as use_after, exact_before_nano_yuan as exact_before, exact_after_nano_yuan as exact_after,
           amount_fen
    from (
      select meter_id, account_id, billing_period, period_from, use_before, to_value - from_value as use,
             exact_before_nano_yuan, exact_after_nano_yuan, amount_fen
      from charge where market_id = $1
      union all
      select meter_id, account_id, billing_period, period_from, use_before,
             case edge when 'end' then true_value - said_value else said_value - true_value end,
             exact_before_nano_yuan, exact_after_nano_yuan, amount_fen
      from charge_correction where market_id = $1) one
    left join chain using (meter_id)
  )`;

const KEY = 'chain_id, account_id, billing_period, period_from';

export const periodRules: readonly Rule[] = [
  {
    name: 'charges and corrections of a billing period go on from one another',
    counts: `select (select count(*) from charge where market_id = $1)
                  + (select count(*) from charge_correction where market_id = $1) as count`,
    // They are one way from nothing to their sum, over every state as often out as in, whatever their order was.
    problems: `${ENTRIES}, state as (
        select ${KEY}, use_before as use, exact_before as exact, 1 as out from entry
        union all
        select ${KEY}, use_after, exact_after, -1 from entry
        union all
        select distinct ${KEY}, 0, 0, -1 from entry
        union all
        select ${KEY}, sum(use_after - use_before), sum(exact_after - exact_before), 1 from entry group by ${KEY}
      )
      select format('the period %s of account %s from %s is broken at %s, %s/10^9 yuan', billing_period, account_id,
                    period_from, use, exact) as problem
      from state
      group by ${KEY}, use, exact
      having sum(out) <> 0`,
  },
  {
    name: 'what an account was charged for a meter is its exact sum, rounded once',
    counts: 'select count(*) from meter_settlement where market_id = $1',
    // A meter that another one went on from is out of its period: that one's cursor says how far it came.
    problems: `${ENTRIES}, period as (
        select ${KEY}, sum(amount_fen) as charged_fen, sum(use_after - use_before) as use,
               sum(exact_after - exact_before) as exact
        from entry group by ${KEY}
      )
      select format('meter %s is settled to %s at %s; its period has %s fen of charges for %s/10^9 yuan', settled.meter_id,
                    settled_value, settled_at, coalesce(charged_fen, 0), exact_nano_yuan) as problem
      from meter_settlement settled
      left join chain on chain.meter_id = settled.meter_id
      left join period
        on period.chain_id = coalesce(chain.chain_id, settled.meter_id::text) and period.account_id = settled.account_id
       and period.billing_period = settled.billing_period and period.period_from = settled.period_from
      left join reading
        on reading.market_id = $1 and reading.meter_id = settled.meter_id and reading.read_at = settled_at
      left join lateral (
        select max(to_at) as to_at from charge
        where charge.market_id = $1 and charge.meter_id = settled.meter_id
          and charge.account_id = settled.account_id and charge.from_at >= settled.opened_at) last on true
      where settled.market_id = $1
        and (settled_at <> coalesce(last.to_at, opened_at)
             or settled_value is distinct from reading.total
             or not exists (
                  select from meter_replacement replaced
                  join meter_settlement next on next.market_id = $1 and next.meter_id = replaced.new_meter_id
                  join meter_binding binding
                    on binding.market_id = $1 and binding.meter_id = replaced.old_meter_id
                   and binding.to_at = replaced.at
                  join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id
                  where replaced.market_id = $1 and replaced.old_meter_id = settled.meter_id
                    and tenancy.account_id = settled.account_id and next.opened_at >= replaced.at
                    and tenancy.from_at < replaced.at and coalesce(tenancy.to_at, 'infinity') > replaced.at)
                and (coalesce(charged_fen, 0) <> round(exact_nano_yuan::numeric / 10000000)
                     or period_use <> coalesce(period.use, 0)
                     or exact_nano_yuan <> coalesce(period.exact, 0)))`,
  },
  {
    name: 'a meter that took another’s place goes on in its billing period',
    counts: 'select count(*) from meter_replacement where market_id = $1',
    problems: `
      select format('meter %s begins a period of its own at %s, though meter %s was in %s', next.meter_id, next.from_at,
                    last.meter_id, last.billing_period) as problem
      from meter_replacement replaced
      join charge last
        on last.market_id = $1 and last.meter_id = replaced.old_meter_id and last.to_at = replaced.at
      join charge next
        on next.market_id = $1 and next.meter_id = replaced.new_meter_id and next.from_at = replaced.at
       and next.account_id = last.account_id and next.stall_id = last.stall_id
       and next.billing_period = last.billing_period
      where replaced.market_id = $1 and next.period_from <> last.period_from`,
  },
];
