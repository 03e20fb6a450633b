/** Rows come and go by blocks, so that scrolling by a row draws nothing. */
export const BLOCK = 10;
const GUESS_PX = 37;
/** So much beyond the screen is drawn on each side. */
const MARGIN_PX = 600;

export interface RowWindow {
  /** Rows from `first` to before `last` are drawn. */
  readonly first: number;
  readonly last: number;
  /** The height of what is not. */
  readonly beforePx: number;
  readonly afterPx: number;
}

interface Place {
  readonly count: number;
  /** How far the list's top is above that of the screen; negative below it. */
  readonly topPx: number;
  readonly screenPx: number;
  /** By block, where it was measured. */
  readonly heights: ReadonlyMap<number, number>;
}

/** What is to be drawn of a list that stands so on the screen. A block that was never drawn is as high as the others. */
export function windowAt({ count, topPx, screenPx, heights }: Place): RowWindow {
  const blocks = Math.ceil(count / BLOCK);
  const rowPx = averageOf(heights);
  const rowsOf = (block: number) => Math.min(BLOCK, count - block * BLOCK);
  const blockPx = (block: number) => heights.get(block) ?? rowsOf(block) * rowPx;
  const fromPx = topPx - MARGIN_PX;
  const toPx = topPx + screenPx + MARGIN_PX;
  let beforePx = 0;
  let block = 0;
  while (block < blocks - 1 && beforePx + blockPx(block) <= fromPx) beforePx += blockPx(block++);
  const first = block;
  let atPx = beforePx;
  while (block < blocks && (atPx < toPx || block === first)) atPx += blockPx(block++);
  const last = block;
  let afterPx = 0;
  while (block < blocks) afterPx += blockPx(block++);
  return { first: first * BLOCK, last: Math.min(last * BLOCK, count), beforePx, afterPx };
}

function averageOf(heights: ReadonlyMap<number, number>): number {
  let sumPx = 0;
  for (const px of heights.values()) sumPx += px;
  return heights.size === 0 ? GUESS_PX : sumPx / heights.size / BLOCK;
}

/** The whole blocks among rows that are drawn. */
export function wholeBlocks(first: number, last: number) {
  const blocks: { readonly block: number; readonly from: number; readonly to: number }[] = [];
  for (let from = first; from + BLOCK <= last; from += BLOCK)
    blocks.push({ block: from / BLOCK, from, to: from + BLOCK });
  return blocks;
}
