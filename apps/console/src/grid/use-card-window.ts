import { computed, onMounted, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { type RowRun, type RowSpan, rowsNear, runsOf } from './card-window.ts';
import type { BuildingGroup } from './filter.ts';

/** From here on only the cards near the screen are drawn. */
const MANY = 600;
/** A card's least height, and the gap between two, until a drawn one tells. */
const GUESS = { columns: 1, rowPx: 96, gapPx: 8 };

interface Layout {
  readonly columns: number;
  readonly rowPx: number;
  readonly gapPx: number;
}

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
  const rowsOf = ({ cells }: BuildingGroup) => Math.ceil(cells.length / layout.value.columns);
  let asked = 0;

  function look(): void {
    asked = 0;
    const lists = [...(root.value?.querySelectorAll<HTMLElement>('.cards') ?? [])];
    if (!isMany.value || lists.length !== groups.value.length) return;
    const measured = layoutOf(lists, layout.value);
    if (!isSame(measured, layout.value)) layout.value = measured;
    const stepPx = measured.rowPx + measured.gapPx;
    const spans = lists.map((list, index) => {
      const rows = Math.ceil((groups.value[index]?.cells.length ?? 0) / measured.columns);
      return rowsNear({ rows, topPx: list.getBoundingClientRect().top, screenPx: innerHeight, stepPx });
    });
    if (!spans.every((span, index) => isSame(span, near.value[index])) || spans.length !== near.value.length) {
      near.value = spans;
      // What comes may be higher than what was there.
      ask();
    }
  }
  const ask = () => {
    asked ||= requestAnimationFrame(look);
  };

  // What is drawn anew may be higher, or moves the others.
  watch([groups, root, layout], look, { flush: 'post' });
  onMounted(() => {
    document.addEventListener('scroll', ask, { capture: true, passive: true });
    addEventListener('resize', ask);
  });
  onScopeDispose(() => {
    document.removeEventListener('scroll', ask, { capture: true });
    removeEventListener('resize', ask);
    cancelAnimationFrame(asked);
  });

  const keptRows = computed(() =>
    groups.value.map(({ cells }) => {
      const at = cells.findIndex(({ stallId }) => stallId === current.value);
      return at < 0 ? null : Math.floor(at / layout.value.columns);
    }),
  );
  const atFirst = (index: number): RowSpan =>
    rowsNear({ rows: Number.MAX_SAFE_INTEGER, topPx: 0, screenPx: index === 0 ? innerHeight : 0, stepPx: GUESS.rowPx });
  const runs = computed<readonly (readonly RowRun[])[]>(() =>
    groups.value.map((group, index) => {
      const rows = rowsOf(group);
      if (!isMany.value) return [{ first: 0, last: rows, isDrawn: true }];
      return runsOf(rows, near.value[index] ?? atFirst(index), keptRows.value[index] ?? null);
    }),
  );
  return { isMany, layout, runs };
}

/** In how many columns the cards of a list stand. */
export const columnsOf = (list: Element): number => getComputedStyle(list).gridTemplateColumns.split(' ').length;

/** As it is on the page now; a row never becomes lower while the columns stay, or the page would jump to and fro. */
function layoutOf(lists: readonly HTMLElement[], before: Layout): Layout {
  const [list] = lists;
  if (!list) return before;
  const columns = columnsOf(list);
  const cards = lists.flatMap((one) => [...one.querySelectorAll<HTMLElement>('[data-stall-id]')]);
  const heights = cards.map(neededPx);
  const leastPx = columns === before.columns ? before.rowPx : GUESS.rowPx;
  return {
    columns,
    rowPx: Math.max(leastPx, ...heights),
    gapPx: Number(getComputedStyle(list).rowGap.replace('px', '')),
  };
}

/** As high as a card must be for its last line to have as much room below it as the first has above. */
function neededPx(card: HTMLElement): number {
  const { top } = card.getBoundingClientRect();
  const [first, last] = [card.firstElementChild, card.lastElementChild];
  if (!first || !last) return 0;
  return Math.ceil(last.getBoundingClientRect().bottom - top + (first.getBoundingClientRect().top - top));
}

const isSame = <T extends object>(one: T, other: T | undefined): boolean =>
  other !== undefined && Object.entries(one).every(([name, value]) => other[name as keyof T] === value);
