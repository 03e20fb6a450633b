import type { Hold, HoldPage, HoldQuery } from '@openprepay/contract';
import type { Quantity } from '@openprepay/kernel';
import type { Queryable, Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { registerText } from './register-value.ts';

/*
 * The holds of a market by the page: those that wait, and those that were decided. What is filtered and sorted by is joined
 * for all of them, the rest only for those of the page.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<HoldQuery['sort']>, string>> = {
  opened: 'hold.opened_at',
  stall: 'stall.code',
  meter: 'meter.serial',
  reason: 'hold.reason',
  read: 'hold.read_at',
  released: 'hold.released_at',
};

/** Which meter, and where it is, or was when its hold was decided. */
const WITH_PLACE = `
  join meter on meter.market_id = $1 and meter.meter_id = hold.meter_id
  left join meter_binding binding
    on binding.market_id = $1 and binding.meter_id = hold.meter_id
      and (hold.released_at is null or binding.from_at <= hold.released_at)
      and (binding.to_at is null or binding.to_at > hold.released_at)
  left join stall on stall.market_id = $1 and stall.stall_id = binding.stall_id
  left join building on building.market_id = $1 and building.building_id = stall.building_id`;

const MATCHING = `
  from hold
  join market on market.market_id = $1 ${WITH_PLACE}
  where hold.market_id = $1 and (hold.released_at is null) = ($2 = 'open')
    and ($3::text is null or hold.reason = $3)
    and ($4::text is null or meter.kind = $4)
    and ($5::text is null or building.name = $5)
    and ($6::date is null or hold.opened_at >= $6::date::timestamp at time zone market.time_zone)
    and ($7::date is null or hold.opened_at < ($7::date + 1)::timestamp at time zone market.time_zone)
    and ($8::text is null or stall.code ilike '%' || $8 || '%' or meter.serial ilike '%' || $8 || '%')
    and ($9::uuid[] is null or stall.building_id = any($9))`;

/** Those of a market, or of some buildings, in the order asked, each with the last good reading before it. */
export async function listHolds(
  db: Queryable,
  marketId: string,
  query: HoldQuery,
  buildingIds: readonly string[] | null = null,
): Promise<HoldPage> {
  const { state = 'open', page = 1, pageSize = PAGE_SIZE } = query;
  const sort = query.sort ?? (state === 'open' ? 'opened' : 'released');
  const { descending = query.sort === undefined && state === 'released' } = query;
  const filters = [
    marketId,
    state,
    query.reason ?? null,
    query.medium ?? null,
    query.building ?? null,
    query.from ?? null,
    query.to ?? null,
    likeText(query.text),
    buildingIds,
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last`;
  const rows = await db.query<HoldColumns>(
    `with page as (
       select hold.hold_id, row_number() over (order by ${order}, hold.hold_id) as n ${MATCHING}
       order by n limit $10 offset $11)
     select hold.hold_id as "holdId", hold.meter_id as "meterId", meter.serial as "meterSerial",
            meter.kind as "meterKind", stall.stall_id as "stallId", stall.code as "stallCode", building.name as building,
            hold.reason, hold.opened_at as "openedAt", hold.read_at as "readAt", reading.received_at as "receivedAt",
            reading.origin, meter.model, meter.ct_ratio as "ctRatio", reading.total as value, reading.turnovers,
            reading.said_total as "saidValue", before.total as "lastGoodValue", before.turnovers as "lastGoodTurnovers",
            before.read_at as "lastGoodAt", reading.frame_id as "frameId", hold.released_at as "releasedAt",
            hold.release_action as action, operator.name as "operatorName", hold.note
     from page join hold on hold.market_id = $1 and hold.hold_id = page.hold_id ${WITH_PLACE}
     join reading
       on reading.market_id = $1 and reading.meter_id = hold.meter_id and reading.read_at = hold.read_at
     left join operator on operator.operator_id = hold.released_by
     left join lateral (
       select total, turnovers, read_at from reading good
       where good.market_id = $1 and good.meter_id = hold.meter_id and good.quality = 'good'
         and good.read_at < hold.read_at
       order by good.read_at desc limit 1) before on true
     order by page.n`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), holds: rows.map(holdOf) };
}

type Plain = 'holdId' | 'meterId' | 'meterSerial' | 'meterKind' | 'stallId' | 'stallCode' | 'building' | 'reason';
type HoldColumns = Pick<Hold, Plain | 'origin' | 'ctRatio' | 'frameId'> & {
  readonly openedAt: Date;
  readonly readAt: Date;
  readonly receivedAt: Date;
  readonly model: string;
  readonly value: Quantity;
  readonly turnovers: number;
  readonly saidValue: Quantity | null;
  readonly lastGoodValue: Quantity | null;
  readonly lastGoodTurnovers: number | null;
  readonly lastGoodAt: Date | null;
  readonly releasedAt: Date | null;
  readonly action: 'accept' | 'reject' | 'replace';
  readonly operatorName: string | null;
  readonly note: string | null;
} & Row;

const numberOrNull = (value: Quantity | null): number | null => (value === null ? null : Number(value));

function holdOf(row: HoldColumns): Hold {
  const { model, turnovers, lastGoodTurnovers, releasedAt, action, operatorName, note, ...hold } = row;
  const register = { ...hold, kind: hold.meterKind, model };
  return {
    ...hold,
    openedAt: hold.openedAt.toISOString(),
    readAt: hold.readAt.toISOString(),
    receivedAt: hold.receivedAt.toISOString(),
    value: Number(hold.value),
    registerValue: registerText(register, hold.value, turnovers),
    saidValue: numberOrNull(hold.saidValue),
    lastGoodValue: numberOrNull(hold.lastGoodValue),
    lastGoodRegisterValue:
      hold.lastGoodValue === null ? null : registerText(register, hold.lastGoodValue, lastGoodTurnovers ?? 0),
    lastGoodAt: hold.lastGoodAt?.toISOString() ?? null,
    release: releasedAt && { at: releasedAt.toISOString(), operatorName, action, note },
  };
}
