import { computed, onMounted, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { GUESS, type Layout, layoutOf } from './card-layout.ts';
import { NOTHING_DRAWN, type RowRun, type RowSpan, rowsNear, runsOf } from './card-window.ts';
import type { BuildingGroup } from './filter.ts';

/** From here on only the cards near the screen are drawn. */
const MANY = 600;

/**
 * Which cards of thousands are drawn: those near the screen, and the row of the one that is in the tab order. The others
 * are blank room of their height, so the page scrolls as if all were there. A row is as high as the highest drawn so far.
 * @param root holds a list `.cards` for each group, in order
 * @param current the stall whose card is in the tab order
 */
export function useCardWindow(
  root: Readonly<Ref<HTMLElement | null>>,
  groups: Readonly<Ref<readonly BuildingGroup[]>>,
  current: Readonly<Ref<string | undefined>>,
) {
  const isMany = computed(() => groups.value.reduce((sum, { cells }) => sum + cells.length, 0) > MANY);
  const layout = shallowRef<Layout>(GUESS);
  const near = shallowRef<readonly RowSpan[]>([]);
  let known = new WeakSet<Element>();
  let asked = 0;

  function look(): void {
    asked = 0;
    const lists = [...(root.value?.querySelectorAll<HTMLElement>('.cards') ?? [])];
    if (!isMany.value || lists.length !== groups.value.length) return;
    const now = layoutOf(lists, layout.value, known);
    if (!isSame(now, layout.value)) layout.value = now;
    const stepPx = now.rowPx + now.gapPx;
    const spans = lists.map((list, index) => {
      const rows = Math.ceil((groups.value[index]?.cells.length ?? 0) / now.columns);
      const place = { rows, topPx: list.getBoundingClientRect().top, screenPx: innerHeight, stepPx };
      return rowsNear(place, near.value[index] ?? NOTHING_DRAWN);
    });
    if (!spans.every((span, index) => isSame(span, near.value[index])) || spans.length !== near.value.length) {
      near.value = spans;
      // What comes may be higher than what was there, and there may be more to come.
      ask();
    }
  }
  const ask = () => {
    asked ||= requestAnimationFrame(look);
  };

  const lookAnew = () => {
    known = new WeakSet();
    ask();
  };

  // What is drawn anew may be higher, or moves the others.
  watch([groups, root, layout], lookAnew);
  onMounted(() => {
    document.addEventListener('scroll', ask, { capture: true, passive: true });
    addEventListener('resize', lookAnew);
  });
  onScopeDispose(() => {
    document.removeEventListener('scroll', ask, { capture: true });
    removeEventListener('resize', lookAnew);
    cancelAnimationFrame(asked);
  });

  const keptRows = computed(() =>
    groups.value.map(({ cells }) => {
      const at = cells.findIndex(({ stallId }) => stallId === current.value);
      return at < 0 ? null : Math.floor(at / layout.value.columns);
    }),
  );
  const atFirst = (index: number): RowSpan => {
    const screenPx = index === 0 ? innerHeight : 0;
    return rowsNear({ rows: Number.MAX_SAFE_INTEGER, topPx: 0, screenPx, stepPx: GUESS.rowPx }, NOTHING_DRAWN);
  };
  const runs = computed<readonly (readonly RowRun[])[]>(() =>
    groups.value.map(({ cells }, index) => {
      const rows = Math.ceil(cells.length / layout.value.columns);
      if (!isMany.value) return [{ first: 0, last: rows, isDrawn: true }];
      return runsOf(rows, near.value[index] ?? atFirst(index), keptRows.value[index] ?? null);
    }),
  );
  return { isMany, layout, runs };
}

const isSame = <T extends object>(one: T, other: T | undefined): boolean =>
  other !== undefined && Object.entries(one).every(([name, value]) => other[name as keyof T] === value);
