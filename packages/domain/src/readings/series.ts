import type { MeterValue } from '../pricing/index.ts';
import { type Candidate, judge, type SuspectReason } from './judge.ts';
import { type Counted, countOn, type MeterLimits } from './register.ts';

export interface Verdict<C extends Candidate> {
  /** Its total and tariff registers go on from the readings before it. */
  readonly reading: C & Counted;
  /** null for a good reading. */
  readonly suspect: SuspectReason | null;
}

/**
 * Judges several readings of one meter together: in order of time, each against the good readings around it, the ones
 * accepted just now among them.
 * @param candidates as the register showed them, after CT
 * @param known good readings next to each candidate, in any order, repeats allowed
 */
export function judgeSeries<C extends Candidate>(
  candidates: readonly C[],
  known: readonly Counted[],
  limits: MeterLimits,
): Verdict<C>[] {
  const good: Counted[] = [...known].sort(byTime);
  return [...candidates].sort(byTime).map((shown) => {
    const at = good.findIndex((value) => value.readAt > shown.readAt);
    const next = at < 0 ? good.length : at;
    const around = { before: good[next - 1] ?? null, after: good[next] ?? null };
    const reading = countOn(shown, around, limits);
    const suspect = judge(reading, around, limits);
    if (suspect === null) good.splice(next, 0, reading);
    return { reading, suspect };
  });
}

const byTime = (a: MeterValue, b: MeterValue) => a.readAt.getTime() - b.readAt.getTime();
