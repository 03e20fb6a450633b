import { instantOf, type ZonedParts } from '@openprepay/kernel';

/** What is kept of a drift is a 32-bit number; a clock that is 68 years off is as wrong as one that is 70. */
const MOST_DRIFT_S = 2 ** 31 - 1;

/** How far a meter's wall clock is ahead of ours, in whole seconds; null where it shows no time that exists. */
export function clockDriftS(clock: ZonedParts | null, timeZone: string, at: Date): number | null {
  if (clock === null) return null;
  try {
    const driftS = Math.round((instantOf(clock, timeZone).getTime() - at.getTime()) / 1_000);
    return Math.max(-MOST_DRIFT_S, Math.min(driftS, MOST_DRIFT_S));
  } catch {
    return null;
  }
}
