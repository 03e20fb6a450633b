import type { Fen } from '@openprepay/kernel';
import { decide, SWITCH_REASONS, SWITCH_RULES, type SwitchDecision, type SwitchReason } from './decide.ts';
import { availableFen, type SwitchFacts, secondsSince } from './facts.ts';

/** Named with their units: …Fen is money, …S seconds, …At an instant, …Minute a minute of the day. */
export type ExplainedFacts = Readonly<Record<string, Fen | Date | string | number | boolean | null>>;

/** One rule and what it looked at. */
export interface ExplainedRule {
  readonly rule: SwitchReason;
  /** The facts are what the rule is about. */
  readonly holds: boolean;
  /** It is the first that holds. */
  readonly decides: boolean;
  /** What it asks for where it decides. */
  readonly wanted: SwitchDecision['wanted'];
  readonly facts: ExplainedFacts;
}

export interface ExplainedDecision extends SwitchDecision {
  /** Every rule, in the order in which they are asked. */
  readonly rules: readonly ExplainedRule[];
}

/** Why a meter is decided as it is: `decide` itself, with every rule and the facts it looked at. Pure. */
export function explainDecision(facts: SwitchFacts, at: Date): ExplainedDecision {
  const decision = decide(facts, at);
  return {
    ...decision,
    rules: SWITCH_REASONS.map((rule) => ({
      rule,
      holds: SWITCH_RULES[rule].holds(facts, at),
      decides: rule === decision.reason,
      wanted: SWITCH_RULES[rule].wanted(facts),
      facts: FACTS_OF[rule](facts, at),
    })),
  };
}

const override = ({ override: { mode, until } }: SwitchFacts) => ({ override: mode, untilAt: until });
const balance = ({ account }: SwitchFacts) =>
  account && {
    availableFen: availableFen(account),
    utilityFen: account.utilityFen,
    creditLimitFen: account.creditLimitFen,
    emergencyLeftFen: account.emergencyLeftFen,
  };

const FACTS_OF: Readonly<Record<SwitchReason, (facts: SwitchFacts, at: Date) => ExplainedFacts>> = {
  safety_lockout: () => ({}),
  forced_off: override,
  forced_on: override,
  not_open: ({ account, notOpenIsOff }) => ({ accountState: account?.state ?? null, notOpenIsOff }),
  postpaid: ({ account }) => ({ mode: account?.mode ?? null }),
  below_restore_minimum: ({ account, restoreMinimumFen, cutForBalance }) => ({
    availableFen: account && availableFen(account),
    restoreMinimumFen,
    cutForBalance,
  }),
  balance_available: (facts) => ({ ...balance(facts) }),
  protected_stall: ({ protectedStall, protectedType }) => ({ protectedStall, protectedType }),
  friendly_hours: ({ friendlyHours }) =>
    friendlyHours
      ? {
          fromMinute: friendlyHours.fromMinute,
          toMinute: friendlyHours.toMinute,
          stallType: friendlyHours.stallType,
        }
      : {},
  holiday: ({ holiday }) =>
    holiday ? { name: holiday.name, firstDay: holiday.firstDay, lastDay: holiday.lastDay } : {},
  notice_not_delivered: ({ finalNotice }) => ({
    isRaised: finalNotice !== null,
    deliveredAt: finalNotice?.deliveredAt ?? null,
  }),
  notice_waiting({ finalNotice, finalNoticeWaitS }) {
    const deliveredAt = finalNotice?.deliveredAt ?? null;
    const endsAt = deliveredAt && new Date(deliveredAt.getTime() + finalNoticeWaitS * 1000);
    return { deliveredAt, waitS: finalNoticeWaitS, endsAt };
  },
  stale_data: ({ lastReadAt, staleAfterS }, at) => ({
    lastReadAt,
    ageS: lastReadAt && Math.floor(secondsSince(lastReadAt, at)),
    staleAfterS,
  }),
  balance_used_up: (facts) => ({ ...balance(facts) }),
};
