import type { MeterKind } from '@openprepay/kernel';

/** An hour of a market's day. Days have 23 or 25 of them where the clocks are changed. */
export interface Hour {
  readonly from: Date;
  readonly to: Date;
}

/** What a market, or some of its buildings, used in an hour, in Wh or litres. */
export interface HourOfUse extends Record<string, unknown> {
  readonly hourAt: Date;
  readonly kind: MeterKind;
  readonly use: bigint;
  readonly seen: bigint;
  readonly seenOnline: bigint;
}

export interface HourOfMoney extends Record<string, unknown> {
  readonly hourAt: Date;
  readonly amountFen: bigint;
  readonly sales: bigint;
}

/** Two days of a market up to an instant, by hours. */
export interface TwoDays {
  readonly at: Date;
  readonly yesterday: readonly Hour[];
  readonly today: readonly Hour[];
}
