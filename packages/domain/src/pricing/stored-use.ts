import type { Tariff } from './calendar.ts';
import type { PricePart } from './parts.ts';
import type { PriceRule } from './rule.ts';

/**
 * What prices a use by a rule, found again by the step and tariff that a charge says it had; nothing where the rule has
 * no such price.
 * @param step counted from 1; null where the rule has no steps
 * @param tariff null where the rule has no times of use
 */
export function priceOfUse(rule: PriceRule, step: number | null, tariff: Tariff | null): readonly PricePart[] {
  const ofTariff = (prices: Partial<Readonly<Record<Tariff, readonly PricePart[]>>> | undefined) =>
    (tariff === null ? undefined : prices?.[tariff]) ?? [];
  switch (rule.kind) {
    case 'flat':
      return rule.price;
    case 'tou':
      return ofTariff(rule.price);
    case 'steps':
      return rule.steps[(step ?? 0) - 1]?.price ?? [];
    case 'steps_tou':
      return ofTariff(rule.steps[(step ?? 0) - 1]?.price);
  }
}
