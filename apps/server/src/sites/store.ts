import type { Queryable } from '../platform/database.ts';
import { minutesOf } from './buildings.ts';
import type { Site } from './site.ts';

/*
 * Bringing a new market in: one statement a table.
 */

/** @returns null where a market of this code is there already */
export async function insertMarket(
  tx: Queryable,
  marketId: string,
  at: Date,
  market: Site['market'],
): Promise<string | null> {
  const rows = await tx.query<{ market_id: string }>(
    `insert into market (market_id, code, name, time_zone, final_notice_wait_s, low_balance_fen, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (code) do nothing returning market_id`,
    [marketId, market.code, market.name, market.timeZone, market.finalNoticeWaitS, market.lowBalanceFen, at],
  );
  return rows[0]?.market_id ?? null;
}

export async function findMarketByCode(db: Queryable, code: string): Promise<string | null> {
  const rows = await db.query<{ market_id: string }>('select market_id from market where code = $1', [code]);
  return rows[0]?.market_id ?? null;
}

export async function insertBuildings(
  tx: Queryable,
  marketId: string,
  buildings: Site['buildings'],
  buildingIds: ReadonlyMap<string, string>,
): Promise<void> {
  await tx.query(
    `insert into building (market_id, building_id, name, reading_interval_s, settlement_period, settlement_minutes)
     select $1, building_id, name, interval_s, period, minutes::smallint[]
     from unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[])
       as t (building_id, name, interval_s, period, minutes)`,
    [
      marketId,
      buildings.map((building) => buildingIds.get(building.name)),
      buildings.map((building) => building.name),
      buildings.map((building) => building.readingIntervalS),
      buildings.map((building) => building.settlementPeriod),
      buildings.map((building) => `{${minutesOf(building.settlementTimes ?? []).join()}}`),
    ],
  );
}

export async function insertStalls(
  tx: Queryable,
  marketId: string,
  stalls: Site['stalls'],
  stallIds: ReadonlyMap<string, string>,
  buildingIds: ReadonlyMap<string, string>,
): Promise<void> {
  await tx.query(
    `insert into stall (market_id, stall_id, building_id, code, stall_type, area_m2, protected)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::numeric[], $7::boolean[])`,
    [
      marketId,
      stalls.map((stall) => stallIds.get(stall.code)),
      stalls.map((stall) => buildingIds.get(stall.building)),
      stalls.map((stall) => stall.code),
      stalls.map((stall) => stall.stallType),
      stalls.map((stall) => stall.areaM2),
      stalls.map((stall) => stall.protected),
    ],
  );
}
