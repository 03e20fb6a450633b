import { type Ref, shallowRef } from 'vue';
import { inZone } from '../format/time.ts';
import { useMarket } from '../live/market.ts';
import { send } from '../session.ts';

const DAYS = 400;
const DAY_MS = 86_400_000;

/** Who sold anything within the last year or so, for a filter to choose from. */
export function useSellers(): Readonly<Ref<readonly { readonly value: string; readonly label: string }[]>> {
  const { market, now } = useMarket();
  const sellers = shallowRef<{ value: string; label: string }[]>([]);
  const dayOf = (days: number) => inZone(new Date(now.value.getTime() + days * DAY_MS), market.timeZone).day;
  void send('salesReport', {
    params: { marketId: market.marketId },
    query: { from: dayOf(-DAYS), to: dayOf(1), by: 'operator' },
  })
    .then(({ rows }) => {
      sellers.value = rows.map(({ key, label }) => ({ value: key, label }));
    })
    // Without it the list is whole, and says itself what is wrong.
    .catch(() => null);
  return sellers;
}
