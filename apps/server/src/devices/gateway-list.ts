import type { Gateway, GatewayPage, GatewayQuery } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { openGatewaySecret } from './secrets.ts';

/*
 * The gateways of a market by the page, each with what is behind it.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<GatewayQuery['sort']>, string>> = {
  name: 'gateway.name',
  key: 'gateway.link_key',
  link: 'gateway.link',
  meters: 'behind.meters',
  created: 'gateway.created_at',
};

const MATCHING = `
  from gateway
  left join lateral (
    select count(*)::integer as meters, count(*) filter (where state.online)::integer as online
    from meter
    left join meter_state state on state.market_id = $1 and state.meter_id = meter.meter_id
    where meter.market_id = $1 and meter.link = gateway.link and meter.link_key = gateway.link_key
      and meter.retired_at is null) behind on true
  where gateway.market_id = $1
    and ($2::text is null or gateway.link = $2)
    and ($3::text is null or (gateway.retired_at is null) = ($3 = 'in_service'))
    and ($4::text is null or gateway.name ilike '%' || $4 || '%' or gateway.link_key ilike '%' || $4 || '%')`;

type Columns = Omit<Gateway, 'hasSecret' | 'createdAt' | 'retiredAt'> & {
  readonly sealed: string | null;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
} & Row;

/** In the order asked; where nothing is said, by name, those out of service last. */
export async function listGateways(db: Queryable, marketId: string, query: GatewayQuery): Promise<GatewayPage> {
  const { sort = 'name', descending = false, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [marketId, query.link ?? null, query.state ?? null, likeText(query.text)];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const first = query.sort === undefined ? 'gateway.retired_at is not null, ' : '';
  const order = `${first}${SORTS[sort]} ${descending ? 'desc' : 'asc'}`;
  const rows = await db.query<Columns>(
    `select gateway.link, gateway.link_key as "linkKey", gateway.name, gateway.secret_sealed as sealed,
            gateway.settings, gateway.created_at as "createdAt", gateway.retired_at as "retiredAt",
            behind.meters, behind.online as "metersOnline"
     ${MATCHING} order by ${order}, gateway.link, gateway.link_key limit $5 offset $6`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return {
    total: Number(counted?.total ?? 0),
    gateways: rows.map(({ sealed, ...row }) => ({
      ...row,
      hasSecret: openGatewaySecret(db.vault, row, sealed) !== null,
      createdAt: row.createdAt.toISOString(),
      retiredAt: row.retiredAt?.toISOString() ?? null,
    })),
  };
}
