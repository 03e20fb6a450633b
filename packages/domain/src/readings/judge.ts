import type { MeterValue } from '../pricing/index.ts';
import { type Counted, countingUnit, type MeterLimits, mostBetween, type Neighbours, turnOf } from './register.ts';

export type SuspectReason = 'decrease' | 'jump' | 'future_time' | 'tariff_sum' | 'clock_drift';

/** A reading to be judged, with the time it arrived. */
export interface Candidate extends MeterValue {
  readonly receivedAt: Date;
  /** The meter was asked, and answered at once: its time must be now. What it sends by itself, or kept, may be late. */
  readonly isAnswer: boolean;
}

/** A meter may show this far ahead of the time its reading arrived. */
const CLOCK_AHEAD_MS = 5 * 60_000;
/** And the answer of one that was asked so far behind. */
const CLOCK_BEHIND_MS = 10 * 60_000;
/** Sharp, peak, flat and valley: a meter that has these counts all its use in registers; deep valley is there or not. */
const WHOLE_SET = [0, 1, 2, 3] as const;

/**
 * Whether a reading can be believed, and if not, why. A reading between two good ones must fit both: what lies after
 * it counts as much as what lies before. A wrong time is named first, for a value can only be measured by its time.
 * @param reading counted on from its neighbours
 * @returns null for a good reading
 */
export function judge(
  reading: Candidate & Counted,
  { before, after }: Neighbours,
  limits: MeterLimits,
): SuspectReason | null {
  const lateMs = reading.receivedAt.getTime() - reading.readAt.getTime();
  if (lateMs < -CLOCK_AHEAD_MS) return 'future_time';
  if (reading.isAnswer && lateMs > CLOCK_BEHIND_MS) return 'clock_drift';
  if (before && reading.total < before.total) return 'decrease';
  if (after && reading.total > after.total) return 'decrease';
  if (before && reading.total - before.total > mostBetween(before, reading, limits)) return 'jump';
  if (after && after.total - reading.total > mostBetween(reading, after, limits)) return 'jump';
  return isSumWrong(reading, before, limits) ? 'tariff_sum' : null;
}

/**
 * The registers of a whole set add up to the total, but for one counting unit each and one for the total, for each is cut
 * off for itself. A meter whose registers were set to zero later than its total is off by the same amount for ever: once a
 * good reading was, so may the next.
 */
function isSumWrong(reading: MeterValue, before: MeterValue | null, limits: MeterLimits): boolean {
  const off = sumError(reading);
  if (off === null) return false;
  const tolerance = countingUnit(limits) * BigInt((reading.tariffs?.length ?? 0) + 1);
  if (distance(off, limits) <= tolerance) return false;
  const offBefore = before && sumError(before);
  return offBefore === null || distance(off - offBefore, limits) > tolerance;
}

/** Σ registers − total; null unless the whole set is there. */
function sumError({ total, tariffs }: MeterValue): bigint | null {
  if (!tariffs || WHOLE_SET.some((index) => (tariffs[index] ?? null) === null)) return null;
  return tariffs.reduce<bigint>((all, one) => all + (one ?? 0n), 0n) - total;
}

/** How far apart two places on a register are, whatever turns it made, by the shorter way round. */
function distance(difference: bigint, limits: MeterLimits): bigint {
  const apart = difference < 0n ? -difference : difference;
  const turn = turnOf(limits);
  if (turn === null) return apart;
  const within = apart % turn;
  return within < turn - within ? within : turn - within;
}
