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

/**
 * How the platform is reached may change at any time; whose product it is, never.
 * @returns a product that another market has, or null
 */
export async function saveNbProducts(
  tx: Queryable,
  marketId: string,
  products: Site['nbProducts'],
): Promise<string | null> {
  for (const product of products) {
    const rows = await tx.query(
      `insert into nb_product (platform, product_id, market_id, base_url, app_key, app_secret, master_key, push_token,
                               allowed_sources, codec)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (platform, product_id) do update
       set codec = excluded.codec, base_url = excluded.base_url, app_key = excluded.app_key, app_secret = excluded.app_secret,
           master_key = excluded.master_key, push_token = excluded.push_token,
           allowed_sources = excluded.allowed_sources
       where nb_product.market_id = excluded.market_id
       returning product_id`,
      [
        product.platform,
        product.productId,
        marketId,
        product.baseUrl,
        product.appKey,
        product.appSecret,
        product.masterKey,
        product.pushToken,
        product.allowedSources,
        product.codec ?? 'cjt188',
      ],
    );
    if (rows.length === 0) return product.productId;
  }
  return null;
}

/**
 * What a gateway's messages are keyed with and how its line is driven may change; whose it is, never.
 * @returns a gateway that another market has, or null
 */
export async function saveGateways(
  tx: Queryable,
  marketId: string,
  at: Date,
  gateways: NonNullable<Site['gateways']>,
): Promise<string | null> {
  const rows = await tx.query<{ link: string; link_key: string }>(
    `insert into gateway (link, link_key, market_id, name, secret, settings, created_at)
     select given.link, given.link_key, $1, given.name, given.secret, given.settings, $2
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
       as given (link, link_key, name, secret, settings)
     on conflict (link, link_key) do update
     set name = excluded.name, secret = excluded.secret, settings = excluded.settings
     where gateway.market_id = excluded.market_id
     returning link, link_key`,
    [
      marketId,
      at,
      gateways.map((gateway) => gateway.link),
      gateways.map((gateway) => gateway.linkKey),
      gateways.map((gateway) => gateway.name),
      gateways.map((gateway) => gateway.secret),
      gateways.map((gateway) => JSON.stringify(gateway.settings)),
    ],
  );
  const saved = new Set(rows.map((row) => `${row.link} ${row.link_key}`));
  return gateways.find(({ link, linkKey }) => !saved.has(`${link} ${linkKey}`))?.linkKey ?? null;
}
