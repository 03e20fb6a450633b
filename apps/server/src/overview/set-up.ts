import type { SetUp } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';

/** How far a market is set up, from what there is: nothing is kept of where somebody was. */
export async function setUpOf(db: Queryable, marketId: string, now: Date): Promise<SetUp> {
  const [row] = await db.query<SetUp & Row>(
    `with installed as (
       select binding.stall_id, meter.meter_id, meter.kind, coalesce(state.switch_state, 'unknown') as switch_state,
              state.last_read_at
       from meter_binding binding
       join meter on meter.market_id = $1 and meter.meter_id = binding.meter_id
       left join meter_state state on state.market_id = $1 and state.meter_id = meter.meter_id
       where binding.market_id = $1 and binding.to_at is null
     ), let as (
       select tenancy.stall_id from tenancy
       join account on account.market_id = $1 and account.account_id = tenancy.account_id and account.state = 'open'
       where tenancy.market_id = $1 and tenancy.to_at is null
     )
     select
       (select count(*) from building where market_id = $1)::integer as buildings,
       (select count(*) from stall where market_id = $1)::integer as stalls,
       (select count(*) from installed)::integer as meters,
       (select count(*) from installed where last_read_at is not null)::integer as "metersRead",
       array(select distinct kind from installed
             where not exists (
               select from price_plan plan join price_plan_version version using (market_id, plan_id)
               where plan.market_id = $1 and plan.kind = installed.kind and plan.market_default and version.valid_from <= $2)
             order by kind) as "withoutPrice",
       not exists (select from account where market_id = $1) as "firstPrices",
       (select count(*) from account where market_id = $1 and state = 'open')::integer as accounts,
       (select count(*) from receipt where market_id = $1 and kind = 'top_up')::integer as "topUps",
       (select stall_id from installed join let using (stall_id)
        group by stall_id having bool_and(switch_state = 'on') order by stall_id limit 1) as "suppliedStallId",
       (select stall.stall_id from stall left join let using (stall_id) left join installed using (stall_id)
        where stall.market_id = $1
        order by let.stall_id is null, installed.stall_id is null, stall.code limit 1) as "firstStallId"`,
    [marketId, now],
  );
  if (!row) throw new Error('one row, always');
  return row;
}
