import { businessDay, zonedParts } from '@openprepay/kernel';

/** 免断时段: hours of the week in which nothing is cut for its balance, by the market's wall clock. */
export interface FriendlyHours {
  /** Null: every stall of the market. */
  readonly stallType: string | null;
  /** Days on which they begin, 0 = Sunday. */
  readonly weekdays: readonly number[];
  /** Minutes of the day, 0 to 1439. */
  readonly fromMinute: number;
  /** Not in them any more; 1 to 1440. Not after `fromMinute`: they go on past midnight. */
  readonly toMinute: number;
}

/** Days on which nothing is cut for its balance, as the market's calendar has them. */
export interface Holiday {
  readonly name: string;
  /** Null: every stall of the market. */
  readonly stallType: string | null;
  /** YYYY-MM-DD; both are holidays. */
  readonly firstDay: string;
  readonly lastDay: string;
}

/** When a market does not cut, and which types of stall it never cuts. */
export interface CutCalendar {
  readonly zone: string;
  readonly friendlyHours: readonly FriendlyHours[];
  readonly holidays: readonly Holiday[];
  readonly protectedTypes: ReadonlySet<string>;
}

/** What a calendar says of a stall at one instant. */
export interface CalendarFacts {
  readonly friendlyHours: FriendlyHours | null;
  readonly holiday: Holiday | null;
  readonly protectedType: boolean;
}

const MINUTES_PER_HOUR = 60;

/**
 * What the calendar says at an instant, by type of stall (null: a meter without a stall). What the wall clock shows
 * decides: an hour that the clocks skip is never there, one that they repeat counts both times.
 */
export function calendarAt(calendar: CutCalendar, at: Date): (stallType: string | null) => CalendarFacts {
  const { weekday, hour, minute } = zonedParts(at, calendar.zone);
  const minuteOfDay = hour * MINUTES_PER_HOUR + minute;
  const today = businessDay(at, calendar.zone);
  const hoursNow = calendar.friendlyHours.filter((hours) => areOn(hours, weekday, minuteOfDay));
  const holidaysToday = calendar.holidays.filter(({ firstDay, lastDay }) => firstDay <= today && today <= lastDay);
  return (stallType) => {
    const isMeant = (rule: { readonly stallType: string | null }) =>
      rule.stallType === null || rule.stallType === stallType;
    return {
      friendlyHours: hoursNow.find(isMeant) ?? null,
      holiday: holidaysToday.find(isMeant) ?? null,
      protectedType: stallType !== null && calendar.protectedTypes.has(stallType),
    };
  };
}

function areOn({ weekdays, fromMinute, toMinute }: FriendlyHours, weekday: number, minute: number): boolean {
  if (fromMinute < toMinute) return weekdays.includes(weekday) && minute >= fromMinute && minute < toMinute;
  const dayBefore = (weekday + 6) % 7;
  return (weekdays.includes(weekday) && minute >= fromMinute) || (weekdays.includes(dayBefore) && minute < toMinute);
}
