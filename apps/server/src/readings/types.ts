import type { MeterKind, Quantity } from '@openprepay/kernel';

/** How a reading of the meter's own came about; backfilled ones are from its memory. */
export type LiveOrigin = 'scheduled' | 'pushed' | 'on_demand' | 'backfilled';
/** And those that a person gave. */
export type Origin = LiveOrigin | 'manual' | 'estimated';

/** One message of a meter, understood by the head-end: what it showed, what its switch was, and the bytes it said so in. */
export interface MeterReport {
  readonly marketId: string;
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
  readonly receivedAt: Date;
  readonly frame: { readonly protocol: string; readonly bytes: Uint8Array } | null;
  readonly reading: {
    /** The time at the meter. */
    readonly readAt: Date;
    /** As the register shows it: Wh after CT, or litres. */
    readonly total: Quantity;
    /** Sharp, peak, flat, valley, deep valley; null where the meter has none. */
    readonly tariffs: readonly (bigint | null)[] | null;
    readonly origin: LiveOrigin;
  } | null;
  /** Relay or valve as the meter itself reports it; null when the message does not say. */
  readonly switchState: 'on' | 'off' | 'fault' | null;
  readonly batteryLow?: boolean;
  readonly wakeExpectedAt?: Date | null;
}
