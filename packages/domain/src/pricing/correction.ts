import { assert, type Fen, type NanoYuan, quantity, roundToFen, subtractFen } from '@openprepay/kernel';
import type { BillingState, PlanVersion } from './charge.ts';
import type { MeterValue } from './meter-value.ts';
import { divideUse, exactCost, joinUses, type PricedUse } from './use.ts';

/** What lies between two consecutive readings. */
export interface Interval {
  readonly from: MeterValue;
  readonly to: MeterValue;
}

/** What puts a charge right whose reading was wrong. */
export interface Correction {
  readonly version: PlanVersion;
  /** Where the billing period of the charge stands now, or where it ended. */
  readonly before: BillingState;
  readonly after: BillingState;
  /** What each step and tariff gets more, or less where negative. */
  readonly uses: readonly PricedUse[];
  /** What the account pays more, or less where negative: the rounded sum now less the rounded sum before. */
  readonly amountFen: Fen;
}

/**
 * Puts an interval's true use in the place of what was said of it: the said use is taken back from the end of the billing
 * period, and the true one counted on from there. So for one price, and for steps, the period costs exactly what it would
 * have cost with the truth; nothing that was charged meanwhile is divided again.
 *
 * Times of use: what is taken back, and what is put there, is divided as the interval between its two readings is divided:
 * by its registers where both readings carry them, by time otherwise. Under `tou` that too gives what the truth would have.
 * Under steps × times of use the tariffs of an interval are spread over the steps it now lies in.
 * @param state of the billing period, said use included
 * @param version that priced the charge
 * @throws pricing.no_tariff_price
 */
export function correctInterval(
  state: BillingState,
  version: PlanVersion,
  said: Interval,
  truth: Interval,
  zone: string,
): Correction {
  const saidUse = said.to.total - said.from.total;
  const trueUse = truth.to.total - truth.from.total;
  assert(saidUse >= 0n && trueUse >= 0n && saidUse <= state.use, 'what is taken back was charged', {
    state,
    said,
    truth,
  });
  const withoutIt = quantity(state.use - saidUse);
  const back = divideUse(version.rule, said.from, said.to, withoutIt, zone);
  const forth = divideUse(version.rule, truth.from, truth.to, withoutIt, zone);
  const uses = joinUses(
    forth,
    back.map((one) => ({ ...one, use: quantity(-one.use) })),
  ).filter(({ use }) => use !== 0n);
  const after: BillingState = {
    ...state,
    use: quantity(withoutIt + trueUse),
    exact: (state.exact + exactCost(uses)) as NanoYuan,
  };
  return {
    version,
    before: state,
    after,
    uses,
    amountFen: subtractFen(roundToFen(after.exact), roundToFen(state.exact)),
  };
}
