import type { SetUp } from '@openprepay/contract';
import { onScopeDispose, type Ref, shallowRef } from 'vue';
import { coalesce } from '../live/coalesce.ts';
import { send } from '../session.ts';

const EVERY_MS = 3_000;

/** How far a market is set up, asked again every few seconds: what is waited for happens elsewhere, at a meter. */
export function useSetUp(marketId: string): {
  readonly setUp: Readonly<Ref<SetUp | null>>;
  readonly problem: Readonly<Ref<unknown>>;
  readonly refresh: () => void;
} {
  const setUp = shallowRef<SetUp | null>(null);
  const problem = shallowRef<unknown>(null);
  const refresh = coalesce(async () => {
    try {
      setUp.value = await send('setUp', { params: { marketId } });
      problem.value = null;
    } catch (error) {
      problem.value = error;
    }
  });
  refresh();
  const timer = setInterval(refresh, EVERY_MS);
  onScopeDispose(() => clearInterval(timer));
  return { setUp, problem, refresh };
}
