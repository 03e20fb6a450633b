import { domainError } from '../errors.ts';
import { isObject, shown } from './json.ts';

/** 尖 峰 平 谷 深谷, in the order of a reading's tariff registers. */
export const TARIFFS = ['sharp', 'peak', 'flat', 'valley', 'deep_valley'] as const;
export type Tariff = (typeof TARIFFS)[number];

/** Minutes since midnight by the market's wall clock; the end is not in it. */
export interface TariffPeriod {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly tariff: Tariff;
}

/** The 24 hours of a day without gap or overlap. */
export type DayTable = readonly TariffPeriod[];

/** Days of every year, both ends in it, as MM-DD; a season may go over the end of the year. */
export interface Season {
  readonly from: string;
  readonly to: string;
  readonly weekday: DayTable;
  readonly weekend: DayTable;
}

/** Which tariff holds when. The seasons cover every day of a leap year once; a special day goes before its season. */
export interface Calendar {
  readonly seasons: readonly Season[];
  /** By date, YYYY-MM-DD. */
  readonly specialDays: ReadonlyMap<string, DayTable>;
}

const MINUTES_A_DAY = 1_440;
const MAX_PERIODS = 48;
const MAX_TABLES = 32;
const MAX_SEASONS = 12;
const MAX_SPECIAL_DAYS = 1_000;

/** The table of one date: `weekday` 0 = Sunday. */
export function dayTableOf(calendar: Calendar, date: string, weekday: number): DayTable {
  const special = calendar.specialDays.get(date);
  if (special) return special;
  const season = calendar.seasons.find((one) => isInSeason(one, date.slice(5)));
  if (!season) throw domainError('pricing.bad_seasons', `${date} is in no season`);
  return weekday === 0 || weekday === 6 ? season.weekend : season.weekday;
}

/** Every tariff that some day of the calendar uses. */
export function tariffsOf(calendar: Calendar): ReadonlySet<Tariff> {
  const seasonal = calendar.seasons.flatMap(({ weekday, weekend }) => [weekday, weekend]);
  return new Set([...seasonal, ...calendar.specialDays.values()].flat().map(({ tariff }) => tariff));
}

/**
 * Reads `{"dayTables": {"normal": [{"from": "00:00", "to": "24:00", "tariff": "flat"}]}, "seasons": [{"from": "01-01",
 * "to": "12-31", "weekday": "normal", "weekend": "normal"}], "specialDays": {"2026-10-01": "normal"}}`. `weekend` may be
 * left out where it is as on weekdays, `specialDays` where there are none.
 * @throws pricing.bad_day_table, pricing.bad_seasons, pricing.bad_special_day
 */
export function parseCalendar(json: unknown): Calendar {
  const { dayTables, seasons, specialDays = {} } = isObject(json) ? json : {};
  const named = isObject(dayTables) ? Object.entries(dayTables) : [];
  if (named.length === 0 || named.length > MAX_TABLES) {
    const why = `a calendar has 1 to ${MAX_TABLES} day tables`;
    throw domainError('pricing.bad_day_table', why, { at: 'calendar.dayTables' });
  }
  const tables = new Map(named.map(([name, table]) => [name, parseDayTable(name, table)]));
  return { seasons: parseSeasons(seasons, tables), specialDays: parseSpecialDays(specialDays, tables) };
}

type Tables = ReadonlyMap<string, DayTable>;

