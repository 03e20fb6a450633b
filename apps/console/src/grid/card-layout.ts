/** A card's least height, and the gap between two, until a drawn one tells. */
export const GUESS: Layout = { columns: 1, rowPx: 96, gapPx: 8 };

export interface Layout {
  readonly columns: number;
  readonly rowPx: number;
  readonly gapPx: number;
}

/** In how many columns the cards of a list stand. */
export const columnsOf = (list: Element): number => getComputedStyle(list).gridTemplateColumns.split(' ').length;

/**
 * As it is on the page now; a row never becomes lower while the columns stay, or the page would jump to and fro.
 * @param known cards whose height is in the layout before; those that are drawn become such
 */
export function layoutOf(lists: readonly HTMLElement[], before: Layout, known: WeakSet<Element>): Layout {
  const [list] = lists;
  if (!list) return before;
  const columns = columnsOf(list);
  const cards = lists.flatMap((one) => [...one.querySelectorAll<HTMLElement>('[data-stall-id]')]);
  const heights = cards.filter((card) => !known.has(card)).map(neededPx);
  for (const card of cards) known.add(card);
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
