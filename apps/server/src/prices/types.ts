import type { PlanVersion } from '@openprepay/domain';
import type { MeterKind } from '@openprepay/kernel';

/** A plan to be made. `rule` is checked when it is stored; see parseRule for its shape. */
export interface NewPlan {
  readonly planId: string;
  readonly kind: MeterKind;
  readonly name: string;
  /** At most one of a kind is the default of its market. */
  readonly marketDefault: boolean;
  readonly versions: readonly { readonly validFrom: Date; readonly rule: unknown }[];
}

export interface Plan {
  readonly planId: string;
  readonly kind: MeterKind;
  readonly name: string;
  readonly marketDefault: boolean;
  /** In order of validity. */
  readonly versions: readonly PlanVersion[];
}

/** All plans of a market, as settlement looks them up. */
export interface PriceBook {
  /** The account's own plan, else the market's default of the kind, else null: nothing can be priced yet. */
  planFor(kind: MeterKind, ownPlanId: string | null): Plan | null;
}
