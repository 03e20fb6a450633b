import type { Fen } from '@openprepay/kernel';
import { type AccountFacts, availableFen } from './facts.ts';

/** The steps before a cut, mildest first: alarm 1, alarm 2, the final notice. */
export const NOTICE_STAGES = ['low_balance', 'alarm_2', 'final'] as const;
export type NoticeStage = (typeof NOTICE_STAGES)[number];

/** What a market warns at. The final notice is at zero, and the same everywhere. */
export interface AlarmLadder {
  /** Alarm 1. */
  readonly lowBalanceFen: Fen;
  /** Below alarm 1; null: the market has no second alarm. */
  readonly alarm2Fen: Fen | null;
  /** How far above its amount an alarm is armed again, so that a balance beside it does not alarm again and again. */
  readonly rearmFen: Fen;
}

export interface NoticePlan {
  readonly raise: readonly NoticeStage[];
  readonly close: readonly NoticeStage[];
}

/**
 * The alarm ladder of one account: a stage fires once when what is available falls to its amount, and is armed again
 * well above it. The final notice is armed again by the first fen above zero: nobody may be cut by a notice of an
 * earlier crossing. Only an open prepaid account has a ladder.
 */
export function planNotices(account: AccountFacts, ladder: AlarmLadder, open: ReadonlySet<NoticeStage>): NoticePlan {
  const available = availableFen(account);
  const isOnLadder = account.state === 'open' && account.mode === 'prepaid';
  const isAtMost = (stage: NoticeStage, marginFen: bigint) => {
    const limit = limitOf(stage, ladder);
    return isOnLadder && limit !== null && available <= limit + marginFen;
  };
  const stays = (stage: NoticeStage) => isAtMost(stage, stage === 'final' ? 0n : ladder.rearmFen);
  return {
    raise: NOTICE_STAGES.filter((stage) => !open.has(stage) && isAtMost(stage, 0n)),
    close: NOTICE_STAGES.filter((stage) => open.has(stage) && !stays(stage)),
  };
}

function limitOf(stage: NoticeStage, { lowBalanceFen, alarm2Fen }: AlarmLadder): bigint | null {
  if (stage === 'low_balance') return lowBalanceFen;
  return stage === 'alarm_2' ? alarm2Fen : 0n;
}
