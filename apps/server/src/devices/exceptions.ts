import type { DeviceException, ExceptionPage, ExceptionQuery } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';

/*
 * The meters that did not reach the wanted state, by the page.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<ExceptionQuery['sort']>, string>> = {
  opened: 'exception.opened_at',
  stall: 'stall.code',
  meter: 'meter.serial',
  kind: 'exception.kind',
};

const MATCHING = `
  from device_exception exception
  join market on market.market_id = $1
  join meter on meter.market_id = $1 and meter.meter_id = exception.meter_id
  left join meter_binding binding
    on binding.market_id = $1 and binding.meter_id = exception.meter_id and binding.to_at is null
  left join stall on stall.market_id = $1 and stall.stall_id = binding.stall_id
  left join building on building.market_id = $1 and building.building_id = stall.building_id
  where exception.market_id = $1 and exception.closed_at is null
    and ($2::text is null or exception.kind = $2)
    and ($3::text is null or meter.kind = $3)
    and ($4::text is null or building.name = $4)
    and ($5::date is null or exception.opened_at >= $5::date::timestamp at time zone market.time_zone)
    and ($6::date is null or exception.opened_at < ($6::date + 1)::timestamp at time zone market.time_zone)
    and ($7::text is null or stall.code ilike '%' || $7 || '%' or meter.serial ilike '%' || $7 || '%')
    and ($8::uuid[] is null or stall.building_id = any($8))`;

/** Those of a market, or of some buildings, in the order asked, latest first where nothing is said. */
export async function listExceptions(
  db: Queryable,
  marketId: string,
  query: ExceptionQuery,
  buildingIds: readonly string[] | null = null,
): Promise<ExceptionPage> {
  const { sort = 'opened', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    query.kind ?? null,
    query.medium ?? null,
    query.building ?? null,
    query.from ?? null,
    query.to ?? null,
    likeText(query.text),
    buildingIds,
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last`;
  const rows = await db.query<Omit<DeviceException, 'openedAt'> & { readonly openedAt: Date } & Row>(
    `select exception.exception_id as "exceptionId", exception.meter_id as "meterId", meter.serial as "meterSerial",
            meter.kind as "meterKind", stall.stall_id as "stallId", stall.code as "stallCode", building.name as building,
            exception.kind, exception.opened_at as "openedAt",
            coalesce(exception.detail ->> 'command', 'switch') as command, exception.detail ->> 'wanted' as wanted,
            exception.detail ->> 'readBack' as "readBack", (exception.detail ->> 'writes')::integer as writes
     ${MATCHING} order by ${order}, exception.exception_id desc limit $9 offset $10`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return {
    total: Number(counted?.total ?? 0),
    exceptions: rows.map((row) => ({ ...row, openedAt: row.openedAt.toISOString() })),
  };
}
