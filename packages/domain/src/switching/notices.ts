import type { Fen } from '@openprepay/kernel';
import { type AccountFacts, availableFen } from './facts.ts';

/** The steps before a cut, mildest first. */
export const NOTICE_STAGES = ['low_balance', 'final'] as const;
export type NoticeStage = (typeof NOTICE_STAGES)[number];

export interface NoticePlan {
  readonly raise: readonly NoticeStage[];
  readonly close: readonly NoticeStage[];
}

/**
 * The alarm ladder of one account: a stage fires once when what is available falls to its limit, and is armed again
 * once it is above. Only an open prepaid account has a ladder.
 */
export function planNotices(account: AccountFacts, lowBalanceFen: Fen, open: ReadonlySet<NoticeStage>): NoticePlan {
  const available = availableFen(account);
  const isOnLadder = account.state === 'open' && account.mode === 'prepaid';
  const isDue: Readonly<Record<NoticeStage, boolean>> = {
    low_balance: isOnLadder && available <= lowBalanceFen,
    final: isOnLadder && available <= 0n,
  };
  return {
    raise: NOTICE_STAGES.filter((stage) => isDue[stage] && !open.has(stage)),
    close: NOTICE_STAGES.filter((stage) => !isDue[stage] && open.has(stage)),
  };
}
