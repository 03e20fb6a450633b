import { MAX_LIST_ROWS, type MeterFilter, type MeterPage, type MeterQuery, type MeterRow } from '@openprepay/contract';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';

/*
 * The register of meters by the page. What is filtered and sorted by is joined for all meters of the market, the rest only
 * for those of the page.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<MeterQuery['sort']>, string>> = {
  serial: 'meter.serial',
  stall: 'stall.code',
  model: 'meter.model',
  lastContact: 'state.last_contact_at',
  lastRead: 'state.last_read_at',
  signal: 'state.rssi',
  drift: 'abs(state.clock_drift_s)',
};

/** Where a meter is and what it last said of itself; needs `meter` before it. */
const WITH_PLACE = `
  left join meter_binding binding
    on binding.market_id = meter.market_id and binding.meter_id = meter.meter_id and binding.to_at is null
  left join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
  left join building on building.market_id = stall.market_id and building.building_id = stall.building_id
  left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id`;

const MATCHING = `
  from meter ${WITH_PLACE}
  where meter.market_id = $1
    and case $2 when 'retired' then meter.retired_at is not null
                when 'bound' then meter.retired_at is null and binding.binding_id is not null
                when 'unbound' then meter.retired_at is null and binding.binding_id is null
                else meter.retired_at is null end
    and ($3::text is null or meter.kind = $3)
    and ($4::text is null or meter.link = $4)
    and ($5::text is null or meter.link_key = $5)
    and ($6::boolean is null or coalesce(state.online, false) = $6)
    and ($7::text is null or building.name = $7)
    and ($8::text is null or meter.model = $8)
    and ($9::text is null or meter.serial ilike '%' || $9 || '%' or stall.code ilike '%' || $9 || '%'
         or meter.link_key ilike '%' || $9 || '%' or meter.bus_address ilike $9 || '%')
    and ($10::uuid[] is null or stall.building_id = any($10))`;

/** The last good reading and an open hold; needs `meter` and `state` before it. */
const WITH_READING = `
  left join reading
    on reading.market_id = meter.market_id and reading.meter_id = meter.meter_id and reading.read_at = state.last_read_at
  left join hold on hold.market_id = meter.market_id and hold.meter_id = meter.meter_id and hold.released_at is null`;

const COLUMNS = `
  meter.meter_id as "meterId", meter.kind, meter.model, meter.serial, meter.ct_ratio as "ctRatio", meter.link,
  meter.link_key as "linkKey", meter.bus_address as "busAddress", meter.installed_at as "installedAt",
  meter.retired_at as "retiredAt", stall.stall_id as "stallId", stall.code as "stallCode", building.name as building,
  coalesce(state.online, false) as online, state.last_contact_at as "lastContactAt", state.rssi,
  state.battery_low as "batteryLow", coalesce(state.switch_state, 'unknown') as "switchState",
  state.clock_drift_s as "clockDriftS", state.last_read_at as "lastReadAt", reading.total as "lastTotal",
  hold.hold_id is not null as "onHold"`;

type Stored<T> = { [K in keyof T]: T[K] } & Row;
type MeterColumns = Stored<
  Omit<MeterRow, 'installedAt' | 'retiredAt' | 'lastContactAt' | 'lastReadAt' | 'lastTotal'> & {
    installedAt: Date;
    retiredAt: Date | null;
    lastContactAt: Date | null;
    lastReadAt: Date | null;
    lastTotal: bigint | null;
  }
>;

const iso = (at: Date | null) => at?.toISOString() ?? null;

const rowOf = (row: MeterColumns): MeterRow => ({
  ...row,
  installedAt: row.installedAt.toISOString(),
  retiredAt: iso(row.retiredAt),
  lastContactAt: iso(row.lastContactAt),
  lastReadAt: iso(row.lastReadAt),
  lastTotal: row.lastTotal === null ? null : Number(row.lastTotal),
});

const valuesOf = (marketId: string, filter: MeterFilter, buildingIds: readonly string[] | null) => [
  marketId,
  filter.state ?? 'installed',
  filter.kind ?? null,
  filter.link ?? null,
  filter.linkKey ?? null,
  filter.online ?? null,
  filter.building ?? null,
  filter.model ?? null,
  likeText(filter.text),
  buildingIds,
];

/** All that match but those, at most ten thousand, as the list has them. */
export async function chosenMeters(
  db: Queryable,
  marketId: string,
  { matching, exceptIds }: { readonly matching: MeterFilter; readonly exceptIds: readonly string[] },
  buildingIds: readonly string[] | null = null,
): Promise<{ meterIds: string[] }> {
  const rows = await db.query<{ meter_id: string }>(
    `select meter.meter_id ${MATCHING} and meter.meter_id <> all($11::uuid[])
     order by meter.serial, meter.meter_id limit ${MAX_LIST_ROWS}`,
    [...valuesOf(marketId, matching, buildingIds), exceptIds],
  );
  return { meterIds: rows.map((row) => row.meter_id) };
}

/** One page of the meters of a market, or of some buildings, in the order asked, with how many there are in all. */
export async function listMeters(
  db: Queryable,
  marketId: string,
  query: MeterQuery,
  buildingIds: readonly string[] | null = null,
): Promise<MeterPage> {
  const { sort = 'serial', descending = false, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = valuesOf(marketId, query, buildingIds);
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last`;
  const rows = await db.query<MeterColumns>(
    `with page as (
       select meter.meter_id, row_number() over (order by ${order}, meter.meter_id) as n ${MATCHING}
       order by n limit $11 offset $12)
     select ${COLUMNS}
     from page join meter on meter.market_id = $1 and meter.meter_id = page.meter_id ${WITH_PLACE} ${WITH_READING}
     order by page.n`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), meters: rows.map(rowOf) };
}

/** One meter as its row in the list; null where the market has no such meter. */
export async function findMeterRow(db: Queryable, marketId: string, meterId: string): Promise<MeterRow | null> {
  const rows = await db.query<MeterColumns>(
    `select ${COLUMNS} from meter ${WITH_PLACE} ${WITH_READING} where meter.market_id = $1 and meter.meter_id = $2`,
    [marketId, meterId],
  );
  return rows[0] ? rowOf(rows[0]) : null;
}
