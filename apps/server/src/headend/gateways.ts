import type { Device, GatewayLink, Link } from '../devices/index.ts';
import { devicesOf, findDevices, openGatewaySecret } from '../devices/index.ts';
import type { Queryable } from '../platform/database.ts';

/** What stands between several meters and us, as the head-end needs it. */
export interface Gateway {
  readonly marketId: string;
  /** Of its messages; null where it has none. */
  readonly secret: string | null;
  readonly settings: LineSettings;
}

/** How a gateway's line is driven; the devices room says what may be set. */
export interface LineSettings {
  readonly gapMs?: number;
  readonly timeoutMs?: number;
  readonly baud?: number;
  readonly registration?: 'once' | 'every_packet';
  readonly heartbeats?: readonly string[];
  readonly framing?: 'tcp' | 'rtu';
}

/** What is known of a device that calls in, or is to be called: the market's own words for it. */
export interface Claimed {
  readonly marketId: string;
  readonly link: Link;
  readonly linkKey: string;
  readonly gateway: Gateway | null;
  readonly devices: readonly Device[];
}

interface GatewayRow extends Record<string, unknown> {
  readonly link: GatewayLink;
  readonly linkKey: string;
  readonly marketId: string;
  readonly sealed: string | null;
  readonly settings: LineSettings;
}

const GATEWAYS = `select link, link_key as "linkKey", market_id as "marketId", secret_sealed as sealed, settings from gateway`;

const opened = (db: Queryable, row: GatewayRow): Gateway => {
  const { marketId, settings } = row;
  return { marketId, secret: openGatewaySecret(db.vault, row, row.sealed), settings };
};

/** The device with this key; null when nobody claimed it. A modem with its one meter needs no gateway. */
export async function findClaimed(db: Queryable, link: Link, linkKey: string): Promise<Claimed | null> {
  const devices = await findDevices(db, link, linkKey);
  const [row] = await db.query<GatewayRow>(`${GATEWAYS} where link = $1 and link_key = $2 and retired_at is null`, [
    link,
    linkKey,
  ]);
  const gateway = row ? opened(db, row) : null;
  const marketId = gateway?.marketId ?? devices[0]?.marketId;
  if (marketId === undefined) return null;
  return { marketId, link, linkKey, gateway, devices: devices.filter((device) => device.marketId === marketId) };
}

/** Everything of one market that has a key of its own, by `keyOf`. */
export async function claimedOf(db: Queryable, marketId: string): Promise<Map<string, Claimed>> {
  const meters = await db.query<{ meter_id: string }>('select meter_id from device_directory where market_id = $1', [
    marketId,
  ]);
  const meterIds = meters.map((row) => row.meter_id);
  const devices = await devicesOf(db, marketId, meterIds);
  const gateways = await db.query<GatewayRow>(`${GATEWAYS} where market_id = $1 and retired_at is null`, [marketId]);
  const byKey = new Map<string, Claimed>();
  for (const [key, behind] of Map.groupBy(devices, keyOf)) {
    const [first] = behind;
    if (first) byKey.set(key, { marketId, link: first.link, linkKey: first.linkKey, gateway: null, devices: behind });
  }
  for (const row of gateways) {
    const { link, linkKey } = row;
    const key = keyOf(row);
    byKey.set(key, { marketId, link, linkKey, gateway: opened(db, row), devices: byKey.get(key)?.devices ?? [] });
  }
  return byKey;
}

export const keyOf = ({ link, linkKey }: { readonly link: Link; readonly linkKey: string }): string =>
  `${link} ${linkKey}`;
