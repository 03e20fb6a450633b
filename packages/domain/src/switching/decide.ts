import type { Fen } from '@openprepay/kernel';

export type OverrideMode = 'auto' | 'forced_on' | 'forced_off';

/** What a person ordered for one meter. `until` null: until somebody changes it. */
export interface Override {
  readonly mode: OverrideMode;
  readonly until: Date | null;
}

/** The account whose tenant uses the meter. Both purse and limits are of the utility purse, the only one that switches. */
export interface AccountFacts {
  readonly state: 'prepared' | 'open' | 'closed';
  readonly mode: 'prepaid' | 'postpaid';
  readonly utilityFen: Fen;
  readonly creditLimitFen: Fen;
  readonly emergencyLeftFen: Fen;
}

/** Everything the decision for one meter depends on. */
export interface SwitchFacts {
  readonly safetyLockout: boolean;
  readonly override: Override;
  /** Null where no account has the meter's stall. */
  readonly account: AccountFacts | null;
  readonly notOpenIsOff: boolean;
  readonly protectedStall: boolean;
  readonly inFriendlyHours: boolean;
  readonly isHoliday: boolean;
  /** The final notice of this crossing; null while there is none. */
  readonly finalNotice: { readonly deliveredAt: Date | null } | null;
  readonly finalNoticeWaitS: number;
  /** Time of the meter's last good reading. */
  readonly lastReadAt: Date | null;
  readonly staleAfterS: number;
  /** Supply is off now because the balance was used up: it comes back only from the minimum on. */
  readonly cutForBalance: boolean;
  readonly restoreMinimumFen: Fen;
}

/** Stable codes of the rule that decided. */
export type SwitchReason =
  | 'safety_lockout'
  | 'forced_off'
  | 'forced_on'
  | 'not_open'
  | 'postpaid'
  | 'balance_available'
  | 'balance_used_up'
  | 'below_restore_minimum'
  | 'protected_stall'
  | 'friendly_hours'
  | 'holiday'
  | 'notice_not_delivered'
  | 'notice_waiting'
  | 'stale_data';

/** `leave`: nothing changes, whatever the meter is now. */
export interface SwitchDecision {
  readonly wanted: 'on' | 'off' | 'leave';
  readonly reason: SwitchReason;
}

/** What the tenant can still use: utility purse + credit limit + emergency credit left. */
export const availableFen = (account: AccountFacts): Fen =>
  (account.utilityFen + account.creditLimitFen + account.emergencyLeftFen) as Fen;

/** Whether an override still holds at this instant; it ends at `until`, not after it. */
export const overrideHolds = (override: Override, at: Date): boolean =>
  override.mode !== 'auto' && (override.until === null || at < override.until);

/** Whether supply is wanted off because the balance was used up, and it has not come back to the minimum yet. */
export const isCutForBalance = (wanted: 'on' | 'off' | null, reason: string | null): boolean =>
  wanted === 'off' && (reason === 'balance_used_up' || reason === 'below_restore_minimum');

/** The switch decision: the first rule that applies decides. Pure; `at` is business time. */
export function decide(facts: SwitchFacts, at: Date): SwitchDecision {
  const { account, override } = facts;
  if (facts.safetyLockout) return { wanted: 'off', reason: 'safety_lockout' };
  if (override.mode === 'forced_off' && overrideHolds(override, at)) return { wanted: 'off', reason: 'forced_off' };
  if (override.mode === 'forced_on' && overrideHolds(override, at)) return { wanted: 'on', reason: 'forced_on' };
  if (account?.state !== 'open') return { wanted: facts.notOpenIsOff ? 'off' : 'leave', reason: 'not_open' };
  if (account.mode === 'postpaid') return { wanted: 'on', reason: 'postpaid' };

  const available = availableFen(account);
  if (available > 0n) {
    return facts.cutForBalance && available < facts.restoreMinimumFen
      ? { wanted: 'leave', reason: 'below_restore_minimum' }
      : { wanted: 'on', reason: 'balance_available' };
  }
  const obstacle = whatForbidsACut(facts, at);
  return obstacle ? { wanted: 'leave', reason: obstacle } : { wanted: 'off', reason: 'balance_used_up' };
}

/** Why a meter may not be cut for its balance now, or null. */
function whatForbidsACut(facts: SwitchFacts, at: Date): SwitchReason | null {
  if (facts.protectedStall) return 'protected_stall';
  if (facts.inFriendlyHours) return 'friendly_hours';
  if (facts.isHoliday) return 'holiday';
  const deliveredAt = facts.finalNotice?.deliveredAt ?? null;
  if (deliveredAt === null) return 'notice_not_delivered';
  if (secondsSince(deliveredAt, at) < facts.finalNoticeWaitS) return 'notice_waiting';
  if (facts.lastReadAt === null || secondsSince(facts.lastReadAt, at) > facts.staleAfterS) return 'stale_data';
  return null;
}

const secondsSince = (then: Date, at: Date): number => (at.getTime() - then.getTime()) / 1000;
