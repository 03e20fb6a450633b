import {
  assert,
  type Fen,
  type MicroYuan,
  type NanoYuan,
  priceExactly,
  type Quantity,
  roundToFen,
  subtractFen,
} from '@openprepay/kernel';

export interface Charge {
  /** The exact sum of the billing period including this charge. */
  readonly exactAfter: NanoYuan;
  /** What this charge takes: the rounded sum now less the rounded sum before. */
  readonly amountFen: Fen;
}

/**
 * Cumulative-difference charging: rounding happens on the sum of the billing period, never on a single charge, so the
 * charges of a period add up to its rounded sum however it was cut.
 * @param exactBefore the exact sum of the billing period so far
 * @param use Wh or litres, never negative
 */
export function chargeFor(exactBefore: NanoYuan, use: Quantity, price: MicroYuan): Charge {
  assert(use >= 0n, 'use is never negative', { use });
  const exactAfter = (exactBefore + priceExactly(use, price)) as NanoYuan;
  return { exactAfter, amountFen: subtractFen(roundToFen(exactAfter), roundToFen(exactBefore)) };
}
