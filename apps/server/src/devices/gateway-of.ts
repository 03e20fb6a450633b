import type { Queryable } from '../platform/database.ts';
import type { GatewayLink } from './types.ts';

/** A gateway as the head-end needs it: whose it is, the secret it shares with us, and how its line is driven. */
export interface Gateway {
  readonly marketId: string;
  readonly secret: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The gateway with this key that is in service; null where nobody claimed one. */
export async function findGateway(db: Queryable, link: GatewayLink, linkKey: string): Promise<Gateway | null> {
  const rows = await db.query<Gateway & Record<string, unknown>>(
    `select market_id as "marketId", secret, settings from gateway
     where link = $1 and link_key = $2 and retired_at is null`,
    [link, linkKey],
  );
  return rows[0] ?? null;
}
