import type { Overview } from '@openprepay/contract';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { coalesce } from '../live/coalesce.ts';
import type { LiveMarket } from '../live/market.ts';
import { send } from '../session.ts';

/** However much happens in the market, it is asked for no more often than this. */
const LEAST_MS = 4_000;
/** What changes with time alone. */
const MOST_MS = 30_000;

/** The market at a glance, asked for again as the live grid changes. What was shown stays meanwhile. */
export function useOverview({ market, grid }: LiveMarket): {
  readonly overview: Readonly<Ref<Overview | null>>;
  readonly problem: Readonly<Ref<unknown>>;
  refresh(): void;
} {
  const overview = shallowRef<Overview | null>(null);
  const problem = shallowRef<unknown>(null);
  let due: ReturnType<typeof setTimeout> | undefined;
  let askedAt = 0;
  const refresh = coalesce(async () => {
    clearTimeout(due);
    askedAt = performance.now();
    try {
      overview.value = await send('overview', { params: { marketId: market.marketId } });
      problem.value = null;
    } catch (error) {
      problem.value = error;
    }
    clearTimeout(due);
    due = setTimeout(refresh, MOST_MS);
  });
  watch(grid, () => {
    clearTimeout(due);
    due = setTimeout(refresh, Math.max(0, askedAt + LEAST_MS - performance.now()));
  });
  refresh();
  let isOver = false;
  onScopeDispose(() => {
    isOver = true;
    clearTimeout(due);
  });
  return {
    overview,
    problem,
    refresh: () => {
      if (!isOver) refresh();
    },
  };
}
