import { computed, onMounted, onScopeDispose, type Ref, ref, watch } from 'vue';
import { type RowWindow, wholeBlocks, windowAt } from './row-window.ts';

/** From here on only the rows near the screen are drawn. */
const LONG = 200;

/**
 * Which rows of a long list are drawn: those on the screen and some on both sides. The others are two blank rows of their
 * height, so the page scrolls as if all were there.
 */
export function useWindow(count: () => number, body: Ref<HTMLElement | null>) {
  const isLong = computed(() => count() > LONG);
  /** Of a block of rows that was drawn once, as it was then. */
  const heights = new Map<number, number>();
  const near = ref<RowWindow>(windowAt({ count: 0, topPx: 0, screenPx: 0, heights }));
  let asked = 0;

  function look(): void {
    asked = 0;
    const rows = body.value;
    if (!rows || !isLong.value) return;
    measure(rows, near.value, heights);
    const topPx = -rows.getBoundingClientRect().top;
    const next = windowAt({ count: count(), topPx, screenPx: innerHeight, heights });
    const { first, last, beforePx, afterPx } = near.value;
    if (next.first !== first || next.last !== last || next.beforePx !== beforePx || next.afterPx !== afterPx) {
      near.value = next;
    }
  }
  const ask = () => {
    asked ||= requestAnimationFrame(look);
  };
  const forget = () => {
    heights.clear();
    ask();
  };

  watch([count, body], forget, { flush: 'post' });
  onMounted(() => {
    document.addEventListener('scroll', ask, { capture: true, passive: true });
    addEventListener('resize', forget);
  });
  onScopeDispose(() => {
    document.removeEventListener('scroll', ask, { capture: true });
    removeEventListener('resize', forget);
    cancelAnimationFrame(asked);
  });
  return { isLong, near, forget };
}

/** Keeps how high each block that is drawn in whole is. */
function measure(rows: HTMLElement, { first, last }: RowWindow, heights: Map<number, number>): void {
  const drawn = rows.querySelectorAll<HTMLElement>(':scope > tr[data-index]');
  if (drawn.length !== last - first) return;
  for (const { block, from, to } of wholeBlocks(first, last)) {
    const top = drawn[from - first]?.getBoundingClientRect().top;
    const bottom = drawn[to - 1 - first]?.getBoundingClientRect().bottom;
    if (top !== undefined && bottom !== undefined && bottom > top) heights.set(block, bottom - top);
  }
}
