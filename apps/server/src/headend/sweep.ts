import type { LinkEnv } from './link.ts';
import { PRIORITY, type ReachableMeter } from './reachable.ts';
import { readMeter } from './read.ts';

export interface Sweep {
  stop(): Promise<void>;
}

export interface SweepPace {
  readonly everyMs: number;
  /** A meter pushes by itself when it has registered; only then is it asked. */
  readonly graceMs: number;
  readonly retryLeastMs: number;
  readonly retryMostMs: number;
  readonly maxAtOnce: number;
}

export const SWEEP_PACE: SweepPace = {
  everyMs: 1_000,
  graceMs: 15_000,
  retryLeastMs: 30_000,
  retryMostMs: 600_000,
  maxAtOnce: 64,
};

/** Readings are spread over so much of the interval, so that a market's meters are not all asked in one second. */
const JITTER = 0.1;

interface Failure {
  readonly times: number;
  readonly notBeforeMs: number;
}

/**
 * Reads every connected meter whose last report is older than its building's interval. Interval and age are business
 * time; grace, retry and back-off are wire time. A meter that pushes in time is never asked.
 */
export function startSweep(env: LinkEnv, pace: SweepPace = SWEEP_PACE): Sweep {
  const { ctx, sessions, stats } = env;
  const failures = new WeakMap<ReachableMeter, Failure>();
  const running = new Map<ReachableMeter, Promise<void>>();

  const readOne = async (meter: ReachableMeter) => {
    stats.count('sweep_reads');
    try {
      await readMeter(env, meter, PRIORITY.sweep, 'scheduled');
      failures.delete(meter);
    } catch (error) {
      const times = (failures.get(meter)?.times ?? 0) + 1;
      const waitMs = Math.min(pace.retryLeastMs * 2 ** (times - 1), pace.retryMostMs) * (1 + JITTER * Math.random());
      failures.set(meter, { times, notBeforeMs: performance.now() + waitMs });
      stats.trouble('sweep_failures', { err: error, meterId: meter.device.meterId }, 'a meter could not be read');
    }
    running.delete(meter);
  };

  const isDue = (meter: ReachableMeter, nowMs: number, businessMs: number): boolean => {
    if (running.has(meter)) return false;
    if (nowMs < (failures.get(meter)?.notBeforeMs ?? 0)) return false;
    if (meter.lastReportAt === null) return nowMs - meter.session.sinceMs > pace.graceMs;
    const intervalMs = meter.device.readingIntervalS * 1000;
    const jitterMs = intervalMs * JITTER * shareOf(meter.device.meterId);
    return businessMs - meter.lastReportAt.getTime() > intervalMs + jitterMs;
  };

  const timer = setInterval(() => {
    const nowMs = performance.now();
    const businessMs = ctx.clock.now().getTime();
    for (const meter of sessions.meters()) {
      if (running.size >= pace.maxAtOnce) return;
      if (isDue(meter, nowMs, businessMs)) running.set(meter, readOne(meter));
    }
  }, pace.everyMs);

  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}

/** Where in the jitter a meter stands, 0 to 1: always the same for the same meter. */
const shareOf = (meterId: string): number => Number.parseInt(meterId.slice(-4), 16) / 0xffff;
