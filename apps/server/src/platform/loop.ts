import type { Channel } from './database.ts';
import type { Log } from './log.ts';
import type { Signals } from './signals.ts';

export interface LoopOptions {
  readonly name: string;
  /** Looks at everything at least about this often, however many signals come, so that a lost one costs only delay. */
  readonly everyMs: number;
  readonly wakeOn?: readonly Channel[];
  /** Signals that arrive within this time of each other make one run. */
  readonly coalesceMs?: number;
  /** Gets the payloads heard since the last run; null when it must look at everything (tick, start, missed signals). */
  run(payloads: ReadonlySet<string> | null): Promise<void>;
}

export interface Loop {
  /** Ends after the run under way. */
  stop(): Promise<void>;
}

const MAX_PAYLOADS = 1_000;

/** Repeats one piece of background work: never twice at once, again after an error, at once when signalled. */
export function startLoop(options: LoopOptions, signals: Signals, log: Log): Loop {
  const { name, everyMs, wakeOn = [], coalesceMs = 0, run } = options;
  let heard: Set<string> | null = null;
  let everything = true;
  let signalled = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let stopped = false;

  const schedule = (inMs: number) => {
    const at = performance.now() + inMs;
    if (stopped || running || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(step, inMs);
  };

  const step = () => {
    const nowMs = performance.now();
    const payloads = everything || nowMs - lookedAtMs >= everyMs ? null : heard;
    const onTick = payloads === null || payloads.size === 0;
    if (onTick) lookedAtMs = nowMs;
    heard = null;
    everything = false;
    signalled = false;
    dueAt = Number.POSITIVE_INFINITY;
    running = run(onTick ? null : payloads)
      .catch((error: unknown) => {
        everything = true;
        log.error({ err: error, loop: name }, 'background work failed; it will be tried again');
      })
      .then(() => {
        running = undefined;
        schedule(signalled ? coalesceMs : everyMs);
      });
  };

  const unsubscribe = wakeOn.map((channel) =>
    signals.on(channel, (payload) => {
      signalled = true;
      heard ??= new Set();
      if (payload === null || heard.size >= MAX_PAYLOADS) everything = true;
      else heard.add(payload);
      schedule(coalesceMs);
    }),
  );
  schedule(0);

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      for (const end of unsubscribe) end();
      await running;
    },
  };
}
