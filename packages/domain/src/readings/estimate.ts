import { type Quantity, quantity } from '@openprepay/kernel';
import type { MeterValue } from '../pricing/index.ts';

const DAY_MS = 86_400_000;
/** So much time makes an average. */
export const ESTIMATE_FROM_DAYS = 7;
/** Readings further apart than this say nothing of a usual day: the meter was not heard, or its stall was closed. */
export const VALID_GAP_MS = 36 * 3_600_000;

/**
 * What a meter shows at an instant after its last good reading, if use goes on as in its last seven valid days: the time
 * between readings at most 36 hours apart, counted back from the last one. Rounded down to what its register can show.
 * @param readings good ones in order of time
 * @param ctRatio a whole Wh or litre before CT is this many after
 * @returns null where no such time is known: nothing is estimated from nothing
 */
export function estimateTotal(readings: readonly MeterValue[], at: Date, ctRatio: number): Quantity | null {
  const last = readings.at(-1);
  if (last === undefined || at < last.readAt) return null;
  let coveredMs = 0;
  let used = 0n;
  let to = last;
  for (const from of readings.slice(0, -1).reverse()) {
    if (coveredMs >= ESTIMATE_FROM_DAYS * DAY_MS) break;
    const gapMs = to.readAt.getTime() - from.readAt.getTime();
    if (gapMs <= VALID_GAP_MS) {
      coveredMs += gapMs;
      used += to.total - from.total;
    }
    to = from;
  }
  if (coveredMs === 0) return null;
  const more = (used * BigInt(at.getTime() - last.readAt.getTime())) / BigInt(coveredMs);
  return quantity(last.total + more - (more % BigInt(ctRatio)));
}
