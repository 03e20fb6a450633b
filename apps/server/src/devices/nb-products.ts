import { randomBytes } from 'node:crypto';
import type { AuditAction, NbPlatform, NbProduct, NbProductChange } from '@openprepay/contract';
import { NB_CODECS } from '@openprepay/protocols/nbcodec';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { devicesError } from './errors.ts';
import type { Act } from './meters.ts';
import { lockRegister } from './register.ts';
import { type NbSecrets, openNbSecrets, pushTokenMark, sealNbSecrets } from './secrets.ts';

/*
 * The products of a market on NB-IoT platforms: where the platform is, the keys both sides share, who may push. Keys are
 * written and never read; the address for pushes is made here and told once.
 */

export interface NbKey {
  readonly platform: NbPlatform;
  readonly productId: string;
}

interface NbDescription {
  readonly codec: string;
  readonly baseUrl: string;
  readonly appKey: string;
  readonly allowedSources: readonly string[];
}

type NewNbProduct = NbKey & NbDescription & NbSecrets;

const DEFAULT_CODEC = 'cjt188';
/** OneNET takes a token of at most 32 letters and digits; these are 128 bits. */
const PUSH_TOKEN_BYTES = 16;
/** Of OneNET's message key, base64 without its padding. */
const AES_KEY_CHARACTERS = 43;

/** The market's products by name, each with how many meters it has, how many are online, and when one was last heard. */
export async function listNbProducts(db: Queryable, marketId: string): Promise<NbProduct[]> {
  const rows = await db.query<
    Omit<NbProduct, 'hasKeys' | 'lastContactAt'> & { sealed: string; lastContactAt: Date | null }
  >(
    `select platform, product_id as "productId", codec, base_url as "baseUrl", app_key as "appKey",
            allowed_sources as "allowedSources", secrets_sealed as sealed, heard.meters, heard.online as "metersOnline",
            heard.last as "lastContactAt"
     from nb_product
     cross join lateral (
       select count(*)::integer as meters, count(*) filter (where state.online)::integer as online,
              max(state.last_contact_at) as last
       from meter join meter_state state using (market_id, meter_id)
       where meter.market_id = $1 and meter.link = 'nb' and meter.retired_at is null
         and split_part(meter.link_key, '/', 1) = nb_product.product_id) heard
     where nb_product.market_id = $1
     order by platform, product_id`,
    [marketId],
  );
  return rows.map(({ sealed, lastContactAt, ...row }) => ({
    ...row,
    hasKeys: openNbSecrets(db.vault, row, sealed) !== null,
    lastContactAt: lastContactAt?.toISOString() ?? null,
  }));
}

/**
 * Enters a product, or changes one: a key that is not given stays as it is.
 * @returns the path of the address that the platform has to push to, where it is new; it is never told again
 * @throws devices.bad_address, devices.bad_settings, devices.bad_secret, devices.product_in_use by another market
 */
export async function saveNbProduct(
  ctx: Context,
  act: Act,
  key: NbKey,
  change: NbProductChange,
): Promise<string | null> {
  mustBeKnownCodec(change.codec);
  const at = ctx.clock.now();
  return ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const before = await findNbProduct(tx, act.marketId, key);
    // One that a site file named may stay where it is.
    if (change.baseUrl !== before?.baseUrl) mustBeAPlatform(change.baseUrl);
    const keys = before && openNbSecrets(tx.vault, key, before.sealed);
    const isNewAddress = !keys || change.newPushAddress === true;
    const pushToken = isNewAddress ? randomBytes(PUSH_TOKEN_BYTES).toString('hex') : keys.pushToken;
    const appSecret = change.appSecret ?? keys?.appSecret ?? '';
    const masterKey = change.masterKey ?? keys?.masterKey ?? '';
    mustBePossibleKeys(key.platform, appSecret, masterKey);
    const { codec, baseUrl, appKey, allowedSources } = change;
    const after = { codec, baseUrl, appKey, allowedSources };
    if (!(await store(tx, act.marketId, { ...key, ...after, appSecret, masterKey, pushToken }))) {
      throw devicesError(
        'devices.product_in_use',
        `${key.productId} is a product of another market, or on another platform`,
      );
    }
    await audit(tx, act, at, 'devices.save_nb_product', key, {
      ...(before && { before: described(before) }),
      after: {
        ...after,
        keysChanged: change.appSecret !== undefined || change.masterKey !== undefined,
        pushAddressChanged: isNewAddress,
      },
    });
    return isNewAddress ? `/push/${key.platform}/${pushToken}` : null;
  });
}

