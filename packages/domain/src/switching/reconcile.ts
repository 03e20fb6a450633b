/** What the meter last said of its own relay or valve. */
export type ReportedSwitch = 'on' | 'off' | 'fault' | 'unknown';

export interface ReconcileFacts {
  readonly wanted: 'on' | 'off' | null;
  readonly reported: ReportedSwitch;
  readonly reportedAt: Date | null;
  readonly hasOpenCommand: boolean;
  readonly hasOpenException: boolean;
  /** When the meter's last command ended, however it ended. */
  readonly lastCommandEndedAt: Date | null;
}

/** How long a meter that did not obey is left alone before it is told again: a person has it on a list meanwhile. */
export const RETRY_AFTER_EXCEPTION_S = 1800;

/**
 * Whether the meter must be told again. Only what it said after its last command counts, so that an old report never
 * makes a new command; a meter on the exception list is told again after a pause.
 */
export function mustTellAgain(facts: ReconcileFacts, at: Date): boolean {
  const { wanted, reported, reportedAt, lastCommandEndedAt } = facts;
  if (wanted === null || reported === wanted || reported === 'unknown' || facts.hasOpenCommand) return false;
  if (lastCommandEndedAt === null) return true;
  if (facts.hasOpenException) return at.getTime() - lastCommandEndedAt.getTime() >= RETRY_AFTER_EXCEPTION_S * 1000;
  return reportedAt !== null && reportedAt > lastCommandEndedAt;
}
