import { concatBytes, instantOf, zonedParts } from '@openprepay/kernel';
import type { FrozenReading } from '@openprepay/protocols/driver';
import { findGaps, type Gap, type Gaps, saveDone } from './backfill-store.ts';
import { converse, outcomeOf } from './converse.ts';
import type { LinkEnv } from './link.ts';
import { type Line, PRIORITY, type ReachableMeter } from './reachable.ts';
import { meterReport } from './report.ts';

export interface Backfill {
  stop(): Promise<void>;
}

export interface BackfillPace {
  readonly everyMs: number;
  readonly retryLeastMs: number;
  readonly retryMostMs: number;
  /** Lines that are asked at the same time; one that is finished makes room at once. */
  readonly maxAtOnce: number;
}

/**
 * A day that was missed is a dozen questions, some 12 s over 4G: 64 lines fill it for 10,000 meters in half an hour, while
 * the sweep, which goes before it on every line, keeps most of the wire.
 */
export const BACKFILL_PACE: BackfillPace = {
  everyMs: 20_000,
  retryLeastMs: 60_000,
  retryMostMs: 6 * 3_600_000,
  maxAtOnce: 64,
};

const DAY_MS = 86_400_000;
/** No meter keeps its half hours for longer. */
const MAX_DAYS = 62;
/** What is asked for at once, stored, and never asked for again. */
const CHUNK_MS = 7 * DAY_MS;
/** Two readings further apart than so many intervals have missed one between them. */
const GAP_INTERVALS = 1.5;
const MAX_METERS_A_LOOK = 500;
/** How far a meter without gaps is looked at is written down this often, so that the look stays short. */
const NOTE_DONE_EVERY_MS = DAY_MS;

type Env = Pick<LinkEnv, 'ctx' | 'stats' | 'trace' | 'reports'> & {
  readonly sessions: Pick<LinkEnv['sessions'], 'meters'>;
};

interface Memory {
  /** The report after which its gaps were last looked for. */
  seen: Date | null;
  failures: number;
  notBeforeMs: number;
}

/** A meter with what it missed, and the report after which that was seen. */
interface Wanting {
  readonly meter: ReachableMeter;
  readonly gaps: readonly Gap[];
  readonly seen: Date | null;
}

/**
 * Fills what was missed while a meter or we were away from the registers that the meter froze itself. It looks when a new
 * report has come in, so that both ends of a gap are known; asks behind everything else on the line; and remembers how far
 * it asked, so that what the meter does not have is asked for once.
 */
export function startBackfill(env: Env, pace: BackfillPace = BACKFILL_PACE): Backfill {
  const { ctx, sessions } = env;
  const memories = new Map<string, Memory>();
  const lines = new Map<Line, Promise<void>>();
  /** Lines for which there is no room yet, in the order they were found. */
  const waiting = new Map<Line, readonly Wanting[]>();
  let looking: Promise<void> | null = null;
  let stopped = false;

  const memoryOf = (meter: ReachableMeter) => memoryIn(memories, meter);
  const isDue = (meter: ReachableMeter): boolean => {
    const { seen, notBeforeMs } = memoryOf(meter);
    if (meter.point.model.freezes === 'none' || meter.lastReportAt === null) return false;
    if (lines.has(meter.line) || waiting.has(meter.line)) return false;
    return meter.lastReportAt !== seen && performance.now() >= notBeforeMs;
  };

  const look = async () => {
    // As many as wait already are enough for now, and what is looked for later is known better.
    if (waiting.size >= pace.maxAtOnce) return;
    const due = [...sessions.meters()].filter(isDue).slice(0, MAX_METERS_A_LOOK);
    for (const [marketId, meters] of Map.groupBy(due, ({ device }) => device.marketId)) {
      const looked = await gapsOf(ctx, marketId, meters);
      for (const { meter, gaps, seen } of looked) if (gaps.length === 0) memoryOf(meter).seen = seen;
      const wanting = looked.filter(({ gaps }) => gaps.length > 0);
      for (const [line, ofLine] of Map.groupBy(wanting, ({ meter }) => meter.line)) waiting.set(line, ofLine);
      startWaiting();
    }
  };
  const startWaiting = () => {
    for (const [line, wanting] of waiting) {
      if (stopped || lines.size >= pace.maxAtOnce) return;
      waiting.delete(line);
      const filling = fillAll(wanting).then(() => {
        lines.delete(line);
        startWaiting();
      });
      lines.set(line, filling);
    }
  };

  const fillAll = async (wanting: readonly Wanting[]) => {
    for (const { meter, gaps, seen } of wanting) {
      if (stopped || meter.session.closed.aborted) return;
      noteOutcome(memoryOf(meter), await fill(env, meter, gaps, () => stopped), seen, pace);
    }
  };
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => ctx.log.error({ err: error }, 'gaps could not be looked for; they will be'))
      .then(() => {
        looking = null;
      });
  }, pace.everyMs);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all(lines.values());
    },
  };
}