function parseDayTable(name: string, json: unknown): DayTable {
  const table = `calendar.dayTables.${name}`;
  const bad = (why: string, at = table) =>
    domainError('pricing.bad_day_table', `day table ${shown(name)}: ${why}`, { at });
  if (!Array.isArray(json) || json.length === 0 || json.length > MAX_PERIODS) {
    throw bad(`it has 1 to ${MAX_PERIODS} periods`);
  }
  let endsAt = 0;
  const periods = json.map((period: unknown, index): TariffPeriod => {
    const at = `${table}[${index}]`;
    const { from, to, tariff } = isObject(period) ? period : {};
    const fromMinute = minuteOf(from);
    const toMinute = minuteOf(to);
    const known = TARIFFS.find((one) => one === tariff);
    if (fromMinute === null || toMinute === null) throw bad(`${shown(period)} is not from HH:MM to HH:MM`, at);
    if (known === undefined) throw bad(`${shown(tariff)} is none of ${TARIFFS.join(', ')}`, `${at}.tariff`);
    if (fromMinute > endsAt) throw bad(`nothing holds just before ${from}`, at);
    if (fromMinute < endsAt) throw bad(`two periods hold at ${from}`, at);
    if (toMinute <= fromMinute) throw bad(`the period from ${from} ends before it begins`, at);
    endsAt = toMinute;
    return { fromMinute, toMinute, tariff: known };
  });
  if (endsAt !== MINUTES_A_DAY) throw bad('the last period does not end at 24:00');
  return periods;
}

function minuteOf(time: unknown): number | null {
  const match = typeof time === 'string' ? /^(\d\d):(\d\d)$/.exec(time) : null;
  const [hour, minute] = [Number(match?.[1]), Number(match?.[2])];
  const total = hour * 60 + minute;
  return match && minute < 60 && total <= MINUTES_A_DAY ? total : null;
}

function parseSeasons(json: unknown, tables: Tables): readonly Season[] {
  const bad = (why: string, at: string) => domainError('pricing.bad_seasons', why, { at });
  if (!Array.isArray(json) || json.length === 0 || json.length > MAX_SEASONS) {
    throw bad(`a calendar has 1 to ${MAX_SEASONS} seasons`, 'calendar.seasons');
  }
  const seasons = json.map((season: unknown, index): Season => {
    const at = `calendar.seasons[${index}]`;
    const { from, to, weekday, weekend = weekday } = isObject(season) ? season : {};
    if (!isMonthDay(from) || !isMonthDay(to)) throw bad(`${shown(season)} is not from MM-DD to MM-DD`, at);
    const tableOf = (name: unknown, day: string) => {
      const table = tableNamed(tables, name);
      if (!table) throw bad(`the season from ${from} has no day table ${shown(name)}`, `${at}.${day}`);
      return table;
    };
    return { from, to, weekday: tableOf(weekday, 'weekday'), weekend: tableOf(weekend, 'weekend') };
  });
  for (const day of DAYS_OF_A_YEAR) {
    const count = seasons.filter((season) => isInSeason(season, day)).length;
    if (count !== 1) throw bad(`${day} is in ${count === 0 ? 'no season' : 'two seasons'}`, 'calendar.seasons');
  }
  return seasons;
}

function parseSpecialDays(json: unknown, tables: Tables): ReadonlyMap<string, DayTable> {
  const bad = (why: string, at: string) => domainError('pricing.bad_special_day', why, { at });
  const days = isObject(json) ? Object.entries(json) : null;
  if (days === null || days.length > MAX_SPECIAL_DAYS) {
    throw bad(`special days are dates with a table, at most ${MAX_SPECIAL_DAYS}`, 'calendar.specialDays');
  }
  return new Map(
    days.map(([date, name]) => {
      const at = `calendar.specialDays.${date}`;
      if (!isDate(date)) throw bad(`${shown(date)} is not a date YYYY-MM-DD`, at);
      const table = tableNamed(tables, name);
      if (!table) throw bad(`${date} has no day table ${shown(name)}`, at);
      return [date, table];
    }),
  );
}

const tableNamed = (tables: ReadonlyMap<unknown, DayTable>, name: unknown): DayTable | undefined => tables.get(name);

const isInSeason = ({ from, to }: Pick<Season, 'from' | 'to'>, day: string) =>
  from <= to ? from <= day && day <= to : from <= day || day <= to;

const LEAP_YEAR = 2024;
const DAYS_OF_A_YEAR = Array.from({ length: 366 }, (_, index) =>
  new Date(Date.UTC(LEAP_YEAR, 0, 1 + index)).toISOString().slice(5, 10),
);

const isMonthDay = (text: unknown): text is string => (DAYS_OF_A_YEAR as readonly unknown[]).includes(text);

const isDate = (text: string) => {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return at !== null && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
};
