import type { Shift } from '@openprepay/contract';
import { shallowRef } from 'vue';
import { useMarket } from '../live/market.ts';
import { send } from '../session.ts';

/** The shift under way of whoever is signed in. */
export function useShift() {
  const { market } = useMarket();
  const params = { marketId: market.marketId };
  /** undefined until the first answer, null between shifts. */
  const shift = shallowRef<Shift | null>();
  const problem = shallowRef<unknown>(null);

  async function refresh(): Promise<void> {
    try {
      shift.value = (await send('currentShift', { params })).shift;
      problem.value = null;
    } catch (error) {
      problem.value = error;
    }
  }
  void refresh();
  return { shift, problem, refresh };
}
