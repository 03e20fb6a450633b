/** How the tiles of a wall lie: building after building, each begun by a tile with its name. */
export interface Fit {
  /** Of one tile, in whole pixels. */
  readonly width: number;
  readonly height: number;
  readonly gap: number;
  readonly columns: number;
  /** How many tiles a building's name is wide. */
  readonly nameSpan: number;
}

const LARGEST = 190;
const SMALLEST = 4;
/** From here on a tile has room for words. */
export const WORDS_FROM = 74;
export const CODE_FROM = 40;
export const ICON_FROM = 11;
const NAME_PX = 96;

const gapOf = (width: number) => (width >= CODE_FROM ? 5 : width >= ICON_FROM ? 2 : 1);
const heightOf = (width: number) => (width >= CODE_FROM ? Math.round(width * 0.62) : width);

/** The largest tiles with which all stalls of all buildings are on one screen at once, without scrolling. */
export function fitTiles(
  screen: { readonly width: number; readonly height: number },
  buildings: readonly number[],
): Fit {
  for (let width = LARGEST; width > SMALLEST; width -= 1) {
    const fit = fitOf(width, screen.width);
    const rows = rowsOf(fit, buildings);
    if (rows * (fit.height + fit.gap) - fit.gap <= screen.height) return fit;
  }
  return fitOf(SMALLEST, screen.width);
}

function fitOf(width: number, screenWidth: number): Fit {
  const gap = gapOf(width);
  const columns = Math.max(1, Math.floor((screenWidth + gap) / (width + gap)));
  const nameSpan = Math.min(columns, Math.max(1, Math.ceil((NAME_PX + gap) / (width + gap))));
  return { width, height: heightOf(width), gap, columns, nameSpan };
}

/** A name is not broken: where a row has no room for it, it begins the next. */
export function rowsOf({ columns, nameSpan }: Fit, buildings: readonly number[]): number {
  let at = 0;
  for (const stalls of buildings) {
    const left = columns - (at % columns);
    if (left < nameSpan) at += left;
    at += nameSpan + stalls;
  }
  return Math.ceil(at / columns);
}
