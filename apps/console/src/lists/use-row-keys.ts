import { nextTick, ref } from 'vue';

interface RowActs {
  readonly open: (index: number) => void;
  readonly choose: (index: number) => void;
}

/** Rows by keyboard: one of them can be tabbed to, arrows go on from there, Enter opens and the space bar chooses. */
export function useRowKeys(table: () => HTMLTableElement | null, count: () => number, { open, choose }: RowActs) {
  const current = ref(0);

  async function go(index: number): Promise<void> {
    current.value = Math.min(Math.max(index, 0), count() - 1);
    await nextTick();
    table()?.querySelector<HTMLElement>(`tr[data-index="${current.value}"]`)?.focus();
  }
  function onRowKey(event: KeyboardEvent, index: number): void {
    if (event.target !== event.currentTarget) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') open(index);
    else if (event.key === ' ') choose(index);
    else if (step !== undefined) void go(index + step);
    else return;
    event.preventDefault();
  }
  return { current, onRowKey };
}