/** @throws devices.no_such_product, devices.product_in_use while it has meters */
export async function removeNbProduct(ctx: Context, act: Act, key: NbKey, note: string): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const before = await findNbProduct(tx, act.marketId, key);
    if (!before) throw devicesError('devices.no_such_product', `this market has no product ${key.productId}`);
    const [behind] = await tx.query<{ serial: string }>(
      `select serial from meter
       where market_id = $1 and link = 'nb' and split_part(link_key, '/', 1) = $2 and retired_at is null limit 1`,
      [act.marketId, key.productId],
    );
    if (behind) throw devicesError('devices.product_in_use', `meter ${behind.serial} is of this product`);
    await tx.query('delete from nb_product where market_id = $1 and platform = $2 and product_id = $3', [
      act.marketId,
      key.platform,
      key.productId,
    ]);
    await audit(tx, act, at, 'devices.remove_nb_product', key, { reason: note, before: described(before) });
  });
}

/**
 * As a site file names them: how the platform is reached may change at any time; whose product it is, never.
 * @returns a product that another market has, or null
 */
export async function saveNbProducts(
  tx: Queryable,
  marketId: string,
  products: readonly (Omit<NewNbProduct, 'codec'> & { readonly codec?: string })[],
): Promise<string | null> {
  for (const product of products) {
    if (!(await store(tx, marketId, { ...product, codec: product.codec ?? DEFAULT_CODEC }))) return product.productId;
  }
  return null;
}

/** @returns false where the product, or its address, is somebody else's */
async function store(tx: Queryable, marketId: string, product: NewNbProduct): Promise<boolean> {
  const rows = await tx.query(
    `insert into nb_product (platform, product_id, market_id, codec, base_url, app_key, secrets_sealed,
                             push_address_mark, allowed_sources)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9
     where not exists (select from nb_product where product_id = $2 and platform <> $1)
       and not exists (select from nb_product where push_address_mark = $8 and (product_id <> $2 or platform <> $1))
     on conflict (platform, product_id) do update
     set codec = excluded.codec, base_url = excluded.base_url, app_key = excluded.app_key,
         secrets_sealed = excluded.secrets_sealed, push_address_mark = excluded.push_address_mark,
         allowed_sources = excluded.allowed_sources
     where nb_product.market_id = excluded.market_id
     returning 1`,
    [
      product.platform,
      product.productId,
      marketId,
      product.codec,
      product.baseUrl,
      product.appKey,
      sealNbSecrets(tx.vault, product, product),
      pushTokenMark(tx.vault, product.pushToken),
      product.allowedSources,
    ],
  );
  return rows.length > 0;
}

async function findNbProduct(tx: Queryable, marketId: string, { platform, productId }: NbKey) {
  const [row] = await tx.query<NbDescription & { readonly sealed: string } & Record<string, unknown>>(
    `select codec, base_url as "baseUrl", app_key as "appKey", allowed_sources as "allowedSources", secrets_sealed as sealed
     from nb_product where market_id = $1 and platform = $2 and product_id = $3`,
    [marketId, platform, productId],
  );
  return row ?? null;
}

const described = ({ codec, baseUrl, appKey, allowedSources }: NbDescription): NbDescription => {
  return { codec, baseUrl, appKey, allowedSources };
};

/**
 * We call these ourselves, with keys: a name on the internet and a sealed way to it. A site file, which only who has the
 * machine can import, may name any place.
 */
function mustBeAPlatform(baseUrl: string): void {
  const url = URL.parse(baseUrl);
  const isName = url !== null && /^([a-z0-9-]+\.)+[a-z]{2,}$/.test(url.hostname);
  if (!isName || url.protocol !== 'https:' || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw devicesError('devices.bad_address', 'a platform is reached at https:// and a name', { field: 'baseUrl' });
  }
}

function mustBeKnownCodec(codec: string): void {
  if (NB_CODECS.some(({ name }) => name === codec)) return;
  throw devicesError('devices.bad_settings', `there is no codec ${codec}`, { field: 'codec' });
}

/** CTWing signs with the secret and names the master key; OneNET's master key is that of its messages, where they are encrypted. */
function mustBePossibleKeys(platform: NbPlatform, appSecret: string, masterKey: string): void {
  if (appSecret === '') throw devicesError('devices.bad_secret', 'the secret is needed', { field: 'appSecret' });
  if (platform === 'ctwing' && masterKey === '') {
    throw devicesError('devices.bad_secret', 'the master key of the product is needed', { field: 'masterKey' });
  }
  if (platform === 'onenet' && masterKey !== '' && masterKey.length !== AES_KEY_CHARACTERS) {
    throw devicesError('devices.bad_secret', `a message key has ${AES_KEY_CHARACTERS} characters`, {
      field: 'masterKey',
    });
  }
}

const audit = (
  tx: Tx,
  { marketId, operatorId }: Act,
  at: Date,
  action: AuditAction,
  { platform, productId }: NbKey,
  said: { reason?: string; before?: unknown; after?: unknown },
) => recordAudit(tx, { marketId, operatorId, at, action, subject: `nb_product:${platform} ${productId}`, ...said });
