import { assert, type MicroYuan, type NanoYuan, priceExactly, type Quantity, quantity } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { apportion } from './apportion.ts';
import { TARIFFS, type Tariff } from './calendar.ts';
import type { MeterValue } from './meter-value.ts';
import { type PricePart, unitPrice } from './parts.ts';
import type { PriceRule, StepsTouRule, TariffPrices, TouRule } from './rule.ts';
import { divideBySteps, type Step } from './steps.ts';
import { divideByTariffs } from './tariff-use.ts';

/** Use that one unit price prices. */
export interface PricedUse {
  /** Counted from 1; null where the rule has no steps. */
  readonly step: number | null;
  /** Null where the rule has no times of use. */
  readonly tariff: Tariff | null;
  readonly use: Quantity;
  readonly price: readonly PricePart[];
}

/** What use costs, before any rounding. */
export const exactCost = (uses: readonly PricedUse[]): NanoYuan =>
  uses.reduce((sum, { use, price }) => sum + priceExactly(use, unitPrice(price)), 0n) as NanoYuan;

/** What a unit cost on average, to six places, halves up. Where one price priced it all, it is that price. */
export function averagePrice(exact: NanoYuan, use: Quantity): MicroYuan {
  assert(exact >= 0n && use > 0n, 'only use has a price', { exact, use });
  return ((exact + use / 2n) / use) as MicroYuan;
}

/**
 * Divides the use between two consecutive readings by what prices it; parts without use are left out.
 * @param useBefore what was used in the billing period before the first reading
 * @throws pricing.no_tariff_price when a register counted in a tariff without a price
 */
export function divideUse(
  rule: PriceRule,
  from: MeterValue,
  to: MeterValue,
  useBefore: Quantity,
  zone: string,
): PricedUse[] {
  const use = quantity(to.total - from.total);
  assert(use >= 0n, 'use is never negative', { from, to });
  if (use === 0n) return [];
  switch (rule.kind) {
    case 'flat':
      return [{ step: null, tariff: null, use, price: rule.price }];
    case 'tou':
      return byTariff(rule.price, null, divideByTariffs(rule, from, to, zone));
    case 'steps':
      return eachStep(rule, divideBySteps(rule.steps, useBefore, use), (inStep, { price }, step) => [
        { step, tariff: null, use: inStep, price },
      ]);
    case 'steps_tou':
      return byStepAndTariff(rule, divideBySteps(rule.steps, useBefore, use), divideByTariffs(rule, from, to, zone));
  }
}

/**
 * The same of all that lies between the first and the last of consecutive readings, where there are no steps: then it makes no
 * difference which interval a use is of, and the tariffs of all are added up before they are priced.
 * @throws pricing.no_tariff_price
 */
export function divideAll(rule: TouRule, readings: readonly MeterValue[], zone: string): PricedUse[] {
  const sums = TARIFFS.map(() => 0n);
  let from: MeterValue | undefined;
  for (const to of readings) {
    if (from !== undefined && from.total !== to.total) {
      for (const [index, use] of divideByTariffs(rule, from, to, zone).entries())
        sums[index] = (sums[index] ?? 0n) + use;
    }
    from = to;
  }
  return byTariff(rule.price, null, sums);
}

/**
 * Nobody knows in which tariff the boundary was crossed, so each step, the lowest first, takes of every tariff in
 * proportion to what is left of it, by largest remainder; the last takes the rest.
 */
function byStepAndTariff(rule: StepsTouRule, inSteps: readonly Quantity[], inTariffs: readonly bigint[]): PricedUse[] {
  let left = inTariffs;
  return eachStep(rule, inSteps, (inStep, { price }, step) => {
    const shares = apportion(inStep, left);
    left = left.map((use, tariff) => use - (shares[tariff] ?? 0n));
    return byTariff(price, step, shares);
  });
}

/** What each step that has use of it makes of that, the lowest first. */
function eachStep<Price>(
  { steps }: { readonly steps: readonly Step<Price>[] },
  inSteps: readonly Quantity[],
  usesOf: (inStep: Quantity, step: Step<Price>, number: number) => PricedUse[],
): PricedUse[] {
  return steps.flatMap((step, index) => {
    const inStep = inSteps[index] ?? quantity(0);
    return inStep === 0n ? [] : usesOf(inStep, step, index + 1);
  });
}

function byTariff(prices: TariffPrices, step: number | null, uses: readonly bigint[]): PricedUse[] {
  return TARIFFS.flatMap((tariff, index) => {
    const use = quantity(uses[index] ?? 0n);
    if (use === 0n) return [];
    const price = prices[tariff];
    if (!price)
      throw domainError('pricing.no_tariff_price', `the meter counted ${use} in ${tariff}, which has no price`);
    return [{ step, tariff, use, price }];
  });
}

/** Adds up what the same price prices, in order of step and tariff. */
export function joinUses(uses: readonly PricedUse[], more: readonly PricedUse[]): PricedUse[] {
  const joined = [...uses];
  for (const one of more) {
    const index = joined.findIndex(({ step, tariff }) => step === one.step && tariff === one.tariff);
    const same = joined[index];
    if (same) joined[index] = { ...same, use: quantity(same.use + one.use) };
    else joined.push(one);
  }
  return joined.sort((a, b) => (a.step ?? 0) - (b.step ?? 0) || order(a.tariff) - order(b.tariff));
}

const order = (tariff: Tariff | null) => (TARIFFS as readonly (Tariff | null)[]).indexOf(tariff);
