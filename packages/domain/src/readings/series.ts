import type { MeterValue } from '../pricing/index.ts';
import { type Candidate, judge, type MeterLimits, type SuspectReason } from './judge.ts';

export interface Verdict<C extends Candidate> {
  readonly reading: C;
  /** null for a good reading. */
  readonly suspect: SuspectReason | null;
}

/**
 * Judges several readings of one meter together: in order of time, each against the good readings around it, the ones
 * accepted just now among them.
 * @param known good readings next to each candidate, in any order, repeats allowed
 */
export function judgeSeries<C extends Candidate>(
  candidates: readonly C[],
  known: readonly MeterValue[],
  limits: MeterLimits,
): Verdict<C>[] {
  const good = [...known].sort(byTime);
  return [...candidates].sort(byTime).map((reading) => {
    const at = good.findIndex((value) => value.readAt > reading.readAt);
    const next = at < 0 ? good.length : at;
    const suspect = judge(reading, { before: good[next - 1] ?? null, after: good[next] ?? null }, limits);
    if (suspect === null) good.splice(next, 0, reading);
    return { reading, suspect };
  });
}

const byTime = (a: MeterValue, b: MeterValue) => a.readAt.getTime() - b.readAt.getTime();
