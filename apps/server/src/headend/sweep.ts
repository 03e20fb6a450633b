import type { LinkEnv } from './link.ts';
import { type Line, PRIORITY, type ReachableMeter, type Session } from './reachable.ts';
import { readMeter } from './read.ts';

export interface Sweep {
  stop(): Promise<void>;
}

export interface SweepPace {
  readonly everyMs: number;
  /** A meter may push by itself when it has registered; only then is it asked. */
  readonly graceMs: number;
  readonly retryLeastMs: number;
  readonly retryMostMs: number;
  /** Lines that are read at the same time. */
  readonly maxAtOnce: number;
}

/**
 * 10,000 meters in half an hour fit one process: their questions are spread over the first half of the slot, 11 a second.
 * A question over 4G takes about a second, and one in twenty costs 15 s of time-out and rest, 1.7 s on average: 19 lines at
 * once. Were every meter as slow as one on a bus with six questions and a time-out, 30 s, 256 lines would still read all
 * of them in 20 minutes. A dead meter is asked five times in its first slot, and once an hour later on: 15 s of a bus.
 */
export const SWEEP_PACE: SweepPace = {
  everyMs: 1_000,
  graceMs: 15_000,
  retryLeastMs: 15_000,
  retryMostMs: 3_600_000,
  maxAtOnce: 256,
};

/** Meters are asked over so much of the slot, each at a place of its own, so that the rest of it is for another try. */
const SPREAD = 0.5;
/** A meter that pushes is asked when it is so much later than last time, or so much of the slot is over without it. */
const PUSH_LATE = 1.1;
const PUSH_MISSED_FROM = 0.7;
const PUSH_MISSED_SPREAD = 0.2;
const JITTER = 0.1;

type Env = Pick<LinkEnv, 'ctx' | 'stats' | 'trace' | 'reports' | 'contacts'> & {
  readonly sessions: Pick<LinkEnv['sessions'], 'meters'>;
};

/** What the sweep remembers of a meter, over its connections. */
interface Memory {
  /** Where in the spread it stands, 0 to 1: always the same for the same meter. */
  readonly share: number;
  lastReportAt: Date | null;
  /** The report that the sweep itself asked for. */
  ownReportAt: Date | null;
  failures: number;
  notBeforeMs: number;
  session: Session | null;
}

/**
 * Reads every connected meter once in each slot of its building's interval. Slots are business time, counted from the
 * epoch; grace, retry and back-off are wire time. A meter that pushes in time is never asked.
 */
export function startSweep(env: Env, pace: SweepPace = SWEEP_PACE): Sweep {
  const { ctx, sessions } = env;
  const memories = new Map<string, Memory>();
  const lines = new Map<Line, Promise<void>>();
  let stopped = false;

  const readLine = async (meters: readonly ReachableMeter[]) => {
    for (const meter of meters) {
      if (stopped || meter.session.closed.aborted) return;
      await readOne(env, pace, meter, memoryOf(memories, meter));
    }
  };

  const tick = () => {
    const nowMs = performance.now();
    const businessMs = ctx.clock.now().getTime();
    const due: ReachableMeter[] = [];
    for (const meter of sessions.meters()) {
      if (lines.has(meter.line)) continue;
      if (isDue(meter, memoryOf(memories, meter), pace.graceMs, nowMs, businessMs)) due.push(meter);
    }
    // Those that answer are not kept waiting by those that do not.
    due.sort((a, b) => memoryOf(memories, a).failures - memoryOf(memories, b).failures);
    for (const [line, meters] of Map.groupBy(due, (meter) => meter.line)) {
      if (lines.size >= pace.maxAtOnce) return;
      const reading = readLine(meters).then(() => {
        lines.delete(line);
      });
      lines.set(line, reading);
    }
  };

  const timer = setInterval(tick, pace.everyMs);
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await Promise.all(lines.values());
    },
  };
}

function memoryOf(memories: Map<string, Memory>, meter: ReachableMeter): Memory {
  const { meterId } = meter.device;
  let memory = memories.get(meterId);
  if (!memory) {
    const share = Number.parseInt(meterId.slice(-4), 16) / 0xffff;
    memory = { share, lastReportAt: null, ownReportAt: null, failures: 0, notBeforeMs: 0, session: meter.session };
    memories.set(meterId, memory);
  }
  if (meter.lastReportAt !== null && meter.lastReportAt !== memory.lastReportAt) {
    memory.lastReportAt = meter.lastReportAt;
    memory.failures = 0;
  }
  // A new connection is worth one try at once; how often it failed before is not forgotten.
  if (memory.session !== meter.session) {
    memory.session = meter.session;
    memory.notBeforeMs = 0;
  }
  return memory;
}

function isDue(
  { device, session }: ReachableMeter,
  { share, lastReportAt, ownReportAt, notBeforeMs }: Memory,
  graceMs: number,
  nowMs: number,
  businessMs: number,
): boolean {
  if (nowMs < notBeforeMs) return false;
  if (lastReportAt === null) return nowMs - session.sinceMs > graceMs;
  const intervalMs = device.readingIntervalS * 1_000;
  const slotMs = Math.floor(businessMs / intervalMs) * intervalMs;
  const lastMs = lastReportAt.getTime();
  if (lastMs >= slotMs) return false;
  const intoSlot = (businessMs - slotMs) / intervalMs;
  if (lastReportAt === ownReportAt) return intoSlot >= SPREAD * share;
  return businessMs - lastMs > PUSH_LATE * intervalMs || intoSlot >= PUSH_MISSED_FROM + PUSH_MISSED_SPREAD * share;
}

async function readOne(env: Env, pace: SweepPace, meter: ReachableMeter, memory: Memory): Promise<void> {
  const { stats, trace } = env;
  const { marketId, meterId, link, linkKey } = meter.device;
  stats.count('sweep_reads');
  try {
    await readMeter(env, meter, PRIORITY.sweep, 'scheduled');
    memory.lastReportAt = meter.lastReportAt;
    memory.ownReportAt = meter.lastReportAt;
    memory.failures = 0;
  } catch (error) {
    const waitMs = Math.min(pace.retryLeastMs * 2 ** memory.failures, pace.retryMostMs);
    memory.notBeforeMs = performance.now() + waitMs * (1 + JITTER * Math.random());
    memory.failures += 1;
    stats.trouble('sweep_failures', { err: error, meterId }, 'a meter could not be read');
    const detail = { reason: String(error), inARow: memory.failures };
    trace.event({ link, linkKey, marketId, meterId, event: 'sweep_failed', detail });
  }
}
