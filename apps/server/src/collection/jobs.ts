import { OpenPrepayError } from '@openprepay/kernel';
import { deskOf, type HeadendDesk } from '../headend/index.ts';
import type { Context } from '../platform/context.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { marketsWaiting, markSent, requeueSent, saveResult, type Waiting, waitingMeters } from './read-batch-store.ts';

const EVERY_MS = 2_000;
const AT_ONCE = 128;
/** A person who reads one meter of the same line waits for no more than these. */
const PER_LINE = 2;
/** Looked up at a time. */
const LOOKED_UP = 1_000;

/**
 * Works off the batches of readings: so many meters at once, few of each line, each with the priority of a person's reading.
 * A program that starts asks once more what the one before it had asked.
 */
export function startReadBatches(ctx: Context): Loop {
  const underWay = new Set<Promise<void>>();
  const perLine = new Map<string, number>();
  const known = new Set<string>();
  let stopped = false;

  const count = (line: string, by: 1 | -1) => perLine.set(line, (perLine.get(line) ?? 0) + by);
  const hasRoom = ({ line }: Waiting) => (perLine.get(line) ?? 0) < PER_LINE;

  function begin(desk: HeadendDesk, one: Waiting): void {
    const work = readOne(ctx, desk, one)
      .catch((error: unknown) => ctx.log.error({ err: error, meterId: one.meterId }, 'a reading of a batch was lost'))
      .then(() => {
        underWay.delete(work);
        count(one.line, -1);
      });
    underWay.add(work);
  }

  async function workOff(desk: HeadendDesk, marketId: string): Promise<boolean> {
    let waiting = await waitingMeters(ctx.db, marketId, LOOKED_UP);
    const found = waiting.length > 0;
    while (waiting.length > 0 && !stopped) {
      const next: Waiting[] = [];
      for (const one of waiting) {
        if (underWay.size + next.length >= AT_ONCE || !hasRoom(one)) continue;
        count(one.line, 1);
        next.push(one);
      }
      waiting = waiting.filter((one) => !next.includes(one));
      const sent = new Set(await markSent(ctx.db, marketId, next, ctx.clock.now()));
      for (const one of next) {
        if (sent.has(one)) begin(desk, one);
        else count(one.line, -1);
      }
      if (underWay.size > 0 && waiting.length > 0) await Promise.race(underWay);
    }
    return found;
  }

  const loop = startLoop(
    {
      name: 'read batches',
      everyMs: EVERY_MS,
      wakeOn: ['read'],
      async run() {
        let found = true;
        while (found && !stopped) {
          found = false;
          for (const marketId of await marketsWaiting(ctx.db)) {
            if (!known.has(marketId)) await requeueSent(ctx.db, marketId);
            known.add(marketId);
            if (await workOff(deskOf(ctx), marketId)) found = true;
          }
        }
      },
    },
    ctx.signals,
    ctx.log,
  );
  return {
    async stop() {
      stopped = true;
      await loop.stop();
      await Promise.all(underWay);
    },
  };
}

async function readOne(ctx: Context, desk: HeadendDesk, one: Waiting): Promise<void> {
  const result = await resultOf(ctx, desk, one);
  await saveResult(ctx.db, one, { ...result, at: ctx.clock.now() });
}

type Result = Omit<Parameters<typeof saveResult>[2], 'at'>;

async function resultOf(ctx: Context, desk: HeadendDesk, { marketId, meterId }: Waiting): Promise<Result> {
  try {
    const { outcome, reading } = await desk.readNow(marketId, meterId);
    if (reading) return { state: 'answered', note: null, readAt: reading.readAt, total: reading.total };
    return { state: 'failed', note: outcome, readAt: null, total: null };
  } catch (error) {
    const isFull = error instanceof OpenPrepayError && error.code === 'headend.queue_full';
    if (!isFull) ctx.log.error({ err: error, meterId }, 'a meter of a batch could not be read');
    return { state: 'failed', note: isFull ? 'queue_full' : 'fault', readAt: null, total: null };
  }
}
