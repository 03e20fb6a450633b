/** Rows come and go by blocks, so that scrolling by a row draws nothing. */
export const BLOCK = 4;
/** A row's height until one is drawn. */
export const GUESS_PX = 37;
/** So much beyond the screen is always drawn on each side; */
const NEAR_PX = 200;
/** and so much more, a block with each picture. */
const FAR_PX = 400;

/** Blocks from `first` to before `last` are drawn. */
export interface BlockSpan {
  readonly first: number;
  readonly last: number;
}

export interface RowWindow extends BlockSpan {
  /** The height of what is not drawn. */
  readonly beforePx: number;
  readonly afterPx: number;
}

interface Place {
  /** Rows. */
  readonly count: number;
  /** How far the list's top is above that of the screen; negative below it. */
  readonly topPx: number;
  readonly screenPx: number;
  /** By block, where it was measured. */
  readonly heights: ReadonlyMap<number, number>;
  /** Of a row in a block that was not. */
  readonly rowPx: number;
}

export const NOTHING_DRAWN: RowWindow = { first: 0, last: 0, beforePx: 0, afterPx: 0 };

/** The rows of a block, those from `from` to before `to`. */
export const rowsOfBlock = (block: number, count: number) => ({
  from: block * BLOCK,
  to: Math.min((block + 1) * BLOCK, count),
});

/**
 * What is to be drawn next of a list that stands so on the screen: all that is on it, and on each side no more than one
 * block beyond what is drawn already, as each takes time that the next picture has not.
 */
export function windowAt(place: Place, drawn: BlockSpan): RowWindow {
  const must = blocksWithin(place, NEAR_PX);
  const may = blocksWithin(place, FAR_PX);
  const isNear = drawn.first < must.last && drawn.last > must.first;
  const first = isNear ? Math.min(must.first, Math.max(may.first, drawn.first - 1)) : must.first;
  const last = isNear ? Math.max(must.last, Math.min(may.last, drawn.last + 1)) : must.last;
  const blocks = Math.ceil(place.count / BLOCK);
  return { first, last, beforePx: heightOf(place, 0, first), afterPx: heightOf(place, last, blocks) };
}

/** The blocks on the screen and so much beyond it; at least one. */
function blocksWithin(place: Place, beyondPx: number): BlockSpan {
  const blocks = Math.ceil(place.count / BLOCK);
  const fromPx = place.topPx - beyondPx;
  const toPx = place.topPx + place.screenPx + beyondPx;
  let atPx = 0;
  let first = 0;
  for (; first < blocks - 1; first++) {
    const nextPx = atPx + blockPx(place, first);
    if (nextPx > fromPx) break;
    atPx = nextPx;
  }
  let last = first;
  for (; last < blocks && (atPx < toPx || last === first); last++) atPx += blockPx(place, last);
  return { first, last };
}

function blockPx({ count, heights, rowPx }: Place, block: number): number {
  const { from, to } = rowsOfBlock(block, count);
  return heights.get(block) ?? (to - from) * rowPx;
}

function heightOf(place: Place, first: number, last: number): number {
  let sumPx = 0;
  for (let block = first; block < last; block++) sumPx += blockPx(place, block);
  return sumPx;
}
