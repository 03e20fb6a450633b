import { asShown, judgeSeries } from '@openprepay/domain';
import type { Tx } from '../platform/database.ts';
import { closeSettledHolds, listSuspects, rejudge } from './hold-store.ts';
import { limitsOf } from './judgement.ts';
import type { MeterFacts } from './meters.ts';
import { openHolds, surroundings } from './store.ts';

export interface Rejudgement {
  readonly now: Date;
  readonly operatorId: string;
  readonly note: string;
  /** A person said that the clock was wrong and the values are right. */
  readonly clockAccepted: boolean;
}

/**
 * Judges the suspect readings of a meter again: a hold whose reading turned good is over, and the first reading that is
 * still to be looked at is held.
 */
export async function judgeAgain(
  tx: Tx,
  marketId: string,
  meter: Omit<MeterFacts, 'serial'>,
  { now, operatorId, note, clockAccepted }: Rejudgement,
): Promise<void> {
  const limits = limitsOf(meter);
  const suspects = await listSuspects(tx, marketId, meter.meterId);
  const around = await surroundings(tx, marketId, suspects);
  const candidates = suspects.map((suspect) => ({
    ...asShown(suspect, limits),
    receivedAt: clockAccepted ? now : suspect.receivedAt,
    isAnswer: !clockAccepted && (suspect.origin === 'scheduled' || suspect.origin === 'on_demand'),
  }));
  const known = around.flatMap(({ good }) => good);
  const verdicts = judgeSeries(candidates, known, limits).map(({ reading, suspect }) => ({ ...reading, suspect }));
  await rejudge(tx, marketId, meter.meterId, verdicts);
  await closeSettledHolds(tx, marketId, meter.meterId, { at: now, operatorId, note });
  const next = verdicts.flatMap(({ meterId, readAt, suspect }) =>
    suspect === null ? [] : [{ meterId, readAt, reason: suspect, openedAt: now }],
  );
  await openHolds(tx, marketId, next.slice(0, 1));
}
