import { computed, onMounted, shallowRef } from 'vue';
import { send } from '../session.ts';
import { recallAny, remember } from '../ui/memory.ts';

type Answer = Awaited<ReturnType<typeof send<'markets'>>>;

/** The markets the operator may see, and which of them this browser chose. */
export function useMarkets() {
  const answer = shallowRef<Answer | null>(null);
  const problem = shallowRef<unknown>(null);
  const chosenId = shallowRef(recallAny('market'));
  const market = computed(() => {
    const markets = answer.value?.markets ?? [];
    return markets.find((one) => one.marketId === chosenId.value) ?? markets[0] ?? null;
  });

  async function load(): Promise<void> {
    problem.value = null;
    try {
      answer.value = await send('markets', {});
    } catch (error) {
      problem.value = error;
    }
  }
  function choose(marketId: string): void {
    chosenId.value = marketId;
    remember('market', marketId);
  }
  onMounted(load);
  return { answer, problem, market, load, choose };
}
