import type { MarketTerms } from '@openprepay/contract';
import { fen } from '@openprepay/kernel';
import { computed, type Ref, shallowRef } from 'vue';
import { formatPlainYuan } from '../format/money.ts';
import { useMarket } from '../live/market.ts';
import { text } from '../locales/index.ts';
import { send } from '../session.ts';

/**
 * What a top-up may be in this market, told before it is typed; and whether what is typed is outside it. The server decides:
 * who pays exactly what is owed may pay less than the least.
 */
export function useTopUpLimits(amountFen: Readonly<Ref<number | null>>) {
  const { market } = useMarket();
  const terms = shallowRef<MarketTerms | null>(null);
  void send('marketTerms', { params: { marketId: market.marketId } }).then(
    (now) => {
      terms.value = now;
    },
    () => null,
  );
  return {
    words: computed(() =>
      terms.value
        ? text('topUp.limits', {
            minimum: formatPlainYuan(fen(terms.value.topUpMinimumFen)),
            maximum: formatPlainYuan(fen(terms.value.topUpMaximumFen)),
          })
        : '',
    ),
    isOutside: computed(
      () =>
        terms.value !== null &&
        amountFen.value !== null &&
        (amountFen.value < terms.value.topUpMinimumFen || amountFen.value > terms.value.topUpMaximumFen),
    ),
  };
}
