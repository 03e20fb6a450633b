import { computed, onScopeDispose, ref, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { withFilter } from '../lists/filters.ts';

const KEY_AFTER_MS = 300;

/** What a page of the wire is narrowed to, held by its address; `linkKey` is typed, the others are chosen. */
export function useLinkFilters(names: readonly string[]) {
  const route = useRoute();
  const router = useRouter();
  const filters = computed(
    (): Record<string, string> =>
      Object.fromEntries(
        names.flatMap((name) => (typeof route.query[name] === 'string' ? [[name, route.query[name]]] : [])),
      ),
  );
  const choose = (name: string, value: string) =>
    void router.replace({ query: withFilter(filters.value, name, value) });
  const typed = ref(filters.value['linkKey'] ?? '');
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(typed, (key) => {
    clearTimeout(timer);
    timer = setTimeout(() => choose('linkKey', key.trim()), KEY_AFTER_MS);
  });
  // Who has gone to another page is not to find his words in its address.
  onScopeDispose(() => clearTimeout(timer));
  return { filters, choose, typed };
}