/** What each of the meters missed, and the report after which that is so. */
async function gapsOf(ctx: Env['ctx'], marketId: string, meters: readonly ReachableMeter[]): Promise<Wanting[]> {
  const seen = new Map(meters.map((meter) => [meter, meter.lastReportAt]));
  const found = await findGaps(ctx.db, marketId, meters.map(askedOf), oldestOf(ctx.clock.now()));
  await saveDone(ctx.db, marketId, found.filter(isLongAgo).flatMap(doneOf));
  const byMeter = new Map(found.map((one) => [one.meterId, one.gaps]));
  return meters.map((meter) => {
    return { meter, gaps: byMeter.get(meter.device.meterId) ?? [], seen: seen.get(meter) ?? null };
  });
}

function noteOutcome(memory: Memory, isDone: boolean, seen: Date | null, pace: BackfillPace): void {
  memory.failures = isDone ? 0 : memory.failures + 1;
  if (isDone) memory.seen = seen;
  else memory.notBeforeMs = performance.now() + retryAfterMs(pace, memory.failures);
}

function memoryIn(memories: Map<string, Memory>, { device }: ReachableMeter): Memory {
  const memory = memories.get(device.meterId) ?? { seen: null, failures: 0, notBeforeMs: 0 };
  memories.set(device.meterId, memory);
  return memory;
}

const retryAfterMs = ({ retryLeastMs, retryMostMs }: BackfillPace, failures: number): number =>
  Math.min(retryLeastMs * 2 ** (failures - 1), retryMostMs);

const oldestOf = (now: Date): Date => new Date(now.getTime() - MAX_DAYS * DAY_MS);

const askedOf = ({ device }: ReachableMeter) => ({
  meterId: device.meterId,
  gapS: Math.round(device.readingIntervalS * GAP_INTERVALS),
});

const isLongAgo = ({ gaps, newest, doneUntil }: Gaps): boolean =>
  gaps.length === 0 &&
  newest !== null &&
  (doneUntil === null || newest.getTime() - doneUntil.getTime() > NOTE_DONE_EVERY_MS);

const doneOf = ({ meterId, newest }: Gaps) => (newest === null ? [] : [{ meterId, until: newest }]);

/** Asks for gap after gap, chunk by chunk. @returns false when the meter fell silent, and has to be asked again */
async function fill(env: Env, meter: ReachableMeter, gaps: readonly Gap[], isStopped: () => boolean): Promise<boolean> {
  const { ctx, stats, trace } = env;
  const { marketId, meterId, link, linkKey } = meter.device;
  let found = 0;
  try {
    for (const chunk of gaps.flatMap(chunksOf)) {
      if (isStopped() || meter.session.closed.aborted) return false;
      found += await fillChunk(env, meter, chunk);
      await saveDone(ctx.db, marketId, [{ meterId, until: chunk.to }]);
    }
    stats.count('backfilled_readings', found);
    trace.event({
      link,
      linkKey,
      marketId,
      meterId,
      event: 'backfilled',
      detail: { gaps: gaps.length, readings: found },
    });
    return true;
  } catch (error) {
    stats.trouble('backfill_failures', { err: error, meterId }, 'missed readings could not be fetched');
    trace.event({ link, linkKey, marketId, meterId, event: 'backfill_failed', detail: { reason: String(error) } });
    return false;
  }
}

function chunksOf({ from, to }: Gap): Gap[] {
  const chunks: Gap[] = [];
  for (let at = from.getTime(); at < to.getTime(); at += CHUNK_MS) {
    chunks.push({ from: new Date(at), to: new Date(Math.min(at + CHUNK_MS, to.getTime())) });
  }
  return chunks;
}

/** @returns how many readings the meter had. A meter that refuses has none. */
async function fillChunk(env: Env, meter: ReachableMeter, chunk: Gap): Promise<number> {
  const { device, driver, point } = meter;
  const [from, to] = [zonedParts(chunk.from, device.timeZone), zonedParts(chunk.to, device.timeZone)];
  const said = await converse(meter, PRIORITY.backfill, driver.readFrozen(point, from, to)).catch((error: unknown) => {
    if (outcomeOf(error) === 'refused') return null;
    throw error;
  });
  if (!said) return 0;
  const inside = said.value.filter((frozen) => isInside(frozen, chunk, device.timeZone));
  const receivedAt = env.ctx.clock.now();
  // One answer may hold many registers, and one register may take several: all that it said is the proof of each.
  const frame = { protocol: driver.protocol, bytes: concatBytes(...said.replies) };
  const source = { receivedAt, origin: 'backfilled', protocol: frame.protocol, frame: frame.bytes } as const;
  await Promise.all(
    inside.map((frozen) => {
      const shown = { ...frozen, switchState: null, batteryLow: null, details: [] };
      return env.reports.add({ ...meterReport(device, shown, source), frame });
    }),
  );
  return inside.length;
}

/** Between the two readings, which are there already; a time that does not exist is no reading. */
function isInside({ clock }: FrozenReading, { from, to }: Gap, timeZone: string): boolean {
  try {
    const at = instantOf(clock, timeZone);
    return at > from && at < to;
  } catch {
    return false;
  }
}
