import { parseDecimal, type Quantity, quantity } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { isObject, shown } from './json.ts';
import type { PricePart } from './parts.ts';
import type { PriceRule, TariffPrices } from './rule.ts';
import type { Step, StepPeriod } from './steps.ts';

/** So much of each month or year is free. */
export interface Allowance {
  readonly quantity: Quantity;
  readonly per: StepPeriod;
}

/** The price of free use. */
const FREE_NAME = 'allowance';
const FREE: readonly PricePart[] = [{ name: FREE_NAME, price: 0n as PricePart['price'] }];

/** Whether a price is that of free use. */
export const isFree = (parts: readonly PricePart[]): boolean =>
  parts.length === 1 && parts.every(({ name, price }) => name === FREE_NAME && price === 0n);

/**
 * Reads `{"quantity": "50", "per": "month"}`: kWh or m³, at most three places.
 * @throws pricing.bad_allowance
 */
export function parseAllowance(json: unknown): Allowance {
  const { quantity: size, per, ...others } = isObject(json) ? json : {};
  if ((per !== 'month' && per !== 'year') || Object.keys(others).length > 0) {
    throw badAllowance('is {"quantity": …, "per": "month" or "year"}', 'allowance.per');
  }
  let parsed = 0n;
  try {
    parsed = parseDecimal(typeof size === 'string' ? size : '', 3);
  } catch {
    throw badAllowance(`is a decimal in quotes with at most three places, not ${shown(size)}`, 'allowance.quantity');
  }
  if (parsed <= 0n) throw badAllowance('is above 0', 'allowance.quantity');
  return { quantity: quantity(parsed), per };
}

/**
 * A rule whose use is free up to the allowance: a first step at zero in front of what the rule says. The steps of the rule
 * stay where they are, for they count all use; one that ends within the allowance is never reached.
 * @throws pricing.bad_allowance where the rule's own steps begin anew at other times
 */
export function withAllowance(rule: PriceRule, { quantity: upTo, per: period }: Allowance): PriceRule {
  if ('period' in rule && rule.period !== period) {
    throw badAllowance(`and the steps begin anew each ${rule.period}, or there are no steps`, 'allowance.per');
  }
  const standing = rule.standingPerDay === undefined ? {} : { standingPerDay: rule.standingPerDay };
  switch (rule.kind) {
    case 'flat':
      return {
        kind: 'steps',
        period,
        steps: [
          { upTo, price: FREE },
          { upTo: null, price: rule.price },
        ],
        ...standing,
      };
    case 'tou': {
      const { by, calendar, price } = rule;
      const steps = [
        { upTo, price: freeOf(price) },
        { upTo: null, price },
      ];
      return { kind: 'steps_tou', period, by, calendar, steps, ...standing };
    }
    case 'steps':
      return { ...rule, steps: [{ upTo, price: FREE }, ...reached(rule.steps, upTo)] };
    case 'steps_tou':
      return { ...rule, steps: [{ upTo, price: freeOf(rule.steps[0]?.price ?? {}) }, ...reached(rule.steps, upTo)] };
  }
}

const reached = <Price>(steps: readonly Step<Price>[], allowance: Quantity): readonly Step<Price>[] =>
  steps.filter(({ upTo }) => upTo === null || upTo > allowance);

/** In the tariffs that have a price, so that use in another one is still refused. */
const freeOf = (prices: TariffPrices): TariffPrices =>
  Object.fromEntries(Object.keys(prices).map((tariff) => [tariff, FREE]));

const badAllowance = (why: string, at: string) =>
  domainError('pricing.bad_allowance', `the free allowance ${why}`, { at });
