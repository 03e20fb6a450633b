import type { Market } from '@openprepay/contract';
import { type ClockAnchor, scaledClock } from '@openprepay/kernel';
import { type InjectionKey, inject, onScopeDispose, provide, type Ref, ref, shallowRef } from 'vue';
import { formatInstant, formatShortInstant } from '../format/time.ts';
import { operator, send } from '../session.ts';
import { type GridState, mergeChange, replaceGrid } from './grid-state.ts';
import { type Connection, followGrid } from './stream.ts';

/** `gridEventsPath` of the contract; a test holds the two together, so that no validator lands in the bundle. */
export const GRID_EVENTS_PATH = '/api/markets/:marketId/grid/events';
const TICK_MS = 1_000;

/** The market the operator works in: its live grid, its clock, and who wants to know of a stall's change. */
export interface LiveMarket {
  readonly market: Market;
  readonly grid: Readonly<Ref<GridState | null>>;
  readonly connection: Readonly<Ref<Connection>>;
  readonly clockSpeed: number;
  /** The market's time, moving on every second. */
  readonly now: Readonly<Ref<Date>>;
  /** Full date and time in the market's zone; nothing for no instant. */
  full(instant: string | Date | null): string;
  /** As full, without the day when it is the present business day. */
  short(instant: string | null): string;
  /** Calls back whenever the stall changed, or may have while the stream was broken. Returns how to stop. */
  onStallChange(stallId: string, callback: () => void): () => void;
}

const marketKey: InjectionKey<LiveMarket> = Symbol('market');

export function useMarket(): LiveMarket {
  const live = inject(marketKey);
  if (!live) throw new Error('not inside a market');
  return live;
}

/** Opens the market's live grid for as long as the calling component lives, and provides it to those below. */
export function provideMarket(market: Market, clock: { at: string; clockSpeed: number }): LiveMarket {
  const grid = shallowRef<GridState | null>(null);
  const connection = ref<Connection>('connecting');
  const { now, anchor } = useMarketClock(clock.clockSpeed, clock.at);
  const watchers = new Set<{ stallId: string; callback: () => void }>();

  const stop = followGrid(GRID_EVENTS_PATH.replace(':marketId', market.marketId), {
    change(change, first) {
      grid.value = grid.value && !first ? mergeChange(grid.value, change) : replaceGrid(change);
      anchor(change.at);
      const changed = new Set(change.stalls.map((cell) => cell.stallId));
      for (const { stallId, callback } of watchers) if (first || changed.has(stallId)) callback();
    },
    connection(state) {
      connection.value = state;
    },
    refused() {
      // The stream cannot say why; if the session has ended, this call leads to the sign-in page.
      if (operator.value) void send('me', {}).catch(() => null);
    },
  });
  onScopeDispose(stop);

  const live: LiveMarket = {
    market,
    grid,
    connection,
    clockSpeed: clock.clockSpeed,
    now,
    full: (instant) => (instant ? formatInstant(instant, market.timeZone) : ''),
    short: (instant) => (instant ? formatShortInstant(instant, now.value, market.timeZone) : ''),
    onStallChange(stallId, callback) {
      const watcher = { stallId, callback };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  provide(marketKey, live);
  return live;
}

/** The market's clock between what the server says of it. */
function useMarketClock(speed: number, at: string) {
  const anchorAt = (instant: string): ClockAnchor => ({
    anchorRealMs: Date.now(),
    anchorMarketMs: Date.parse(instant),
    speed,
  });
  let current = anchorAt(at);
  const now = ref(new Date(at));
  const timer = setInterval(() => {
    now.value = scaledClock(current).now();
  }, TICK_MS);
  onScopeDispose(() => clearInterval(timer));
  return {
    now,
    anchor(instant: string) {
      current = anchorAt(instant);
    },
  };
}
