import { setTimeout } from 'node:timers/promises';
import type { Context } from '../platform/context.ts';
import type { EventStream } from '../platform/event-stream.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { gridOf } from './grid.ts';
import { newGridBook } from './grid-book.ts';

/** At most four changes a second. */
const COALESCE_MS = 250;
/** What changes with time alone (a new day, an override that ends) shows at the latest after this. */
const REFRESH_MS = 5_000;
/** A refresh that took long is followed by a rest, so that watching takes at most a quarter of one connection. */
const REST_FACTOR = 3;

/**
 * The grid of one market, or of the same buildings of it, for all who watch it: read once, sent to each as what changed since the last he took. One who
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
export async function gridEvents(
  ctx: Context,
  marketId: string,
  buildingIds: readonly string[] | null,
  stream: EventStream,
): Promise<void> {
  const ofContext = feeds.get(ctx) ?? new Map<string, Promise<Feed>>();
  feeds.set(ctx, ofContext);
  const part = [marketId, ...(buildingIds ?? []).toSorted()].join(' ');
  let feed = ofContext.get(part);
  if (!feed) {
    feed = openFeed(ctx, marketId, buildingIds, () => ofContext.delete(part));
    ofContext.set(part, feed);
    feed.catch(() => ofContext.delete(part));
  }
  (await feed).watch(stream);
}

async function openFeed(
  ctx: Context,
  marketId: string,
  buildingIds: readonly string[] | null,
  onEmpty: () => void,
): Promise<Feed> {
  const book = newGridBook();
  const pageOf = new Map<EventStream, number>();
  let loop: Loop | undefined;
  let refreshedAt = 0;

  const refresh = async () => {
    refreshedAt = performance.now();
    book.add(await gridOf(ctx.db, ctx.clock, marketId, buildingIds));
    for (const stream of pageOf.keys()) sendTo(stream);
  };
  const sendTo = (stream: EventStream) => {
    if (!stream.isReady()) return;
    const change = book.changesSince(pageOf.get(stream) ?? 0);
    pageOf.set(stream, book.page());
    if (change !== null) stream.send('grid', change);
  };
  const run = async (payloads: ReadonlySet<string> | null) => {
    const startedAt = performance.now();
    const isOurs = payloads === null || payloads.has(marketId) || startedAt - refreshedAt >= REFRESH_MS;
    if (!isOurs) return;
    await refresh();
    await setTimeout(REST_FACTOR * (performance.now() - startedAt));
  };
  const leave = (stream: EventStream) => {
    pageOf.delete(stream);
    if (pageOf.size > 0) return;
    onEmpty();
    void loop?.stop();
  };

  await refresh();
  return {
    watch(stream) {
      const options = { name: `grid of ${marketId}`, everyMs: REFRESH_MS, coalesceMs: COALESCE_MS };
      loop ??= startLoop({ ...options, wakeOn: ['grid'], run }, ctx.signals, ctx.log);
      pageOf.set(stream, 0);
      stream.onReady(() => sendTo(stream));
      stream.onClose(() => leave(stream));
      sendTo(stream);
    },
  };
}
