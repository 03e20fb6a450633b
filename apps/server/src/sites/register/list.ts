import type { StallPage, StallQuery, StallRecord } from '@openprepay/contract';
import type { Queryable } from '../../platform/database.ts';
import { likeText } from '../../platform/like.ts';

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<StallQuery['sort']>, string>> = {
  code: 'stall.code',
  building: 'building.name',
  stallType: 'stall.stall_type',
  area: 'stall.area_m2',
  account: 'account.number',
};

const MATCHING = `
  from stall
  join building on building.market_id = stall.market_id and building.building_id = stall.building_id
  left join tenancy
    on tenancy.market_id = stall.market_id and tenancy.stall_id = stall.stall_id and tenancy.to_at is null
  left join account on account.market_id = tenancy.market_id and account.account_id = tenancy.account_id
  where stall.market_id = $1
    and ($2::text is null or building.name = $2)
    and ($3::text is null or stall.stall_type = $3)
    and ($4::text is null or (account.account_id is not null) = ($4 = 'let'))
    and ($5::text is null or stall.code ilike '%' || $5 || '%' or account.number ilike '%' || $5 || '%'
         or account.customer_name ilike '%' || $5 || '%')
    and ($6::uuid[] is null or stall.building_id = any($6))`;

type StallColumns = Record<string, unknown> &
  Omit<StallRecord, 'account'> & {
    readonly accountId: string | null;
    readonly number: string;
    readonly customerName: string;
  };

/** One page of the market's stalls, or of those of some buildings, in the order asked, with how many there are in all. */
export async function listStalls(
  db: Queryable,
  marketId: string,
  query: StallQuery,
  buildingIds: readonly string[] | null = null,
): Promise<StallPage> {
  const { sort = 'code', descending = false, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    query.building ?? null,
    query.stallType ?? null,
    query.state ?? null,
    likeText(query.text),
    buildingIds,
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const rows = await db.query<StallColumns>(
    `select stall.stall_id as "stallId", stall.code, building.name as building, stall.stall_type as "stallType",
            stall.area_m2::text as "areaM2", stall.protected, account.account_id as "accountId", account.number,
            account.customer_name as "customerName",
            (select count(*)::integer from meter_binding binding
             where binding.market_id = stall.market_id and binding.stall_id = stall.stall_id and binding.to_at is null)
              as meters
     ${MATCHING}
     order by ${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last, stall.code, stall.stall_id
     limit $7 offset $8`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  const buildings = await db.query<{ name: string }>(
    `select name from building where market_id = $1 and ($2::uuid[] is null or building_id = any($2)) order by name`,
    [marketId, buildingIds],
  );
  const types = await db.query<{ name: string }>(
    `select distinct stall_type as name from stall
     where market_id = $1 and ($2::uuid[] is null or building_id = any($2)) order by 1`,
    [marketId, buildingIds],
  );
  return {
    total: Number(counted?.total ?? 0),
    stalls: rows.map(({ accountId, number, customerName, ...stall }) => ({
      ...stall,
      account: accountId === null ? null : { accountId, number, customerName },
    })),
    buildings: buildings.map(({ name }) => name),
    stallTypes: types.map(({ name }) => name),
  };
}
