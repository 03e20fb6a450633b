import { uuidV7 } from '@openprepay/kernel';
import { listMarketIds } from '../devices/index.ts';
import { INSTALLATION } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import type { SeenEvent } from './trace.ts';

export interface LinkEvents {
  note(seen: SeenEvent): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

export interface LinkEventPace {
  readonly flushEveryMs: number;
  readonly maxPerHour: number;
  readonly hourMs: number;
}

/** Of one device; the row after them says that there was more. */
const MAX_PER_HOUR = 60;
/** Of all devices together that nobody claimed: they may be anybody. */
const MAX_UNCLAIMED_PER_HOUR = 1_000;
const HOUR_MS = 3_600_000;
const FLUSH_EVERY_MS = 300;
/** While the database is away. */
const MAX_PENDING = 5_000;
const KEEP_DAYS = 30;
const MAX_DETAIL_CHARS = 2_000;

const PACE: LinkEventPace = { flushEveryMs: FLUSH_EVERY_MS, maxPerHour: MAX_PER_HOUR, hourMs: HOUR_MS };

interface EventRow extends SeenEvent {
  readonly eventId: string;
  readonly at: Date;
}

/**
 * Keeps what went wrong, or changed, on the way to devices: written a few times a second, so many rows a device and hour,
 * for 30 days. Rates are wire time, for a device that calls ten times a second does so in any market's time.
 */
export function startLinkEvents(ctx: Context, pace: LinkEventPace = PACE): LinkEvents {
  const counts = new HourCounts(pace);
  let pending: EventRow[] = [];
  let order = 0;
  let flushing: Promise<void> = Promise.resolve();

  const flush = async () => {
    const taken = pending;
    pending = [];
    if (taken.length === 0) return;
    try {
      await insertEvents(ctx.db, taken);
    } catch (error) {
      ctx.log.error({ err: error, events: taken.length }, 'link events could not be stored; they will be tried again');
      pending = [...taken, ...pending].slice(0, MAX_PENDING);
    }
  };
  const forget = () =>
    forgetOld(ctx).catch((error: unknown) => ctx.log.error({ err: error }, 'old link events could not be removed'));

  const flushTimer = setInterval(() => {
    flushing = flushing.then(flush);
  }, pace.flushEveryMs);
  const forgetTimer = setInterval(() => {
    flushing = flushing.then(forget);
  }, pace.hourMs);
  flushing = flushing.then(forget);

  return {
    note(seen) {
      const verdict = counts.take(seen, performance.now());
      if (verdict === 'drop' || pending.length >= MAX_PENDING) return;
      const at = ctx.clock.now();
      order = (order + 1) % 0x1000;
      const said: SeenEvent =
        verdict === 'last'
          ? { ...seen, event: 'suppressed', detail: { event: seen.event, perHour: pace.maxPerHour } }
          : seen;
      pending.push({ ...said, at, eventId: eventIdOf(at, order) });
    },
    async stop() {
      clearInterval(flushTimer);
      clearInterval(forgetTimer);
      await flushing;
      await flush();
    },
  };
}

/** Counts events by device within an hour that begins with the first of them. */
class HourCounts {
  readonly #pace: LinkEventPace;
  #counts = new Map<string, number>();
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(pace: LinkEventPace) {
    this.#pace = pace;
  }

  take({ link, linkKey, marketId }: SeenEvent, nowMs: number): 'keep' | 'last' | 'drop' {
    const { hourMs, maxPerHour } = this.#pace;
    if (nowMs - this.#sinceMs >= hourMs) {
      this.#counts = new Map();
      this.#sinceMs = nowMs;
    }
    if (marketId === null && this.#add('') > MAX_UNCLAIMED_PER_HOUR) return 'drop';
    const count = this.#add(`${link} ${linkKey}`);
    if (count <= maxPerHour) return 'keep';
    return count === maxPerHour + 1 ? 'last' : 'drop';
  }

  #add(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }
}

/** Events of one millisecond stay in their order: a counter stands where UUIDv7 has its first random bits. */
function eventIdOf(at: Date, order: number): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  random[0] = order >> 8;
  random[1] = order & 0xff;
  return uuidV7(at, random);
}

/** Anything a link knows may be in a detail; an error is its message, and what does not fit into a row is cut. */
function detailJson(detail: SeenEvent['detail']): string {
  const json = JSON.stringify(detail, (_, value: unknown) => {
    if (value instanceof Error) return storable(value.message);
    if (typeof value === 'string') return storable(value);
    return typeof value === 'bigint' ? String(value) : value;
  });
  return json.length <= MAX_DETAIL_CHARS ? json : JSON.stringify({ cut: storable(json.slice(0, MAX_DETAIL_CHARS)) });
}

/** A device may call itself anything; PostgreSQL keeps no zero character and no half of a surrogate pair. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '');

async function insertEvents(db: Queryable, events: readonly EventRow[]): Promise<void> {
  await db.query(
    `insert into link_event (market_id, event_id, link, link_key, meter_id, at, event, detail)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[],
                          $8::jsonb[])
     on conflict do nothing`,
    [
      events.map((event) => event.marketId ?? INSTALLATION),
      events.map((event) => event.eventId),
      events.map((event) => event.link),
      events.map((event) => storable(event.linkKey)),
      events.map((event) => event.meterId),
      events.map((event) => event.at),
      events.map((event) => event.event),
      events.map((event) => detailJson(event.detail)),
    ],
  );
}

async function forgetOld(ctx: Context): Promise<void> {
  const before = new Date(ctx.clock.now().getTime() - KEEP_DAYS * 24 * HOUR_MS);
  for (const marketId of [INSTALLATION, ...(await listMarketIds(ctx.db))]) {
    // Keys are in order of time.
    await ctx.db.query('delete from link_event where market_id = $1 and event_id < $2', [
      marketId,
      uuidV7(before, new Uint8Array(10)),
    ]);
  }
}
