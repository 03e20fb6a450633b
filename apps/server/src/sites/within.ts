import type { Context } from '../platform/context.ts';
import type { PlaceIds } from '../platform/handlers.ts';

/**
 * Whether every place is in one of the buildings: a stall, a meter bound to a stall there now, an account that has a stall
 * there now. An account with stalls in several buildings is seen, whole, by those who look after any of them.
 */
export async function isWithin(
  ctx: Context,
  marketId: string,
  buildingIds: readonly string[],
  { stallId, meterId, accountId }: PlaceIds,
): Promise<boolean> {
  const rows = await ctx.db.query<{ within: boolean }>(
    `with mine as (select stall_id from stall where market_id = $1 and building_id = any($2::uuid[]))
     select ($3::uuid is null or exists (select from mine where stall_id = $3))
        and ($4::uuid is null or exists (
              select from meter_binding binding join mine using (stall_id)
              where binding.market_id = $1 and binding.meter_id = $4 and binding.to_at is null))
        and ($5::uuid is null or exists (
              select from tenancy join mine using (stall_id)
              where tenancy.market_id = $1 and tenancy.account_id = $5 and tenancy.to_at is null)) as within`,
    [marketId, buildingIds, stallId ?? null, meterId ?? null, accountId ?? null],
  );
  return rows[0]?.within ?? false;
}
