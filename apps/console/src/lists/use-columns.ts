import type { ListName } from '@openprepay/contract';
import { computed } from 'vue';
import { type Column, moved, type PlacedColumn, placed } from './columns.ts';
import { keep, keptOf } from './kept.ts';

const MIN_PX = 48;
const MAX_PX = 1_200;

/** Which columns a person wants to see, in which order and how wide; the server keeps it, list by list. */
export function useColumns(list: ListName, columns: () => readonly Column[]) {
  const all = computed(() => placed(columns(), keptOf(list).columns));
  const keepThem = (now: readonly PlacedColumn[]) =>
    keep(list, { columns: now.map(({ key, isShown, widthPx }) => ({ key, isShown, widthPx })) });
  const change = (key: string, part: Partial<PlacedColumn>) =>
    keepThem(all.value.map((one) => (one.key === key ? { ...one, ...part } : one)));
  return {
    all,
    shown: computed(() => all.value.filter(({ isShown }) => isShown)),
    isOwn: computed(() => keptOf(list).columns.length > 0),
    toggle: (key: string) => change(key, { isShown: !all.value.find((one) => one.key === key)?.isShown }),
    move: (key: string, toKey: string) => keepThem(moved(all.value, key, toKey)),
    /** null: as wide as its content again. */
    widen: (key: string, widthPx: number | null) =>
      change(key, { widthPx: widthPx === null ? null : Math.min(Math.max(Math.round(widthPx), MIN_PX), MAX_PX) }),
    reset: () => keep(list, { columns: [] }),
  };
}

export type ListColumns = ReturnType<typeof useColumns>;
