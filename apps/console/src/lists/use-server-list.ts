import type { ListName } from '@openprepay/contract';
import type { ListCall } from '@openprepay/contract/client';
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { coalesce } from '../live/coalesce.ts';
import { isKeptKnown, keptOf } from './kept.ts';
import { addressOf, type ListQuery, listQueryOf } from './list-query.ts';

const REFRESH_MS = 15_000;
/** A page of thousands of rows is megabytes: nobody watches all of them change. */
const LONG_PAGE = 500;
const LONG_REFRESH_MS = 120_000;

/** What a list asks for now. */
export interface ListAsk extends ListQuery {
  readonly pageSize: number;
}

export interface Page<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

export interface ServerList<Row> {
  readonly name: ListName;
  /** null until the first answer. */
  readonly page: Readonly<Ref<Page<Row> | null>>;
  readonly problem: Readonly<Ref<unknown>>;
  readonly busy: Readonly<Ref<boolean>>;
  readonly query: Readonly<Ref<ListAsk>>;
  /** What the list asks of the server now, less the page; null where it cannot be exported. */
  readonly call: (() => ListCall) | null;
  /** Goes to another state of the list, which the address then shows; without a page named, to its first. */
  go(part: Partial<ListQuery>): void;
  refresh(): void;
  /** Shows what came by itself; the next answer takes its place. */
  put(rows: Page<Row>): void;
}

/**
 * A list that the server searches, sorts and pages, held by the address: a link, a reload and the way back all lead to the
 * same rows. What is shown stays until the next answer; an answer that was overtaken is dropped.
 */
export function useServerList<Row>(
  name: ListName,
  filterNames: readonly string[],
  load: (query: ListAsk) => Promise<Page<Row>>,
  callOf: ((query: ListQuery) => ListCall) | null = null,
): ServerList<Row> {
  const route = useRoute();
  const router = useRouter();
  const here = route.name;
  const page = shallowRef<Page<Row> | null>(null);
  const problem = shallowRef<unknown>(null);
  const busy = shallowRef(false);
  const query = computed(() => ({ ...listQueryOf(route.query, filterNames), pageSize: keptOf(name).pageSize }));
  const go = (part: Partial<ListQuery>) =>
    void router.replace({ query: addressOf({ ...query.value, page: 0, ...part }) });

  const refresh = coalesce(async () => {
    busy.value = true;
    const asked = JSON.stringify(query.value);
    try {
      const answer = await load(query.value);
      if (asked !== JSON.stringify(query.value)) return refresh();
      page.value = answer;
      problem.value = null;
      const { page: at, pageSize } = query.value;
      // There were more rows when this page was linked to, or more of them on each.
      if (answer.rows.length === 0 && answer.total > 0 && at > 0) go({ page: Math.ceil(answer.total / pageSize) - 1 });
    } catch (error) {
      problem.value = error;
    } finally {
      busy.value = false;
    }
  });
  let refreshedMs = performance.now();
  watch(
    () => isKeptKnown.value && JSON.stringify(query.value),
    (asked) => {
      if (asked && route.name === here) refresh();
    },
    { immediate: true },
  );
  const timer = setInterval(() => {
    const isLong = (page.value?.rows.length ?? 0) > LONG_PAGE;
    if (!isKeptKnown.value || (isLong && performance.now() - refreshedMs < LONG_REFRESH_MS)) return;
    refreshedMs = performance.now();
    refresh();
  }, REFRESH_MS);
  onScopeDispose(() => clearInterval(timer));

  const call = callOf && (() => callOf(query.value));
  const put = (rows: Page<Row>) => {
    page.value = rows;
  };
  return { name, call, page, problem, busy, query, refresh, go, put };
}
