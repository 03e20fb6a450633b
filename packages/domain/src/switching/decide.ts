import { availableFen, overrideHolds, type SwitchFacts, secondsSince } from './facts.ts';

/** Stable codes of the rules, in their order: the first that holds decides. */
export const SWITCH_REASONS = [
  'safety_lockout',
  'forced_off',
  'forced_on',
  'not_open',
  'postpaid',
  'below_restore_minimum',
  'balance_available',
  'protected_stall',
  'friendly_hours',
  'holiday',
  'notice_not_delivered',
  'notice_waiting',
  'stale_data',
  'balance_used_up',
] as const;
export type SwitchReason = (typeof SWITCH_REASONS)[number];

/** `leave`: nothing changes, whatever the meter is now. */
export interface SwitchDecision {
  readonly wanted: 'on' | 'off' | 'leave';
  readonly reason: SwitchReason;
}

interface SwitchRule {
  /** Whether the facts are what the rule is about; whether it decides depends on those before it as well. */
  holds(facts: SwitchFacts, at: Date): boolean;
  wanted(facts: SwitchFacts): SwitchDecision['wanted'];
}

const on = () => 'on' as const;
const off = () => 'off' as const;
const leave = () => 'leave' as const;

const forced = (mode: 'forced_on' | 'forced_off') => (facts: SwitchFacts, at: Date) =>
  facts.override.mode === mode && overrideHolds(facts.override, at);

const available = ({ account }: SwitchFacts): bigint => (account === null ? 0n : availableFen(account));

/** The rules. Those that leave a meter whose balance is used up stand between the balance and the cut. */
export const SWITCH_RULES: Readonly<Record<SwitchReason, SwitchRule>> = {
  safety_lockout: { holds: (facts) => facts.safetyLockout, wanted: off },
  forced_off: { holds: forced('forced_off'), wanted: off },
  forced_on: { holds: forced('forced_on'), wanted: on },
  not_open: {
    holds: (facts) => facts.account?.state !== 'open',
    wanted: (facts) => (facts.notOpenIsOff ? 'off' : 'leave'),
  },
  postpaid: { holds: (facts) => facts.account?.mode === 'postpaid', wanted: on },
  below_restore_minimum: {
    holds: (facts) => facts.cutForBalance && available(facts) > 0n && available(facts) < facts.restoreMinimumFen,
    wanted: leave,
  },
  balance_available: { holds: (facts) => available(facts) > 0n, wanted: on },
  protected_stall: { holds: (facts) => facts.protectedStall || facts.protectedType, wanted: leave },
  friendly_hours: { holds: (facts) => facts.friendlyHours !== null, wanted: leave },
  holiday: { holds: (facts) => facts.holiday !== null, wanted: leave },
  notice_not_delivered: { holds: (facts) => !facts.finalNotice?.deliveredAt, wanted: leave },
  notice_waiting: {
    holds({ finalNotice, finalNoticeWaitS }, at) {
      const deliveredAt = finalNotice?.deliveredAt ?? null;
      return deliveredAt !== null && secondsSince(deliveredAt, at) < finalNoticeWaitS;
    },
    wanted: leave,
  },
  stale_data: {
    holds: ({ lastReadAt, staleAfterS }, at) => lastReadAt === null || secondsSince(lastReadAt, at) > staleAfterS,
    wanted: leave,
  },
  balance_used_up: { holds: (facts) => facts.account !== null && available(facts) <= 0n, wanted: off },
};

/** The switch decision: the first rule that holds decides. Pure; `at` is business time. */
export function decide(facts: SwitchFacts, at: Date): SwitchDecision {
  const reason = SWITCH_REASONS.find((code) => SWITCH_RULES[code].holds(facts, at)) ?? 'balance_used_up';
  return { wanted: SWITCH_RULES[reason].wanted(facts), reason };
}
