import { assert, type Fen, type NanoYuan, type Quantity, quantity, roundToFen, subtractFen } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import type { MeterValue } from './meter-value.ts';
import { billingPeriodOf } from './period.ts';
import type { PriceRule } from './rule.ts';
import { standingCharge } from './standing.ts';
import { divideUse, exactCost, joinUses, type PricedUse } from './use.ts';

export interface PlanVersion {
  readonly planId: string;
  readonly version: number;
  readonly validFrom: Date;
  readonly rule: PriceRule;
}

/** How far a meter's billing period has come. */
export interface BillingState {
  /** Which period, as billingPeriodOf names it; null before the first charge. */
  readonly billingPeriod: string | null;
  /** The reading that the period began with. */
  readonly periodFrom: Date;
  /** Use since then; it decides the step. */
  readonly use: Quantity;
  /** The exact sum since then; charged so far is this, rounded. */
  readonly exact: NanoYuan;
}

/** Use between two readings within one billing period, priced by one version of a plan. */
export interface Charge {
  readonly from: MeterValue;
  readonly to: MeterValue;
  readonly version: PlanVersion;
  readonly before: BillingState;
  readonly after: BillingState;
  /** Consecutive pairs of readings that it joins. */
  readonly intervals: number;
  /** The use by step and tariff; together it is what lies between the readings. */
  readonly uses: readonly PricedUse[];
  /** What of it is the standing charge. */
  readonly standing: NanoYuan;
  /** What this charge takes: the rounded sum of the period now less the rounded sum before. */
  readonly amountFen: Fen;
}

/** A meter that has not been charged for anything since a reading. */
export const newBilling = (from: MeterValue): BillingState => ({
  billingPeriod: null,
  periodFrom: from.readAt,
  use: quantity(0),
  exact: 0n as NanoYuan,
});

/** The version that holds at an instant: the last one valid by then, or null before the first. */
export function versionAt(versions: readonly PlanVersion[], at: Date): PlanVersion | null {
  let found: PlanVersion | null = null;
  for (const version of versions) {
    const from = version.validFrom.getTime();
    if (from <= at.getTime() && (found === null || from > found.validFrom.getTime())) found = version;
  }
  return found;
}

/**
 * Charges what lies between consecutive readings, joined as far as one version and one billing period go.
 *
 * An interval between two readings belongs to the version, and to the billing period, at its start: nothing is
 * interpolated, and the first reading at or after a border ends what was before it. Rounding happens on the sum of the
 * billing period, never on a single charge, so the charges of a period add up to its rounded sum however it was cut.
 * @param state how far the period had come at the first reading
 * @param readings in order of time, the last settled one first; fewer than two make no charge
 * @param zone of the market, whose months, years and hours count
 * @throws pricing.no_version when an interval begins before the first version, pricing.no_tariff_price
 */
export function chargeReadings(
  state: BillingState,
  readings: readonly MeterValue[],
  versions: readonly PlanVersion[],
  zone: string,
): Charge[] {
  const charges: Charge[] = [];
  let open: Charge | undefined;
  for (const [index, to] of readings.entries()) {
    const from = readings[index - 1];
    if (from === undefined) continue;
    assert(from.readAt < to.readAt && from.total <= to.total, 'good readings rise with time', { from, to });
    const version = versionAt(versions, from.readAt);
    if (version === null) {
      throw domainError('pricing.no_version', `no price was in force at ${from.readAt.toISOString()}`);
    }
    const now = enterPeriod(open?.after ?? state, billingPeriodOf(version.rule, from.readAt, zone), from);
    const uses = divideUse(version.rule, from, to, now.use, zone);
    const standing = standingCharge(version.rule, from.readAt, to.readAt, zone);
    const after: BillingState = {
      ...now,
      use: quantity(now.use + to.total - from.total),
      exact: (now.exact + exactCost(uses) + standing) as NanoYuan,
    };
    if (open?.version === version && open.after === now) {
      open = withAmount({
        ...open,
        to,
        after,
        intervals: open.intervals + 1,
        uses: joinUses(open.uses, uses),
        standing: (open.standing + standing) as NanoYuan,
      });
      charges[charges.length - 1] = open;
    } else {
      open = withAmount({ from, to, version, before: now, after, intervals: 1, uses, standing });
      charges.push(open);
    }
  }
  return charges;
}

const enterPeriod = (state: BillingState, billingPeriod: string, from: MeterValue): BillingState =>
  state.billingPeriod === billingPeriod ? state : { ...newBilling(from), billingPeriod };

const withAmount = (charge: Omit<Charge, 'amountFen'>): Charge => ({
  ...charge,
  amountFen: subtractFen(roundToFen(charge.after.exact), roundToFen(charge.before.exact)),
});
