import type { Context } from '../platform/context.ts';
import type { BuildingCaller, PlaceIds } from '../platform/handlers.ts';

/**
 * Whether every place is in one of the buildings. An account with stalls in several buildings is seen, whole, by those who
 * look after any of them; what changes all of it takes all of them.
 */
export async function isWithin(
  ctx: Context,
  marketId: string,
  { operatorId, buildingIds }: BuildingCaller,
  places: PlaceIds,
): Promise<boolean> {
  const { stallIds, meterIds, accountIds, wholeAccountIds, newAccountIds, txIds, photoIds, shiftIds, holdIds } = places;
  const rows = await ctx.db.query<{ within: boolean }>(
    `with mine as (
       select stall_id from stall where market_id = $1 and building_id = any($2::uuid[])
     ), my_meter as (
       select meter_id from meter_binding binding join mine using (stall_id) where binding.market_id = $1 and to_at is null
     ), of_tx as (
       select tx_id, account_id from posting
       where market_id = $1 and tx_id = any($7::uuid[]) and account_id is not null
     ), has as (
       select account_id, stall_id from tenancy
       where market_id = $1 and to_at is null
         and account_id = any($5::uuid[] || $6::uuid[] || $10::uuid[] || array(select account_id from of_tx))
       union all
       select account_id, unnest(prepared_stalls) from account
       where market_id = $1 and account_id = any($5 || $6 || $10)
     ), inside as (
       select account_id from has join mine using (stall_id)
     ), outside as (
       select account_id from has where stall_id not in (select stall_id from mine)
     )
     select not exists (select unnest($3::uuid[]) except select stall_id from mine)
        and not exists (select unnest($13::uuid[]) except select unnest($2::uuid[]))
        and not exists (select unnest($4::uuid[]) except select meter_id from my_meter)
        and not exists (select unnest($5 || $6) except select account_id from inside)
        and not exists (select from outside where account_id = any($6))
        and not exists (select account_id from account where market_id = $1 and account_id = any($10)
                        except select account_id from inside)
        and not exists (select unnest($7) except select tx_id from of_tx)
        and not exists (select account_id from of_tx except select account_id from inside)
        and not exists (select unnest($8::uuid[])
                        except select photo_id from reading join my_meter using (meter_id)
                               where reading.market_id = $1 and photo_id = any($8))
        and not exists (select unnest($12::uuid[])
                        except select hold_id from hold join my_meter using (meter_id) where hold.market_id = $1)
        and not exists (select unnest($9::uuid[])
                        except select shift_id from shift where market_id = $1 and operator_id = $11) as within`,
    [
      marketId,
      buildingIds,
      stallIds,
      meterIds,
      accountIds,
      wholeAccountIds,
      txIds,
      photoIds,
      shiftIds,
      newAccountIds,
      operatorId,
      holdIds,
      places.buildingIds,
    ],
  );
  return rows[0]?.within ?? false;
}
