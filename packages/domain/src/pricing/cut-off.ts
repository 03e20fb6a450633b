import { instantOf, startOfBusinessDay, zonedParts } from '@openprepay/kernel';

/** How often a building is settled: at each reading, or at the end of a day, a week (Sunday) or a month. */
export type SettlementPeriod = 'each_reading' | 'daily' | 'weekly' | 'monthly';

/**
 * The last instant up to which readings may be settled now: the latest end of a period in the market's zone, or
 * null where every reading is settled as it comes.
 */
export function settlementCutOff(period: SettlementPeriod, now: Date, zone: string): Date | null {
  if (period === 'each_reading') return null;
  if (period === 'daily') return startOfBusinessDay(now, zone);
  const { year, month, day, weekday } = zonedParts(now, zone);
  if (period === 'monthly') return startOfDate(year, month, 1, zone);
  const sinceMonday = (weekday + 6) % 7;
  const monday = new Date(Date.UTC(year, month - 1, day - sinceMonday));
  return startOfDate(monday.getUTCFullYear(), monday.getUTCMonth() + 1, monday.getUTCDate(), zone);
}

const startOfDate = (year: number, month: number, day: number, zone: string) =>
  instantOf({ year, month, day, hour: 0, minute: 0, second: 0 }, zone);
