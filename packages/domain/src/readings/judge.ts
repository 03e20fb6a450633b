import type { MeterKind } from '@openprepay/kernel';
import type { MeterValue } from '../pricing/index.ts';

export type SuspectReason = 'decrease' | 'jump' | 'future_time';

/** A reading to be judged, with the time it arrived. */
export interface Candidate extends MeterValue {
  readonly receivedAt: Date;
}

/** The good readings next to it in time. */
export interface Neighbours {
  readonly before: MeterValue | null;
  readonly after: MeterValue | null;
}

/** What a meter can show at most. */
export interface MeterLimits {
  readonly kind: MeterKind;
  /** Wh or litres an hour at rated power or flow, before CT; null when the model is not known. */
  readonly maxPerHour: bigint | null;
  readonly ctRatio: number;
}

const MS_PER_HOUR = 3_600_000n;
/** A meter may show this far ahead of the time its reading arrived. */
const CLOCK_AHEAD_MS = 5 * 60_000;
/** Meters stamp whole seconds and are set right now and then: an interval may have been this much longer than it seems. */
const INTERVAL_ERROR_MS = 10_000n;
/** One step of the register, in Wh before CT or litres: what two exact readings may differ by beyond the true use. */
const COUNTING_UNIT = { electricity: 10n, water: 1n } as const;

/**
 * Whether a reading can be believed, and if not, why. A reading between two good ones must fit both: what lies after
 * it counts as much as what lies before.
 * @returns null for a good reading
 */
export function judge(reading: Candidate, { before, after }: Neighbours, limits: MeterLimits): SuspectReason | null {
  if (reading.readAt.getTime() > reading.receivedAt.getTime() + CLOCK_AHEAD_MS) return 'future_time';
  if (before && reading.total < before.total) return 'decrease';
  if (after && reading.total > after.total) return 'decrease';
  if (before && reading.total - before.total > mostBetween(before, reading, limits)) return 'jump';
  if (after && after.total - reading.total > mostBetween(reading, after, limits)) return 'jump';
  return null;
}

/** Rated power or flow × time × 1.2, and one step of the register, so that short intervals raise no false alarm. */
function mostBetween(from: MeterValue, to: MeterValue, { kind, maxPerHour, ctRatio }: MeterLimits): bigint {
  if (maxPerHour === null) return to.total;
  const elapsedMs = BigInt(to.readAt.getTime() - from.readAt.getTime()) + INTERVAL_ERROR_MS;
  const ct = BigInt(ctRatio);
  return (maxPerHour * ct * elapsedMs * 12n) / (10n * MS_PER_HOUR) + COUNTING_UNIT[kind] * ct;
}
