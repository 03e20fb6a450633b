import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@openprepay/kernel';
import { slotSuccess } from '../apps/server/src/collection/success.ts';
import { type HeadendOptions, startHeadend } from '../apps/server/src/headend/index.ts';
import type { Context } from '../apps/server/src/platform/context.ts';
import type { Database } from '../apps/server/src/platform/database.ts';
import { silentLog } from '../apps/server/src/platform/log.ts';
import { openSignals } from '../apps/server/src/platform/signals.ts';
import { seedSweepMarket, serialOf } from './sweep-market.ts';

export interface SweepRun {
  readonly meters: number;
  /** Business time of one slot, and how much faster than the wire it runs. */
  readonly slotS: number;
  readonly speed: number;
  readonly lossPercent: number;
  readonly jitterMs: readonly [least: number, most: number];
  readonly headend?: Partial<HeadendOptions>;
}

export interface SweepFigures {
  readonly meters: number;
  readonly slotS: number;
  /** From the begin of the slot until the last reading of it was durable. */
  readonly wallS: number;
  readonly ratio: number;
  /** Meters with a reading in the slot. */
  readonly complete: number;
  readonly reads: number;
  readonly timeOuts: number;
  /** Of the head-end, over the slot. */
  readonly cpuPercent: number;
  readonly rssMb: number;
  readonly loopDelayP99Ms: number;
}

const SLOT_BEGIN = new Date('2026-03-02T02:00:00Z');
const POLL_MS = 200;

/** Stands still just before a slot begins, until it is let go. */
class SlotClock implements Clock {
  readonly #speed: number;
  #startedMs: number | null = null;

  constructor(speed: number) {
    this.#speed = speed;
  }

  begin(): void {
    this.#startedMs = performance.now();
  }

  now(): Date {
    if (this.#startedMs === null) return new Date(SLOT_BEGIN.getTime() - 1_000);
    return new Date(SLOT_BEGIN.getTime() + (performance.now() - this.#startedMs) * this.#speed);
  }
}

/** Connects the meters, reads each once so that the sweep knows them, then lets one slot pass and looks what came. */
export async function runSweep(db: Database, run: SweepRun): Promise<SweepFigures> {
  const clock = new SlotClock(run.speed);
  const signals = await openSignals(db.url, silentLog);
  const ctx: Context = { db, signals, clock, log: silentLog };
  const serials = Array.from({ length: run.meters }, (_, index) => serialOf(index));
  const installedAt = new Date(SLOT_BEGIN.getTime() - run.slotS * 1_000);
  const marketId = await seedSweepMarket(db, installedAt, serials, run.slotS);
  const { headend: options = {} } = run;
  const headend = await startHeadend(ctx, {
    listenHost: '127.0.0.1',
    listenPort: 0,
    ...options,
    sweep: { graceMs: 0, ...options.sweep },
  });
  const meters = startMeters(headend.port, run);
  try {
    await meters.ready;
    await until(async () => (await readIn(db, marketId, installedAt, SLOT_BEGIN)).count === run.meters);
    return await measureSlot(ctx, marketId, clock, run, () => headend.stats());
  } finally {
    await meters.stop();
    await headend.stop();
    await signals.close();
  }
}

async function measureSlot(
  ctx: Context,
  marketId: string,
  clock: SlotClock,
  run: SweepRun,
  stats: () => { requests_sent: number; requests_timed_out: number },
): Promise<SweepFigures> {
  const slotEnd = new Date(SLOT_BEGIN.getTime() + run.slotS * 1_000);
  const before = stats();
  const cpuBefore = process.cpuUsage();
  const delay = monitorEventLoopDelay();
  delay.enable();
  const startedMs = performance.now();
  clock.begin();
  let slot = await readIn(ctx.db, marketId, SLOT_BEGIN, slotEnd);
  while (slot.count < run.meters && clock.now() < slotEnd) {
    await wait(POLL_MS);
    slot = await readIn(ctx.db, marketId, SLOT_BEGIN, slotEnd);
  }
  delay.disable();
  const tookMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  const { requests_sent: reads, requests_timed_out: timeOuts } = stats();
  const wallS = ((slot.last ?? clock.now()).getTime() - SLOT_BEGIN.getTime()) / 1_000;
  // What the console will say of this slot is what was just counted.
  const told = (await slotSuccess(ctx.db, marketId, slotEnd, 1, {})).slots.find(
    ({ slotAt }) => slotAt === SLOT_BEGIN.toISOString(),
  );
  return {
    meters: run.meters,
    slotS: run.slotS,
    wallS,
    ratio: wallS / run.slotS,
    complete: Math.min(slot.count, (told?.inTime ?? 0) + (told?.late ?? 0)),
    reads: reads - before.requests_sent,
    timeOuts: timeOuts - before.requests_timed_out,
    cpuPercent: (cpu.user + cpu.system) / 10 / tookMs,
    rssMb: process.memoryUsage.rss() / 1024 ** 2,
    loopDelayP99Ms: delay.percentile(99) / 1e6,
  };
}

/** How many meters have a reading that came in between two instants, and when the last of them got its first. */
async function readIn(
  db: Database,
  marketId: string,
  from: Date,
  to: Date,
): Promise<{ count: number; last: Date | null }> {
  const rows = await db.query<{ count: number; last: Date | null }>(
    `select count(*)::integer as count, max(first) as last from (
       select min(received_at) as first from reading
       where market_id = $1 and received_at >= $2 and received_at < $3 group by meter_id) firsts`,
    [marketId, from, to],
  );
  return rows[0] ?? { count: 0, last: null };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(POLL_MS);
}

interface Meters {
  readonly ready: Promise<unknown>;
  stop(): Promise<void>;
}

function startMeters(port: number, run: SweepRun): Meters {
  const [leastMs, mostMs] = run.jitterMs;
  const options = { port, meters: run.meters, lossPercent: run.lossPercent, leastMs, mostMs };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'sweep-meters.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = child.stdout ? createInterface(child.stdout) : null;
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the meters ended with ${code}`);
  });
  died.catch(() => {});
  return {
    ready: Promise.race([lines ? once(lines, 'line') : died, died]),
    async stop() {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
