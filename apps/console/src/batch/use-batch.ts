import type { ListName } from '@openprepay/contract';
import { computed, onScopeDispose, ref, shallowRef } from 'vue';
import { useServerList } from '../lists/use-server-list.ts';
import { type BatchRowState, isMoving, ROW_STATES } from './words.ts';

const FAST_MS = 2_000;

interface Batch<Row> {
  readonly counts: Readonly<Record<string, number>>;
  readonly rows: readonly Row[];
}
interface BatchRow {
  readonly state: BatchRowState;
  readonly serial: string;
  readonly stallCode: string | null;
}

/** One batch that is followed: its rows as a list, its counts, and what is done to it with what came of that. */
export function useBatch<Row extends BatchRow, B extends Batch<Row>>(
  name: ListName,
  load: () => Promise<B>,
  wordsOf: (row: Row) => readonly (string | null)[],
) {
  const batch = shallowRef<B | null>(null);
  const said = ref('');
  const busy = ref(false);
  const failure = shallowRef<unknown>(null);

  const list = useServerList<Row>(name, ['state'], async ({ search, page, pageSize, filters }) => {
    batch.value = await load();
    const wanted = search.toLowerCase();
    const rows = batch.value.rows.filter(
      (row: Row) =>
        (!filters['state'] || row.state === filters['state']) &&
        (wanted === '' || wordsOf(row).some((word) => word?.toLowerCase().includes(wanted))),
    );
    return { total: rows.length, rows: rows.slice(page * pageSize, (page + 1) * pageSize) };
  });
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
