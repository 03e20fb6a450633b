import type { Queryable } from '../platform/database.ts';
import { devicesError } from './errors.ts';
import { GATEWAY_LINKS, type Link } from './types.ts';

/*
 * What stands between a meter and us must be this market's: its gateway, or its product on a platform.
 */

export interface Way {
  readonly link: Link;
  readonly linkKey: string;
}

const sharesGateway = (link: Link) => GATEWAY_LINKS.some((shared) => shared === link);

/** The way as one word, for looking it up. */
export const wayKey = ({ link, linkKey }: Way): string => `${link} ${link === 'nb' ? productOf(linkKey) : linkKey}`;

const productOf = (linkKey: string): string => linkKey.split('/')[0] ?? '';

/** Which ways a market has, of those asked for; a modem of its own needs nothing before it. */
export async function openWays(db: Queryable, marketId: string, ways: readonly Way[]): Promise<ReadonlySet<string>> {
  const open = new Set(ways.filter(({ link }) => link === 'acrel4g').map(wayKey));
  const shared = ways.filter(({ link }) => sharesGateway(link));
  const gateways = await db.query<Way & Record<string, unknown>>(
    `select link, link_key as "linkKey" from gateway
     where market_id = $1 and retired_at is null
       and (link, link_key) in (select * from unnest($2::text[], $3::text[]))`,
    [marketId, shared.map((way) => way.link), shared.map((way) => way.linkKey)],
  );
  for (const gateway of gateways) open.add(wayKey(gateway));
  const products = await db.query<{ product_id: string }>(
    'select product_id from nb_product where market_id = $1 and product_id = any($2)',
    [marketId, ways.filter(({ link }) => link === 'nb').map((way) => productOf(way.linkKey))],
  );
  for (const { product_id } of products) open.add(wayKey({ link: 'nb', linkKey: product_id }));
  return open;
}

/** Whether the market has every one of the ways. @throws devices.unknown_gateway, devices.unknown_product */
export async function mustBeOpen(db: Queryable, marketId: string, ways: readonly Way[]): Promise<void> {
  const open = await openWays(db, marketId, ways);
  const shut = ways.find((way) => !open.has(wayKey(way)));
  if (!shut) return;
  throw shut.link === 'nb'
    ? devicesError('devices.unknown_product', `this market has no product ${productOf(shut.linkKey)} on a platform`, {
        field: 'linkKey',
      })
    : devicesError('devices.unknown_gateway', `this market has no ${shut.link} gateway ${shut.linkKey}`, {
        field: 'linkKey',
      });
}
