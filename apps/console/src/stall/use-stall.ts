import type { StallDetail } from '@openprepay/contract';
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { coalesce } from '../live/coalesce.ts';
import { useMarket } from '../live/market.ts';
import { send } from '../session.ts';
import { isUnderWay } from './command-steps.ts';

/** A command's steps do not show on the grid, so that a stall with one under way is asked again this often. */
const UNDER_WAY_POLL_MS = 2_000;
/** Readings of a quiet meter may leave its cell unchanged. */
const QUIET_POLL_MS = 20_000;

/** The stall's page, kept fresh: after every change of its cell on the grid, and on a slow beat between them. */
export function useStall(stallId: Ref<string>) {
  const { market, onStallChange } = useMarket();
  const detail = shallowRef<StallDetail | null>(null);
  const problem = shallowRef<unknown>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const refresh = coalesce(async () => {
    clearTimeout(timer);
    const asked = stallId.value;
    try {
      const answer = await send('stall', { params: { marketId: market.marketId, stallId: asked } });
      if (asked !== stallId.value) return;
      detail.value = answer;
      problem.value = null;
    } catch (error) {
      if (asked === stallId.value) problem.value = error;
    }
    if (closed) return;
    const underWay = detail.value?.meters.some((meter) => meter.commands.some(isUnderWay));
    timer = setTimeout(refresh, underWay ? UNDER_WAY_POLL_MS : QUIET_POLL_MS);
  });

  watch(
    stallId,
    (id, _, onCleanup) => {
      detail.value = null;
      problem.value = null;
      onCleanup(onStallChange(id, refresh));
      refresh();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    closed = true;
    clearTimeout(timer);
  });
  return { detail, problem, refresh };
}
