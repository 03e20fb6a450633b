/** In the order of their registers; `tariff 1` of a day table is sharp. */
export const TARIFFS = ['sharp', 'peak', 'flat', 'valley'] as const;
export type Tariff = (typeof TARIFFS)[number];

/** From this minute of the day on, this tariff: 1 sharp, 2 peak, 3 flat, 4 valley. */
export interface Slot {
  readonly minute: number;
  readonly tariff: number;
}

const at = (hour: number, tariff: number): Slot => ({ minute: 60 * hour, tariff });

/** How a new meter divides its day. */
export const FACTORY_DAY: readonly Slot[] = [at(0, 4), at(8, 2), at(11, 3), at(18, 2), at(19, 1), at(21, 2), at(22, 3)];

/** The last slot that has begun; before the first one the last one of the day before goes on. */
export function tariffOf(day: readonly Slot[], hour: number, minute: number): Tariff {
  const now = 60 * hour + minute;
  const slot = day.findLast((candidate) => candidate.minute <= now) ?? day.at(-1);
  return TARIFFS[(slot?.tariff ?? 3) - 1] ?? 'flat';
}

/** What a meter has counted when it comes out of its box, or before the simulation begins, spread over the tariffs. */
export function spreadTicks(total: number): Record<Tariff, number> {
  const sharp = Math.floor(total / 10);
  const peak = Math.floor((total * 3) / 10);
  const valley = Math.floor((total * 2) / 10);
  return { sharp, peak, flat: total - sharp - peak - valley, valley };
}
