import type { ZonedParts } from '@openprepay/kernel';

type Fields = Omit<ZonedParts, 'weekday'>;

const MONTH_DAYS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Sakamoto's table: what a month adds to the day of the week. */
const MONTH_SHIFTS: readonly number[] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
/** No meter shows an earlier year, and with less than three digits none was meant. */
const FIRST_YEAR = 100;
const LAST_YEAR = 9999;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** The fields with their weekday, or null if the calendar has no such time. */
export function wallClock(fields: Fields): ZonedParts | null {
  const { year, month, day, hour, minute, second } = fields;
  const days = (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR && day >= 1 && day <= days)) return null;
  if (!(hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59)) return null;
  const from = month < 3 ? year - 1 : year;
  const leaps = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400);
  const weekday = (from + leaps + (MONTH_SHIFTS[month - 1] ?? 0) + day) % 7;
  return { year, month, day, hour, minute, second, weekday };
}

/** `2026-03-01 08:30:00`, the meter's own wall clock. */
export function formatWallClock(clock: Fields): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [clock.hour, clock.minute, clock.second].map(two).join(':');
  return `${clock.year}-${two(clock.month)}-${two(clock.day)} ${time}`;
}

const MS_PER_MINUTE = 60_000;

const asUtc = ({ year, month, day, hour, minute, second }: Fields): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** How far `later` is after `earlier`, in seconds, on the same wall. */
export const secondsBetween = (earlier: Fields, later: Fields): number => (asUtc(later) - asUtc(earlier)) / 1000;

export function plusMinutes(clock: Fields, minutes: number): ZonedParts {
  const at = new Date(asUtc(clock) + minutes * MS_PER_MINUTE);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    weekday: at.getUTCDay(),
  };
}
