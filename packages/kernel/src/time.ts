import { kernelError } from './errors.ts';

/** Where the time comes from. Business time and wire time are two clocks: a market may be run faster than real time. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that ran from `anchorMarketMs` at the real instant `anchorRealMs`, `speed` times as fast as real time. */
export interface ClockAnchor {
  readonly anchorRealMs: number;
  readonly anchorMarketMs: number;
  readonly speed: number;
}

export function scaledClock(anchor: ClockAnchor, real: Clock = systemClock): Clock {
  return {
    now: () => new Date(anchor.anchorMarketMs + (real.now().getTime() - anchor.anchorRealMs) * anchor.speed),
  };
}

/** Wall-clock fields in a time zone. `month` 1–12, `weekday` 0 = Sunday. */
export interface ZonedParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

export function zonedParts(at: Date, zone: string): ZonedParts {
  const ms = at.getTime();
  const offset = steadyOffsetMs(ms, zone);
  if (offset === null) return askedParts(at, zone);
  const local = new Date(ms + offset);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    weekday: local.getUTCDay(),
  };
}

function askedParts(at: Date, zone: string): ZonedParts {
  const fields: Record<string, number> = {};
  for (const part of formatterOf(zone).formatToParts(at)) fields[part.type] = Number(part.value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = fields;
  return { year, month, day, hour, minute, second, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}

const DAY_MS = 86_400_000;
/** Three years of days; beyond it they are asked for again. */
const MAX_DAYS = 1_100;
const YEAR_10000_MS = Date.UTC(10_000, 0, 1);
const offsets = new Map<string, Map<number, number | null>>();

/**
 * How far a zone's wall clock is ahead of UTC all through the day of UTC that an instant is in; null on a day on which the clocks
 * change, before 1970 and from the year 10000 on. Asking the formatter takes as long as all else that pricing an interval takes.
 */
function steadyOffsetMs(ms: number, zone: string): number | null {
  if (!(ms >= 0 && ms < YEAR_10000_MS)) return null;
  const day = Math.floor(ms / DAY_MS);
  const days = offsets.get(zone) ?? new Map<number, number | null>();
  offsets.set(zone, days);
  let offset = days.get(day);
  if (offset === undefined) {
    const first = askedOffsetMs(day * DAY_MS, zone);
    offset = first === askedOffsetMs((day + 1) * DAY_MS, zone) ? first : null;
    if (days.size >= MAX_DAYS) days.clear();
    days.set(day, offset);
  }
  return offset;
}

function askedOffsetMs(ms: number, zone: string): number {
  const p = askedParts(new Date(ms), zone);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - ms;
}

/** The instant at which the zone's wall clock shows these fields. A skipped hour maps past the gap. */
export function instantOf(parts: Omit<ZonedParts, 'weekday'>, zone: string): Date {
  const { year, month, day, hour, minute, second } = parts;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  // A 30th of February, a minute 60: what is past its end moves something on.
  const shown = new Date(asUtc);
  const fields = [
    shown.getUTCMonth() + 1,
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
  ];
  if ([month, day, hour, minute, second].some((field, index) => field !== fields[index])) {
    throw kernelError('kernel.bad_time', `no such time: ${year}-${month}-${day} ${hour}:${minute}:${second}`);
  }
  // Two rounds: the offset at the first guess may be the one on the other side of a change of the clocks.
  let guess = asUtc - offsetMs(new Date(asUtc), zone);
  guess = asUtc - offsetMs(new Date(guess), zone);
  return new Date(guess);
}

function offsetMs(at: Date, zone: string): number {
  const p = zonedParts(at, zone);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(at.getTime() / 1000) * 1000;
}

/** The business day an instant falls on, as YYYY-MM-DD. */
export function businessDay(at: Date, zone: string): string {
  const { year, month, day } = zonedParts(at, zone);
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

export function startOfBusinessDay(at: Date, zone: string): Date {
  const { year, month, day } = zonedParts(at, zone);
  return instantOf({ year, month, day, hour: 0, minute: 0, second: 0 }, zone);
}
