import { computed, ref } from 'vue';
import { recallAny, remember } from '../ui/memory.ts';

/** A column of a list. Its cell is the slot of the same name. */
export interface Column {
  readonly key: string;
  readonly label: string;
  readonly sortable?: boolean;
  /** Figures: digits of equal width, at the end of the cell. */
  readonly number?: boolean;
  /** Not shown until it is chosen. */
  readonly extra?: boolean;
  /** Always shown: without it a row could not be told from another. */
  readonly fixed?: boolean;
}

/** Which columns a person wants to see; this browser remembers it, list by list. */
export function useColumns(listName: string, columns: () => readonly Column[]) {
  const name = `columns.${listName}`;
  const chosen = ref<readonly string[] | null>(recallAny(name)?.split(',') ?? null);
  const isShown = ({ key, extra, fixed }: Column) =>
    fixed === true || (chosen.value === null ? extra !== true : chosen.value.includes(key));
  return {
    shown: computed(() => columns().filter(isShown)),
    choosable: computed(() => columns().filter((column) => column.fixed !== true)),
    isShown,
    toggle(column: Column): void {
      const now = columns().filter((one) => (one.key === column.key ? !isShown(one) : isShown(one)));
      chosen.value = now.map((one) => one.key);
      remember(name, chosen.value.join(','));
    },
  };
}
