import { turnOf } from '@openprepay/domain';
import { formatQuantity, type MeterKind, parseDecimal, type Quantity, quantity } from '@openprepay/kernel';
import { readingsError } from './errors.ts';
import { limitsOf } from './judgement.ts';

/** What says how a meter's totals and its register go together. */
export interface RegisterFacts {
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
}

/** kWh or m³ as a person reads it, before CT, as whole Wh or litres. */
export const parseRegister = (text: string): Quantity => quantity(parseDecimal(text, 3));

/** What the register showed, before CT, in kWh or m³ with three decimals. */
export function registerText(meter: RegisterFacts, total: Quantity, turnovers: number): string {
  const shown = total - BigInt(turnovers) * (turnOf(limitsOf(meter)) ?? 0n);
  return formatQuantity(quantity(shown / BigInt(meter.ctRatio)));
}

/** How often a register had wrapped that counted so much in all. */
export function turnoversAt(meter: RegisterFacts, total: Quantity): number {
  const turn = turnOf(limitsOf(meter));
  return turn === null ? 0 : Number(total / turn);
}

/**
 * What a person read, after CT.
 * @throws readings.beyond_register for a value that the register cannot show
 */
export function afterCt(meter: RegisterFacts, register: bigint): Quantity {
  const { modulus } = limitsOf(meter);
  if (modulus !== null && register >= modulus) {
    throw readingsError('readings.beyond_register', `the register of a ${meter.model} wraps before this value`);
  }
  return quantity(register * BigInt(meter.ctRatio));
}
