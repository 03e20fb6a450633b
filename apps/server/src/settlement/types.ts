import type { BillingState, Charge } from '@openprepay/domain';
import type { MeterKind, Quantity } from '@openprepay/kernel';

/** How far a meter is settled for the account that has it. */
export interface Cursor {
  readonly accountId: string;
  /** The first reading of the account's time with this meter. */
  readonly openedAt: Date;
  readonly settledAt: Date;
  readonly settledValue: Quantity;
  /** Where the meter took another's place, it goes on from that one's. */
  readonly billing: BillingState;
}

/** A time in which one account had one meter, with the good readings in it that are to be settled. */
export interface Span {
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly accountId: string;
  readonly stallId: string;
  /** The account's own plan; null for the market's default. */
  readonly planId: string | null;
  readonly fromAt: Date;
  readonly toAt: Date | null;
  /** Where the meter took another's place in the account's time: how far that one's billing period had come at its end. */
  readonly carried: BillingState | null;
  /** In order of time; the settled one first where this span is the cursor's. */
  readonly readAts: readonly Date[];
  readonly totals: readonly Quantity[];
  /** The tariff registers of each reading as the database writes an array, `{1,NULL}`; null where it carries none. */
  readonly tariffs: readonly (string | null)[];
}

export interface MeterCharge extends Charge {
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly accountId: string;
  readonly stallId: string;
}

/** A meter that could not be settled, and the stable code of why. */
export interface Skipped {
  readonly meterId: string;
  readonly code: string;
  readonly message: string;
}

export interface Settled {
  readonly charges: number;
  readonly skipped: readonly Skipped[];
}
