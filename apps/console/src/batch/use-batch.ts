import type { BatchRowsQuery, ListName } from '@openprepay/contract';
import type { ListCall } from '@openprepay/contract/client';
import { computed, onScopeDispose, ref, shallowRef } from 'vue';
import type { ListQuery } from '../lists/list-query.ts';
import { useServerList } from '../lists/use-server-list.ts';
import { type BatchRowState, isMoving, ROW_STATES } from './words.ts';

const FAST_MS = 2_000;

interface Batch {
  readonly counts: Readonly<Record<string, number>>;
  readonly rows: readonly object[];
}

const askedOf = ({ search, filters }: Pick<ListQuery, 'search' | 'filters'>): BatchRowsQuery => ({
  ...(filters['state'] && { state: filters['state'] }),
  ...(search && { text: search }),
});

/** One batch that is followed: its rows as a list, its counts, and what is done to it with what came of that. */
export function useBatch<B extends Batch>(
  name: ListName,
  callOf: () => ListCall,
  load: (asked: BatchRowsQuery) => Promise<B>,
) {
  const batch = shallowRef<B | null>(null);
  const said = ref('');
  const busy = ref(false);
  const failure = shallowRef<unknown>(null);

  const list = useServerList<B['rows'][number]>(
    name,
    ['state'],
    async ({ search, filters, page, pageSize }) => {
      batch.value = await load(askedOf({ search, filters }));
      const { rows } = batch.value;
      return { total: rows.length, rows: rows.slice(page * pageSize, (page + 1) * pageSize) };
    },
    (query) => ({ ...callOf(), query: askedOf(query) }),
  );
  const timer = setInterval(() => {
    if (batch.value && isMoving(batch.value.counts)) list.refresh();
  }, FAST_MS);
  onScopeDispose(() => clearInterval(timer));

  /** Does something to the batch and says what it was; a failure stands on the page. */
  async function act(work: () => Promise<string>): Promise<void> {
    busy.value = true;
    failure.value = null;
    try {
      said.value = await work();
      list.refresh();
    } catch (error) {
      failure.value = error;
    } finally {
      busy.value = false;
    }
  }

  const countOf = (state: BatchRowState) => batch.value?.counts[state] ?? 0;
  return {
    batch,
    list,
    said,
    busy,
    failure,
    act,
    countOf,
    counts: computed(() =>
      ROW_STATES.map((state) => ({ state, count: countOf(state) })).filter(({ count }) => count > 0),
    ),
    chosen: computed(() => list.query.value.filters['state'] ?? ''),
    choose: (state: string) => list.go({ filters: state ? { state } : {} }),
  };
}
