import { computed, onMounted, onScopeDispose, shallowRef, watch } from 'vue';
import { freeColumns, holdColumns } from './column-hold.ts';
import { BLOCK, GUESS_PX, NOTHING_DRAWN, type RowWindow, windowAt } from './row-window.ts';

/** From here on only the rows near the screen are drawn. */
const LONG = 200;

/**
 * Which blocks of rows of a long list are drawn: those on the screen and some on both sides. The others are blank room of
 * their height, so the page scrolls as if all were there.
 * @param table holds the blank room above in its first `tbody`, and each block in one that has its number in `data-block`
 */
export function useWindow(rows: () => readonly unknown[], table: () => HTMLTableElement | null) {
  const isLong = computed(() => rows().length > LONG);
  /** Of a block that was drawn once, as it was then. */
  const heights = new Map<number, number>();
  const near = shallowRef<RowWindow>(startOf());
  let rowPx: number | null = null;
  let asked = 0;

  function startOf(): RowWindow {
    const place = { count: rows().length, topPx: 0, screenPx: innerHeight, heights, rowPx: GUESS_PX };
    return isLong.value ? windowAt(place, NOTHING_DRAWN) : NOTHING_DRAWN;
  }
  function look(): void {
    asked = 0;
    const all = table();
    if (!all || !isLong.value) return;
    measure(all);
    holdColumns(all);
    const top = all.tBodies[0]?.getBoundingClientRect().top ?? 0;
    const place = { count: rows().length, topPx: -top, screenPx: innerHeight, heights, rowPx: rowPx ?? GUESS_PX };
    const next = windowAt(place, near.value);
    if (isSame(next, near.value)) return;
    near.value = next;
    // There may be more to draw with the next picture, or what comes is not as high as was thought.
    ask();
  }
  function measure(all: HTMLTableElement): void {
    for (const block of all.querySelectorAll<HTMLElement>('tbody[data-block]')) {
      const number = Number(block.dataset['block']);
      if (!heights.has(number)) heights.set(number, block.getBoundingClientRect().height);
    }
    // It stays, or the rows would move whenever another one is measured.
    rowPx ??= heights.size === 0 ? null : sumOf(heights) / heights.size / BLOCK;
  }
  const ask = () => {
    asked ||= requestAnimationFrame(look);
  };
  const forget = () => {
    heights.clear();
    rowPx = null;
    freeColumns(table());
    ask();
  };

  watch(rows, (now, before) => {
    if (now.length !== before.length) near.value = startOf();
    forget();
  });
  onMounted(() => {
    ask();
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

function sumOf(heights: ReadonlyMap<number, number>): number {
  let sumPx = 0;
  for (const px of heights.values()) sumPx += px;
  return sumPx;
}

const isSame = (one: RowWindow, other: RowWindow): boolean =>
  one.first === other.first &&
  one.last === other.last &&
  one.beforePx === other.beforePx &&
  one.afterPx === other.afterPx;
