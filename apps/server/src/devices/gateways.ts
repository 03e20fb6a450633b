import type { AuditAction, NewGateway } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { devicesError } from './errors.ts';
import { type GatewayDescription, mustBePossibleGateway, mustBePossibleWherever } from './gateway-settings.ts';
import type { Act } from './meters.ts';
import { lockRegister, tellOfMeters } from './register.ts';
import { openGatewaySecret, sealGatewaySecret } from './secrets.ts';
import type { GatewayLink } from './types.ts';

/*
 * The register of gateways. A secret is written and never read: what leaves says only that there is one.
 */

export interface GatewayKey {
  readonly link: GatewayLink;
  readonly linkKey: string;
}

interface GatewayRow extends GatewayKey {
  readonly name: string;
  readonly secret: string | null;
  readonly settings: Record<string, unknown>;
  readonly retiredAt: Date | null;
}

/**
 * Enters a gateway; one of this market that is out of service comes back as it is described now.
 * @throws devices.bad_address, devices.bad_secret, devices.bad_settings, devices.gateway_in_use
 */
export async function createGateway(ctx: Context, act: Act, given: NewGateway): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    await enterGateway(tx, act, at, given);
    await tellOfMeters(tx, act.marketId, []);
  });
}

/** As `createGateway`, inside an act that has locked the register and tells of it. */
export async function enterGateway(tx: Tx, act: Act, at: Date, given: NewGateway): Promise<void> {
  const gateway = { ...given, secret: given.secret ?? null, settings: given.settings ?? {} };
  mustBePossibleGateway(gateway);
  const entered = await tx.query(
    `insert into gateway (link, link_key, market_id, name, secret_sealed, settings, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (link, link_key) do update
     set name = excluded.name, secret_sealed = excluded.secret_sealed, settings = excluded.settings, retired_at = null
     where gateway.market_id = excluded.market_id and gateway.retired_at is not null
     returning 1`,
    [
      gateway.link,
      gateway.linkKey,
      act.marketId,
      gateway.name,
      sealGatewaySecret(tx.vault, gateway, gateway.secret),
      JSON.stringify(gateway.settings),
      at,
    ],
  );
  if (entered.length === 0) {
    throw devicesError('devices.gateway_in_use', `${gateway.linkKey} is a ${gateway.link} gateway already`);
  }
  await tx.query('delete from unclaimed_device where link = $1 and link_key = $2', [gateway.link, gateway.linkKey]);
  await audit(tx, act, at, 'devices.create_gateway', gateway, { after: described(gateway) });
}

export interface GatewayChange {
  readonly name?: string;
  readonly secret?: string | null;
  readonly settings?: Record<string, unknown>;
}

/** @throws devices.no_such_gateway, devices.gateway_retired, devices.bad_secret, devices.bad_settings */
export async function updateGateway(ctx: Context, act: Act, key: GatewayKey, change: GatewayChange): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const before = await requireGateway(tx, act.marketId, key);
    const after = {
      ...before,
      name: change.name ?? before.name,
      secret: change.secret === undefined ? before.secret : change.secret,
      settings: change.settings ?? before.settings,
    };
    mustBePossibleWherever(after);
    await tx.query(
      'update gateway set name = $4, secret_sealed = $5, settings = $6 where market_id = $1 and link = $2 and link_key = $3',
      [
        act.marketId,
        key.link,
        key.linkKey,
        after.name,
        sealGatewaySecret(tx.vault, key, after.secret),
        JSON.stringify(after.settings),
      ],
    );
    await audit(tx, act, at, 'devices.update_gateway', key, {
      before: described(before),
      after: { ...described(after), secretChanged: change.secret !== undefined },
    });
    await tellOfMeters(tx, act.marketId, []);
  });
}

/** @throws devices.no_such_gateway, devices.gateway_retired, devices.gateway_in_use while meters are behind it */
export async function retireGateway(ctx: Context, act: Act, key: GatewayKey, note: string): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const before = await requireGateway(tx, act.marketId, key);
    const [behind] = await tx.query<{ serial: string }>(
      `select serial from meter where market_id = $1 and link = $2 and link_key = $3 and retired_at is null limit 1`,
      [act.marketId, key.link, key.linkKey],
    );
    if (behind) throw devicesError('devices.gateway_in_use', `meter ${behind.serial} is behind this gateway`);
    await tx.query('update gateway set retired_at = $4 where market_id = $1 and link = $2 and link_key = $3', [
      act.marketId,
      key.link,
      key.linkKey,
      at,
    ]);
    await audit(tx, act, at, 'devices.retire_gateway', key, { reason: note, before: described(before) });
    await tellOfMeters(tx, act.marketId, []);
  });
}

/**
 * What a gateway's messages are keyed with and how its line is driven may change; whose it is, never.
 * @returns a gateway that another market has, or null
 */
export async function saveGateways(
  tx: Queryable,
  marketId: string,
  at: Date,
  gateways: readonly (GatewayDescription & { readonly name: string })[],
): Promise<string | null> {
  const rows = await tx.query<{ link: string; link_key: string }>(
    `insert into gateway (link, link_key, market_id, name, secret_sealed, settings, created_at)
     select given.link, given.link_key, $1, given.name, given.secret, given.settings, $2
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
       as given (link, link_key, name, secret, settings)
     on conflict (link, link_key) do update
     set name = excluded.name, secret_sealed = excluded.secret_sealed, settings = excluded.settings
     where gateway.market_id = excluded.market_id
     returning link, link_key`,
    [
      marketId,
      at,
      gateways.map((gateway) => gateway.link),
      gateways.map((gateway) => gateway.linkKey),
      gateways.map((gateway) => gateway.name),
      gateways.map((gateway) => sealGatewaySecret(tx.vault, gateway, gateway.secret)),
      gateways.map((gateway) => JSON.stringify(gateway.settings)),
    ],
  );
  const saved = new Set(rows.map((row) => `${row.link} ${row.link_key}`));
  return gateways.find(({ link, linkKey }) => !saved.has(`${link} ${linkKey}`))?.linkKey ?? null;
}

async function requireGateway(tx: Queryable, marketId: string, { link, linkKey }: GatewayKey): Promise<GatewayRow> {
  const rows = await tx.query<
    Omit<GatewayRow, 'secret'> & { readonly sealed: string | null } & Record<string, unknown>
  >(
    `select link, link_key as "linkKey", name, secret_sealed as sealed, settings, retired_at as "retiredAt" from gateway
     where market_id = $1 and link = $2 and link_key = $3`,
    [marketId, link, linkKey],
  );
  const [gateway] = rows;
  if (!gateway) throw devicesError('devices.no_such_gateway', `this market has no ${link} gateway ${linkKey}`);
  if (gateway.retiredAt) throw devicesError('devices.gateway_retired', `gateway ${gateway.name} is out of service`);
  return { ...gateway, secret: openGatewaySecret(tx.vault, gateway, gateway.sealed) };
}

const described = ({ link, linkKey, name, secret, settings }: GatewayKey & Omit<GatewayRow, 'retiredAt'>) => {
  return { link, linkKey, name, hasSecret: secret !== null, settings };
};

const audit = (
  tx: Tx,
  { marketId, operatorId }: Act,
  at: Date,
  action: AuditAction,
  { link, linkKey }: GatewayKey,
  said: { reason?: string; before?: unknown; after?: unknown },
) => recordAudit(tx, { marketId, operatorId, at, action, subject: `gateway:${link} ${linkKey}`, ...said });
