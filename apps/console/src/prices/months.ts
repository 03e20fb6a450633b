import { businessDay, instantOf } from '@openprepay/kernel';

/** The months before the present one, the latest first, as YYYY-MM. */
export function pastMonths(now: Date, zone: string, count: number): string[] {
  const [year = 0, month = 0] = businessDay(now, zone).split('-').map(Number);
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.UTC(year, month - 2 - index, 1)).toISOString().slice(0, 'YYYY-MM'.length),
  );
}

/** The present month. */
export const thisMonth = (now: Date, zone: string): string => businessDay(now, zone).slice(0, 'YYYY-MM'.length);

/** Midnight at the beginning of a month, as the wall clock says it: `2026-04-01T00:00`. */
export function nextMonthStart(now: Date, zone: string): string {
  const [year = 0, month = 0] = businessDay(now, zone).split('-').map(Number);
  return `${new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10)}T00:00`;
}

/** The instant at which the market's wall clock shows `2026-04-01T00:00`; null where that is no time. */
export function wallInstant(wall: string, zone: string): Date | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d)?$/.exec(wall);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  try {
    return instantOf({ year, month, day, hour, minute, second: 0 }, zone);
  } catch {
    return null;
  }
}
