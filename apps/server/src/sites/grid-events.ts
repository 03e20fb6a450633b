import { setTimeout } from 'node:timers/promises';
import type { Grid } from '@openprepay/contract';
import type { Context } from '../platform/context.ts';
import type { EventStream } from '../platform/event-stream.ts';
import type { GridViewer } from '../platform/handlers.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { gridOf } from './grid.ts';
import { type GridBook, newGridBook } from './grid-book.ts';
import { gridWithoutMoney } from './without-money.ts';

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
  watch(stream: EventStream, seesMoney: boolean): void;
}

const feeds = new WeakMap<Context, Map<string, Promise<Feed>>>();

/**
 * Sends the grid, then its changes while the stream is open.
 * @throws sites.no_such_market
 */
export async function gridEvents(
  ctx: Context,
  marketId: string,
  { buildingIds, seesMoney }: GridViewer,
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
  (await feed).watch(stream, seesMoney);
}

async function openFeed(
  ctx: Context,
  marketId: string,
  buildingIds: readonly string[] | null,
  onEmpty: () => void,
): Promise<Feed> {
  const full = newGridBook();
  /** For those whose business money is not; made when the first of them comes. */
  let plain: GridBook | undefined;
  let latest: Grid;
  const readers = new Map<EventStream, { readonly book: GridBook; page: number }>();
  let loop: Loop | undefined;
  let refreshedAt = 0;

  const refresh = async () => {
    refreshedAt = performance.now();
    latest = await gridOf(ctx.db, ctx.clock, marketId, buildingIds);
    full.add(latest);
    plain?.add(gridWithoutMoney(latest));
    for (const stream of readers.keys()) sendTo(stream);
  };
  const plainBook = () => {
    if (plain === undefined) {
      plain = newGridBook();
      plain.add(gridWithoutMoney(latest));
    }
    return plain;
  };
  const sendTo = (stream: EventStream) => {
    const reader = readers.get(stream);
    if (!reader || !stream.isReady()) return;
    const change = reader.book.changesSince(reader.page);
    reader.page = reader.book.page();
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
    readers.delete(stream);
    if (readers.size > 0) return;
    onEmpty();
    void loop?.stop();
  };

  await refresh();
  return {
    watch(stream, seesMoney) {
      const options = { name: `grid of ${marketId}`, everyMs: REFRESH_MS, coalesceMs: COALESCE_MS };
      loop ??= startLoop({ ...options, wakeOn: ['grid'], run }, ctx.signals, ctx.log);
      readers.set(stream, { book: seesMoney ? full : plainBook(), page: 0 });
      stream.onReady(() => sendTo(stream));
      stream.onClose(() => leave(stream));
      sendTo(stream);
    },
  };
}
