import type { CutCalendar, FriendlyHours, Holiday } from '@openprepay/domain';
import type { Queryable, Row } from '../platform/database.ts';

type FriendlyHoursRow = FriendlyHours & { readonly hoursId: string };
type HolidayRow = Holiday & { readonly holidayId: string };

/** A market's calendar as its rows are. */
export interface CalendarRows extends CutCalendar {
  readonly friendlyHours: readonly FriendlyHoursRow[];
  readonly holidays: readonly HolidayRow[];
}

const HOURS_JSON = `jsonb_build_object('hoursId', hours_id, 'stallType', stall_type, 'weekdays', weekdays,
  'fromMinute', from_minute, 'toMinute', to_minute)`;
const HOLIDAY_JSON = `jsonb_build_object('holidayId', holiday_id, 'stallType', stall_type, 'name', name,
  'firstDay', first_day, 'lastDay', last_day)`;

/** In one statement, for every sweep asks. A market that is not there has nothing set. */
export async function readCalendar(db: Queryable, marketId: string): Promise<CalendarRows> {
  const [row] = await db.query<
    Row & { zone: string; hours: FriendlyHoursRow[]; holidays: HolidayRow[]; types: string[] }
  >(
    `select time_zone as zone,
       (select coalesce(jsonb_agg(${HOURS_JSON} order by from_minute, hours_id), '[]') from friendly_hours
        where market_id = $1) as hours,
       (select coalesce(jsonb_agg(${HOLIDAY_JSON} order by first_day, holiday_id), '[]') from holiday
        where market_id = $1) as holidays,
       (select coalesce(array_agg(stall_type order by stall_type), '{}') from protected_stall_type
        where market_id = $1) as types
     from market where market_id = $1`,
    [marketId],
  );
  return {
    zone: row?.zone ?? 'UTC',
    friendlyHours: row?.hours ?? [],
    holidays: row?.holidays ?? [],
    protectedTypes: new Set(row?.types),
  };
}

/** Changes of one market's calendar come one after the other: a limit on their number holds, the audit tells the truth. */
export async function lockCalendar(tx: Queryable, marketId: string): Promise<CalendarRows> {
  await tx.query('select 1 from market where market_id = $1 for no key update', [marketId]);
  return readCalendar(tx, marketId);
}

export async function saveFriendlyHours(tx: Queryable, marketId: string, row: FriendlyHoursRow): Promise<void> {
  await tx.query(
    `insert into friendly_hours (market_id, hours_id, stall_type, weekdays, from_minute, to_minute)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (market_id, hours_id) do update
     set stall_type = excluded.stall_type, weekdays = excluded.weekdays, from_minute = excluded.from_minute,
         to_minute = excluded.to_minute`,
    [marketId, row.hoursId, row.stallType, row.weekdays, row.fromMinute, row.toMinute],
  );
}

export async function deleteFriendlyHours(tx: Queryable, marketId: string, hoursId: string): Promise<void> {
  await tx.query('delete from friendly_hours where market_id = $1 and hours_id = $2', [marketId, hoursId]);
}

export async function saveHoliday(tx: Queryable, marketId: string, row: HolidayRow): Promise<void> {
  await tx.query(
    `insert into holiday (market_id, holiday_id, stall_type, name, first_day, last_day)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (market_id, holiday_id) do update
     set stall_type = excluded.stall_type, name = excluded.name, first_day = excluded.first_day,
         last_day = excluded.last_day`,
    [marketId, row.holidayId, row.stallType, row.name, row.firstDay, row.lastDay],
  );
}

export async function deleteHoliday(tx: Queryable, marketId: string, holidayId: string): Promise<void> {
  await tx.query('delete from holiday where market_id = $1 and holiday_id = $2', [marketId, holidayId]);
}

export async function saveProtectedType(tx: Queryable, marketId: string, stallType: string): Promise<void> {
  await tx.query('insert into protected_stall_type (market_id, stall_type) values ($1, $2) on conflict do nothing', [
    marketId,
    stallType,
  ]);
}

export async function deleteProtectedType(tx: Queryable, marketId: string, stallType: string): Promise<void> {
  await tx.query('delete from protected_stall_type where market_id = $1 and stall_type = $2', [marketId, stallType]);
}
