import { type Device, wakeTimes } from '../../devices/index.ts';
import type { Queryable } from '../../platform/database.ts';

/** Reports closer together than this belong to one wake-up. */
const ONE_WAKE_UP_MS = 5 * 60_000;
const LONGEST_MS = 48 * 3600_000;
const MAX_DEVICES = 50_000;

interface Rhythm {
  /** Of the first report of the latest wake-up. */
  readonly wokeMs: number;
  readonly everyMs: number;
}

/**
 * Learns each sleeping meter's rhythm from its reports and says when it will be awake next. Until two wake-ups have been
 * seen, the reading interval of its building stands in.
 */
export class WakeTimes {
  readonly #db: Queryable;
  readonly #rhythms = new Map<string, Rhythm>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** @param at when the meter reported */
  async expect(device: Device, at: Date): Promise<Date> {
    const known = this.#rhythms.get(device.meterId) ?? (await this.#stored(device));
    const rhythm = next(known, at.getTime());
    this.#rhythms.delete(device.meterId);
    this.#rhythms.set(device.meterId, rhythm);
    for (const oldest of this.#rhythms.keys()) {
      if (this.#rhythms.size <= MAX_DEVICES) break;
      this.#rhythms.delete(oldest);
    }
    return new Date(rhythm.wokeMs + rhythm.everyMs);
  }

  async #stored(device: Device): Promise<Rhythm> {
    const everyMs = device.readingIntervalS * 1000;
    const { wakeExpectedAt, lastReadAt } = await wakeTimes(this.#db, device.marketId, device.meterId);
    if (!lastReadAt) return { wokeMs: Number.NEGATIVE_INFINITY, everyMs };
    const learnedMs = wakeExpectedAt ? wakeExpectedAt.getTime() - lastReadAt.getTime() : 0;
    return { wokeMs: lastReadAt.getTime(), everyMs: learnedMs > ONE_WAKE_UP_MS ? learnedMs : everyMs };
  }
}

function next(known: Rhythm, atMs: number): Rhythm {
  const sinceMs = atMs - known.wokeMs;
  if (sinceMs < ONE_WAKE_UP_MS) return known;
  return { wokeMs: atMs, everyMs: sinceMs <= LONGEST_MS ? sinceMs : known.everyMs };
}
