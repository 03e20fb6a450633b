import type { Fen } from '@openprepay/kernel';
import type { FriendlyHours, Holiday } from './calendar.ts';

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
  /** The stall is of a type that the market never cuts. */
  readonly protectedType: boolean;
  /** The friendly hours that are on now for the stall. */
  readonly friendlyHours: FriendlyHours | null;
  /** The holiday that it is today for the stall. */
  readonly holiday: Holiday | null;
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

/** What the tenant can still use: utility purse + credit limit + emergency credit left. */
export const availableFen = (account: AccountFacts): Fen =>
  (account.utilityFen + account.creditLimitFen + account.emergencyLeftFen) as Fen;

/** Whether an override still holds at this instant; it ends at `until`, not after it. */
export const overrideHolds = (override: Override, at: Date): boolean =>
  override.mode !== 'auto' && (override.until === null || at < override.until);

/** Whether supply is wanted off because the balance was used up, and it has not come back to the minimum yet. */
export const isCutForBalance = (wanted: 'on' | 'off' | null, reason: string | null): boolean =>
  wanted === 'off' && (reason === 'balance_used_up' || reason === 'below_restore_minimum');

export const secondsSince = (then: Date, at: Date): number => (at.getTime() - then.getTime()) / 1000;
