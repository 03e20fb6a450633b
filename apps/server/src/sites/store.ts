import type { MeterKind } from '@openprepay/kernel';
import type { Link } from '../devices/index.ts';
import type { Queryable } from '../platform/database.ts';
import type { Site } from './site.ts';

/*
 * Bringing a new market in: one statement a table.
 */

export interface NewMeter {
  readonly meterId: string;
  readonly stallId: string;
  readonly bindingId: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly serial: string;
  readonly ctRatio: number;
  readonly link: Link;
  readonly linkKey: string;
  readonly busAddress: string;
  readonly access?: Readonly<Record<string, string>>;
}

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
    `insert into building (market_id, building_id, name, reading_interval_s, settlement_period)
     select $1, * from unnest($2::uuid[], $3::text[], $4::integer[], $5::text[])`,
    [
      marketId,
      buildings.map((building) => buildingIds.get(building.name)),
      buildings.map((building) => building.name),
      buildings.map((building) => building.readingIntervalS),
      buildings.map((building) => building.settlementPeriod),
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

/** @returns the meters whose place in the directory another meter has; then nothing of this transaction may stay */
export async function insertMeters(
  tx: Queryable,
  marketId: string,
  at: Date,
  meters: readonly NewMeter[],
): Promise<NewMeter[]> {
  const meterIds = meters.map((meter) => meter.meterId);
  const links = [
    meters.map((meter) => meter.link),
    meters.map((meter) => meter.linkKey),
    meters.map((meter) => meter.busAddress),
  ] as const;
  await tx.query(
    `insert into meter (market_id, meter_id, kind, model, serial, ct_ratio, link, link_key, bus_address,
                        access, installed_at)
     select $1, given.*, $2
     from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::text[],
                 $11::jsonb[]) as given`,
    [
      marketId,
      at,
      meterIds,
      meters.map((meter) => meter.kind),
      meters.map((meter) => meter.model),
      meters.map((meter) => meter.serial),
      meters.map((meter) => meter.ctRatio),
      ...links,
      meters.map((meter) => JSON.stringify(meter.access ?? {})),
    ],
  );
  await tx.query(
    `insert into meter_binding (market_id, binding_id, meter_id, stall_id, from_at)
     select $1, binding_id, meter_id, stall_id, $2 from unnest($3::uuid[], $4::uuid[], $5::uuid[])
       as given (binding_id, meter_id, stall_id)`,
    [marketId, at, meters.map((meter) => meter.bindingId), meterIds, meters.map((meter) => meter.stallId)],
  );
  await tx.query('insert into meter_state (market_id, meter_id) select $1, unnest($2::uuid[])', [marketId, meterIds]);
  const entered = await tx.query<{ meter_id: string }>(
    `insert into device_directory (link, link_key, bus_address, market_id, meter_id)
     select link, link_key, bus_address, $1, meter_id from unnest($2::text[], $3::text[], $4::text[], $5::uuid[])
       as given (link, link_key, bus_address, meter_id)
     on conflict do nothing returning meter_id`,
    [marketId, ...links, meterIds],
  );
  await tx.query(
    `delete from unclaimed_device using unnest($1::text[], $2::text[]) as given (link, link_key)
     where unclaimed_device.link = given.link and unclaimed_device.link_key = given.link_key`,
    [links[0], links[1]],
  );
  const found = new Set(entered.map((row) => row.meter_id));
  return meters.filter((meter) => !found.has(meter.meterId));
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
  const rows = await tx.query<{ link_key: string }>(
    `insert into gateway (link, link_key, market_id, name, secret, settings, created_at)
     select given.link, given.link_key, $1, given.name, given.secret, given.settings, $2
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
       as given (link, link_key, name, secret, settings)
     on conflict (link, link_key) do update
     set name = excluded.name, secret = excluded.secret, settings = excluded.settings
     where gateway.market_id = excluded.market_id
     returning link_key`,
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
  const saved = new Set(rows.map((row) => row.link_key));
  return gateways.find((gateway) => !saved.has(gateway.linkKey))?.linkKey ?? null;
}
