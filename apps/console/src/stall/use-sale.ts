import type { Receipt } from '@openprepay/contract';
import { computed, ref, shallowRef } from 'vue';
import { useMarket } from '../live/market.ts';
import { isUnanswered } from '../problem.ts';
import { newRequestId } from '../request-id.ts';
import { send } from '../session.ts';
import { readAmount, type Sold } from './top-up.ts';

export const METHODS = ['cash', 'bank', 'pos'] as const;
export const MEMO_MAX_LENGTH = 200;

/** A sale that was made, and its receipt. */
export interface SoldOnPaper extends Sold {
  readonly receipt: Receipt;
}

/** One sale to one account, however often it is sent: what is typed, whether it can be changed still, and the sending. */
export function useSale(accountId: string, onSold: (sold: SoldOnPaper) => void | Promise<void>) {
  const requestId = newRequestId();
  const { market } = useMarket();
  const typed = ref('');
  const method = ref<(typeof METHODS)[number]>('cash');
  const memo = ref('');
  const asked = ref(false);
  const busy = ref(false);
  const sold = ref(false);
  const problem = shallowRef<unknown>(null);
  const amount = computed(() => readAmount(typed.value));
  const amountFen = computed(() => (amount.value.problem === null ? amount.value.amountFen : null));
  /** The sale may have been posted: it may be sent again, but not changed. */
  const unsure = computed(() => isUnanswered(problem.value));
  const showsProblem = computed(() => amount.value.problem !== null && (asked.value || typed.value !== ''));

  async function submit(): Promise<void> {
    asked.value = true;
    if (amountFen.value === null || busy.value || sold.value) return;
    busy.value = true;
    problem.value = null;
    const paidFen = amountFen.value;
    try {
      const answer = await send('topUp', {
        params: { marketId: market.marketId, accountId },
        body: {
          requestId,
          amountFen: paidFen,
          method: method.value,
          ...(memo.value.trim() && { memo: memo.value.trim() }),
        },
      });
      sold.value = true;
      const { balanceFen, repeated, receipt } = answer;
      await onSold({ amountFen: paidFen, balanceFen, debtFen: receipt.debtFen, repeated, receipt });
    } catch (error) {
      problem.value = error;
    } finally {
      busy.value = false;
    }
  }

  return { typed, method, memo, busy, problem, amount, amountFen, unsure, showsProblem, submit };
}
