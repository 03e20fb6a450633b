import type { Grid } from '@openprepay/contract';
import type { Context } from '../platform/context.ts';
import type { EventStream } from '../platform/event-stream.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { gridOf } from './grid.ts';

/** At most four changes a second. */
const COALESCE_MS = 250;
/** What changes with time alone (a new day, an override that ends) shows at the latest after this. */
const REFRESH_MS = 5_000;

/** One cell as it is sent, and the refresh that last changed it. */
interface Cell {
  readonly json: string;
  readonly changedIn: number;
}

/**
 * The grid of one market for all who watch it: read once, sent to each as what changed since the last he took. One who
 * is slow misses refreshes, never a change, and costs no memory.
 */
interface Feed {
  watch(stream: EventStream): void;
}

const feeds = new WeakMap<Context, Map<string, Promise<Feed>>>();

/**
 * Sends the grid, then its changes while the stream is open.
 * @throws sites.no_such_market
 */
export async function gridEvents(ctx: Context, marketId: string, stream: EventStream): Promise<void> {
  const ofContext = feeds.get(ctx) ?? new Map<string, Promise<Feed>>();
  feeds.set(ctx, ofContext);
  let feed = ofContext.get(marketId);
  if (!feed) {
    feed = openFeed(ctx, marketId, () => ofContext.delete(marketId));
    ofContext.set(marketId, feed);
    feed.catch(() => ofContext.delete(marketId));
  }
  (await feed).watch(stream);
}

async function openFeed(ctx: Context, marketId: string, onEmpty: () => void): Promise<Feed> {
  const cells = new Map<string, Cell>();
  const seen = new Map<EventStream, number>();
  let frame = { at: '', summary: '' };
  let refreshes = 0;
  let summaryChangedIn = 0;
  let refreshedAt = 0;
  let loop: Loop | undefined;

  const take = (grid: Grid) => {
    refreshes += 1;
    refreshedAt = performance.now();
    const summary = JSON.stringify(grid.summary);
    if (summary !== frame.summary) summaryChangedIn = refreshes;
    frame = { at: grid.at, summary };
    for (const stall of grid.stalls) {
      const json = JSON.stringify(stall);
      if (cells.get(stall.stallId)?.json !== json) cells.set(stall.stallId, { json, changedIn: refreshes });
    }
  };

  const sendTo = (stream: EventStream) => {
    const since = seen.get(stream) ?? 0;
    if (since === refreshes || !stream.isReady()) return;
    seen.set(stream, refreshes);
    const changed = [...cells.values()].filter((cell) => cell.changedIn > since).map((cell) => cell.json);
    if (changed.length === 0 && summaryChangedIn <= since) return;
    stream.send(
      'grid',
      `{"at":${JSON.stringify(frame.at)},"summary":${frame.summary},"stalls":[${changed.join(',')}]}`,
    );
  };

  const refresh = async (payloads: ReadonlySet<string> | null) => {
    const isOurs = payloads === null || payloads.has(marketId) || performance.now() - refreshedAt >= REFRESH_MS;
    if (!isOurs) return;
    take(await gridOf(ctx.db, ctx.clock, marketId));
    for (const stream of seen.keys()) sendTo(stream);
  };

  take(await gridOf(ctx.db, ctx.clock, marketId));
  return {
    watch(stream) {
      loop ??= startLoop(
        { name: `grid of ${marketId}`, everyMs: REFRESH_MS, wakeOn: ['grid'], coalesceMs: COALESCE_MS, run: refresh },
        ctx.signals,
        ctx.log,
      );
      seen.set(stream, 0);
      stream.onReady(() => sendTo(stream));
      stream.onClose(() => {
        seen.delete(stream);
        if (seen.size > 0) return;
        onEmpty();
        void loop?.stop();
      });
      sendTo(stream);
    },
  };
}
