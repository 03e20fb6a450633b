import { type Fen, fen, type NanoYuan, type Quantity, quantity, roundToFen, subtractFen } from '@openprepay/kernel';
import { type BillingState, chargeReadings, type PlanVersion } from './charge.ts';
import type { MeterValue } from './meter-value.ts';
import { billingPeriodOf } from './period.ts';
import type { PriceRule } from './rule.ts';
import { standingCharge } from './standing.ts';
import { divideAll, exactCost } from './use.ts';

/** The part of a charge that lies within a time, which it may begin before or go on after. */
export interface ChargedPart {
  readonly amountFen: Fen;
  /** Where the billing period stood when that part began. */
  readonly before: BillingState;
}

/**
 * What of a charge was for the intervals between two of its readings: the charge is made again up to either.
 * @param before where its billing period stood when it began
 * @param readings all that it joined
 */
export function partOfCharge(
  before: BillingState,
  version: PlanVersion,
  readings: readonly MeterValue[],
  from: Date,
  to: Date,
  zone: string,
): ChargedPart {
  const upTo = (end: Date) =>
    chargeReadings(
      before,
      readings.filter(({ readAt }) => readAt <= end),
      [version],
      zone,
    ).at(-1);
  const first = upTo(from);
  const whole = upTo(to);
  return {
    amountFen: fen((whole?.amountFen ?? 0n) - (first?.amountFen ?? 0n)),
    before: first?.after ?? before,
  };
}

/** Charged use of one account by one meter that followed without a gap, to be priced by a draft. */
export interface ShadowStretch {
  /** Where its billing period truly stood at its first reading. */
  readonly opening: BillingState;
  /** What was used since the year of its first reading began; needed by steps that count by the year alone. */
  readonly usedInYear: Quantity;
  /** Its good readings, the first one opens; where the draft has no times of use the first and last will do. */
  readonly readings: readonly MeterValue[];
}

/** What the draft makes of a stretch, and where its billing period then stands, for a meter that takes the place. */
export interface ShadowCharge {
  readonly wouldBeFen: Fen;
  readonly use: Quantity;
  readonly after: BillingState;
}

/**
 * Prices a stretch as if the draft had come into force with its first reading: a billing period of the same name goes on from
 * where it stood, as it does when a version changes; any other begins anew, a year with what was used in it so far. So the
 * rule that was in force makes of a stretch exactly what was charged.
 * @param carried where the draft left the meter whose place this one took; null otherwise
 * @throws pricing.no_tariff_price
 */
export function shadowCharge(
  rule: PriceRule,
  { opening, usedInYear, readings }: ShadowStretch,
  carried: BillingState | null,
  zone: string,
): ShadowCharge {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) {
    return { wouldBeFen: fen(0), use: quantity(0), after: carried ?? opening };
  }
  const state = carried ?? openingOf(rule, first, opening, usedInYear, zone);
  const use = quantity(last.total - first.total);
  if (rule.kind === 'tou') {
    const standing = standingCharge(rule, first.readAt, last.readAt, zone);
    const exact = (state.exact + exactCost(divideAll(rule, readings, zone)) + standing) as NanoYuan;
    const after = { ...state, use: quantity(state.use + use), exact };
    return { wouldBeFen: subtractFen(roundToFen(exact), roundToFen(state.exact)), use, after };
  }
  const version: PlanVersion = { planId: 'draft', version: 0, validFrom: first.readAt, rule };
  const charges = chargeReadings(state, readings, [version], zone);
  const wouldBeFen = fen(charges.reduce((sum, { amountFen }) => sum + amountFen, 0n));
  return { wouldBeFen, use, after: charges.at(-1)?.after ?? state };
}

function openingOf(
  rule: PriceRule,
  first: MeterValue,
  opening: BillingState,
  usedInYear: Quantity,
  zone: string,
): BillingState {
  const billingPeriod = billingPeriodOf(rule, first.readAt, zone);
  if (opening.billingPeriod === billingPeriod) return opening;
  const isYear = 'period' in rule && rule.period === 'year';
  return {
    billingPeriod,
    periodFrom: first.readAt,
    use: isYear ? usedInYear : quantity(0),
    exact: 0n as NanoYuan,
  };
}
