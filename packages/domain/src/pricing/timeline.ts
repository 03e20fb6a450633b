import { assert, instantOf } from '@openprepay/kernel';
import { type Calendar, dayTableOf, type Tariff } from './calendar.ts';

/** A stretch of time in which one tariff holds, from where the one before it ends; its own end is not in it. */
export interface Stretch {
  readonly toMs: number;
  readonly tariff: Tariff;
}

const DAY_MS = 86_400_000;
/** Three years of days; beyond it the oldest are worked out again. */
const MAX_DAYS = 1_100;

/** A calendar laid out in time by the wall clock of a zone. Days once looked at are kept. */
export class Timeline {
  readonly #calendar: Calendar;
  readonly #zone: string;
  readonly #days = new Map<number, readonly Stretch[]>();

  constructor(calendar: Calendar, zone: string) {
    this.#calendar = calendar;
    this.#zone = zone;
  }

  /** The stretch that an instant is in. */
  at(ms: number): Stretch {
    const stretch = this.#around(Math.floor(ms / DAY_MS)).find(({ toMs }) => ms < toMs);
    assert(stretch, 'a tariff holds at any time', { ms });
    return stretch;
  }

  /** When the tariff of an instant gives way to another, at most `endMs`. */
  holdsUntil(ms: number, endMs: number): number {
    const { tariff, toMs } = this.at(ms);
    let untilMs = toMs;
    while (untilMs < endMs) {
      const next = this.at(untilMs);
      if (next.tariff !== tariff) return untilMs;
      untilMs = next.toMs;
    }
    return endMs;
  }

  /** The stretches of the dates that a day of UTC may touch, in order of time. */
  #around(utcDay: number): readonly Stretch[] {
    let found = this.#days.get(utcDay);
    if (!found) {
      found = [-1, 0, 1].flatMap((offset) => this.#ofDate(utcDay + offset));
      const [oldest] = this.#days.keys();
      if (this.#days.size >= MAX_DAYS && oldest !== undefined) this.#days.delete(oldest);
      this.#days.set(utcDay, found);
    }
    return found;
  }

  #ofDate(dayNumber: number): Stretch[] {
    const day = new Date(dayNumber * DAY_MS);
    const table = dayTableOf(this.#calendar, day.toISOString().slice(0, 10), day.getUTCDay());
    const stretches: Stretch[] = [];
    let toMs = this.#instant(dayNumber + 1, 0);
    for (const { fromMinute, tariff } of table.toReversed()) {
      // Where the clocks go forward a border in the skipped hour may come after the next one: nothing lies between.
      const fromMs = Math.min(this.#instant(dayNumber, fromMinute), toMs);
      stretches.unshift({ toMs, tariff });
      toMs = fromMs;
    }
    return stretches;
  }

  #instant(dayNumber: number, minutes: number): number {
    const day = new Date(dayNumber * DAY_MS);
    const date = { year: day.getUTCFullYear(), month: day.getUTCMonth() + 1, day: day.getUTCDate() };
    return instantOf(
      { ...date, hour: Math.floor(minutes / 60), minute: minutes % 60, second: 0 },
      this.#zone,
    ).getTime();
  }
}

/** When one tariff gives way to another between two instants, in order of time. */
export function tariffBorders(calendar: Calendar, zone: string, from: Date, to: Date): Date[] {
  const timeline = timelineOf(calendar, zone);
  const borders: Date[] = [];
  const endMs = to.getTime();
  for (let ms = timeline.holdsUntil(from.getTime(), endMs); ms < endMs; ms = timeline.holdsUntil(ms, endMs)) {
    borders.push(new Date(ms));
  }
  return borders;
}

const timelines = new WeakMap<Calendar, Map<string, Timeline>>();

/** The one timeline of a calendar in a zone, as long as the calendar is in use. */
export function timelineOf(calendar: Calendar, zone: string): Timeline {
  const byZone = timelines.get(calendar) ?? new Map<string, Timeline>();
  timelines.set(calendar, byZone);
  const timeline = byZone.get(zone) ?? new Timeline(calendar, zone);
  byZone.set(zone, timeline);
  return timeline;
}
