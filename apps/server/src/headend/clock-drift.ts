import { instantOf, type ZonedParts } from '@openprepay/kernel';

/** How far a meter's wall clock is ahead of ours, in whole seconds; null where it shows no time that exists. */
export function clockDriftS(clock: ZonedParts | null, timeZone: string, at: Date): number | null {
  if (clock === null) return null;
  try {
    return Math.round((instantOf(clock, timeZone).getTime() - at.getTime()) / 1_000);
  } catch {
    return null;
  }
}
