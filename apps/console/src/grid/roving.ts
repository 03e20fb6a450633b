/** Where a card stands on the page. */
export interface Place {
  readonly left: number;
  readonly top: number;
}

/** The keys that lead from card to card. */
export const STEP_KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'] as const;
export type StepKey = (typeof STEP_KEYS)[number];

/**
 * The card that a key leads to: the one before or after, the nearest of the row above or below, the first or the last.
 * @param places of all cards in reading order
 * @returns its index; `from` itself where there is none that way
 */
export function stepFrom(from: number, key: StepKey, places: readonly Place[]): number {
  const here = places[from];
  if (!here) return from;
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, from - 1);
    case 'ArrowRight':
      return Math.min(places.length - 1, from + 1);
    case 'Home':
      return 0;
    case 'End':
      return places.length - 1;
    case 'ArrowUp':
      return nearestInRow(
        here,
        places,
        Math.max(...places.map(({ top }) => top).filter((top) => top < here.top)),
        from,
      );
    case 'ArrowDown':
      return nearestInRow(
        here,
        places,
        Math.min(...places.map(({ top }) => top).filter((top) => top > here.top)),
        from,
      );
  }
}

function nearestInRow(here: Place, places: readonly Place[], rowTop: number, otherwise: number): number {
  let nearest = otherwise;
  let distance = Number.POSITIVE_INFINITY;
  for (const [i, { left, top }] of places.entries()) {
    if (top !== rowTop || Math.abs(left - here.left) >= distance) continue;
    nearest = i;
    distance = Math.abs(left - here.left);
  }
  return nearest;
}
