import { instantOf, zonedParts } from '@openprepay/kernel';

/** How often a building is settled: at each reading, or at the end of a day, a week (Sunday) or a month. */
export type SettlementPeriod = 'each_reading' | 'daily' | 'weekly' | 'monthly';

const MIDNIGHT = [0];
const MINUTES_AN_HOUR = 60;

/**
 * The last instant up to which readings may be settled now: the latest end of a period in the market's zone, or
 * null where every reading is settled as it comes. A day ends at the times of the building, so a week ends at those of Monday and a
 * month at those of its first day.
 * @param minutes of the day, by the wall clock; none: midnight
 */
export function settlementCutOff(
  period: SettlementPeriod,
  now: Date,
  zone: string,
  minutes: readonly number[] = [],
): Date | null {
  if (period === 'each_reading') return null;
  const times = minutes.length === 0 ? MIDNIGHT : minutes;
  const ends = [0, -1].flatMap((back) => {
    const day = firstDay(period, now, zone, back);
    return times.map((minute) => instantOf({ ...day, ...clockOf(minute) }, zone));
  });
  const past = ends.filter((end) => end <= now).map((end) => end.getTime());
  return new Date(Math.max(...past));
}

/** The day with which a period begins: that of an instant, or so many before it. */
function firstDay(period: Exclude<SettlementPeriod, 'each_reading'>, now: Date, zone: string, periods: number) {
  const { year, month, day, weekday } = zonedParts(now, zone);
  const sinceMonday = (weekday + 6) % 7;
  const first = {
    daily: () => Date.UTC(year, month - 1, day + periods),
    weekly: () => Date.UTC(year, month - 1, day - sinceMonday + 7 * periods),
    monthly: () => Date.UTC(year, month - 1 + periods, 1),
  };
  const date = new Date(first[period]());
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const clockOf = (minute: number) => ({
  hour: Math.floor(minute / MINUTES_AN_HOUR),
  minute: minute % MINUTES_AN_HOUR,
  second: 0,
});
