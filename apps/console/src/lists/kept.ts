import type { KeptList, KeptListChange, ListName } from '@openprepay/contract';
import { call } from '@openprepay/contract/client';
import { ref, shallowRef, watch } from 'vue';
import { operator, send } from '../session.ts';

/*
 * How the operator likes his lists, kept by the server: asked for once a sign-in, changed at once here, and written a moment
 * later, so that dragging an edge is one write.
 */

export const PAGE_SIZES = [50, 100, 500, 1_000, 10_000] as const satisfies readonly KeptList['pageSize'][];
const WRITE_AFTER_MS = 300;

const kept = shallowRef<ReadonlyMap<ListName, KeptList>>(new Map());
/** False until the server said what is kept, or that it cannot say. */
export const isKeptKnown = ref(false);
/** Why the last change could not be kept; it is tried again with the next. */
export const keepProblem = shallowRef<unknown>(null);

const waiting = new Map<ListName, KeptListChange>();
let timer: ReturnType<typeof setTimeout> | undefined;
let writing: Promise<void> = Promise.resolve();

export const keptOf = (list: ListName): KeptList =>
  kept.value.get(list) ?? { list, columns: [], views: [], pageSize: PAGE_SIZES[0] };

export function keep(list: ListName, change: KeptListChange): void {
  kept.value = new Map(kept.value).set(list, { ...keptOf(list), ...change });
  waiting.set(list, { ...waiting.get(list), ...change });
  clearTimeout(timer);
  timer = setTimeout(() => {
    writing = writing.then(write);
  }, WRITE_AFTER_MS);
}

async function write(): Promise<void> {
  for (const [list, change] of waiting) {
    waiting.delete(list);
    try {
      await send('keepMyList', { params: { list }, body: change });
      keepProblem.value = null;
    } catch (error) {
      keepProblem.value = error;
      waiting.set(list, { ...change, ...waiting.get(list) });
      return;
    }
  }
}

/** What waits when the page goes is written all the same. */
addEventListener('pagehide', () => {
  const outlives: typeof fetch = (input, init) => fetch(input, { ...init, keepalive: true });
  for (const [list, body] of waiting) void call('keepMyList', { params: { list }, body }, outlives).catch(() => null);
  waiting.clear();
});

watch(
  () => operator.value?.operatorId,
  async (operatorId) => {
    clearTimeout(timer);
    waiting.clear();
    kept.value = new Map();
    isKeptKnown.value = false;
    if (!operatorId) return;
    const lists = await send('myLists', {}).catch(() => []);
    if (operator.value?.operatorId !== operatorId) return;
    kept.value = new Map(lists.map((one) => [one.list, one]));
    isKeptKnown.value = true;
  },
  { immediate: true },
);
