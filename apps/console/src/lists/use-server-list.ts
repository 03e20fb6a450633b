import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { coalesce } from '../live/coalesce.ts';
import { addressOf, type ListQuery, listQueryOf } from './list-query.ts';

export const PAGE_SIZE = 50;
const REFRESH_MS = 15_000;

export interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

export interface ServerList<Row> {
  /** null until the first answer. */
  readonly page: Readonly<Ref<Page<Row> | null>>;
  readonly problem: Readonly<Ref<unknown>>;
  readonly busy: Readonly<Ref<boolean>>;
  readonly query: Readonly<Ref<ListQuery>>;
  /** Goes to another state of the list, which the address then shows; without a page named, to its first. */
  go(part: Partial<ListQuery>): void;
  refresh(): void;
}

/**
 * A list that the server searches, sorts and pages, held by the address: a link, a reload and the way back all lead to the
 * same rows. What is shown stays until the next answer; an answer that was overtaken is dropped.
 */
export function useServerList<Row>(
  filterNames: readonly string[],
  load: (query: ListQuery) => Promise<Page<Row>>,
): ServerList<Row> {
  const route = useRoute();
  const router = useRouter();
  const name = route.name;
  const page = shallowRef<Page<Row> | null>(null);
  const problem = shallowRef<unknown>(null);
  const busy = shallowRef(false);
  const query = computed(() => listQueryOf(route.query, filterNames));

  const refresh = coalesce(async () => {
    busy.value = true;
    const asked = JSON.stringify(query.value);
    try {
      const answer = await load(query.value);
      if (asked !== JSON.stringify(query.value)) return refresh();
      page.value = answer;
      problem.value = null;
    } catch (error) {
      problem.value = error;
    } finally {
      busy.value = false;
    }
  });
  watch(
    () => JSON.stringify(query.value),
    () => {
      if (route.name === name) refresh();
    },
    { immediate: true },
  );
  const timer = setInterval(refresh, REFRESH_MS);
  onScopeDispose(() => clearInterval(timer));

  return {
    page,
    problem,
    busy,
    query,
    refresh,
    go: (part) => void router.replace({ query: addressOf({ ...query.value, page: 0, ...part }) }),
  };
}
