import type { Quantity } from '@openprepay/kernel';

/** What a meter showed at an instant: Wh after CT, or litres. */
export interface MeterValue {
  readonly readAt: Date;
  readonly total: Quantity;
  /** The tariff registers in the order of TARIFFS, null where the meter has none. */
  readonly tariffs?: readonly (bigint | null)[] | null;
}
