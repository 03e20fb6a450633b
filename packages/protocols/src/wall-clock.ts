import type { ZonedParts } from '@openprepay/kernel';

type Fields = Omit<ZonedParts, 'weekday'>;

/** The fields with their weekday, or null if the calendar has no such time. */
export function wallClock(fields: Fields): ZonedParts | null {
  const { year, month, day, hour, minute, second } = fields;
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return null;
  return { year, month, day, hour, minute, second, weekday: date.getUTCDay() };
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
