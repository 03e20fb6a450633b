import type { MicroYuan } from '@openprepay/kernel';
import { isFree } from './allowance.ts';
import { TARIFFS, type Tariff } from './calendar.ts';
import type { PricePart } from './parts.ts';
import type { PriceRule, TariffPrices } from './rule.ts';

/**
 * Parts of these names pass on what the energy price must not hide, and stand on lines of their own: line loss, what the state
 * adds, common use. Every other part is of the energy price, whatever it is called.
 */
export const PASS_THROUGH: readonly string[] = ['loss', 'surcharge', 'common'];

export const energyPrice = (parts: readonly PricePart[]): MicroYuan =>
  parts.reduce((sum, { name, price }) => (PASS_THROUGH.includes(name) ? sum : sum + price), 0n) as MicroYuan;

/** One unit price of a rule: that of a step (counted from 1) and a tariff, where it has them. */
export interface UnitPrice {
  readonly step: number | null;
  readonly tariff: Tariff | null;
  readonly parts: readonly PricePart[];
}

/** Every unit price of a rule; what is free by an allowance is none. */
export function unitPrices(rule: PriceRule): UnitPrice[] {
  const ofTariffs = (prices: TariffPrices, step: number | null) =>
    TARIFFS.flatMap((tariff) => {
      const parts = prices[tariff];
      return parts === undefined ? [] : [{ step, tariff, parts }];
    });
  const all = (): UnitPrice[] => {
    switch (rule.kind) {
      case 'flat':
        return [{ step: null, tariff: null, parts: rule.price }];
      case 'tou':
        return ofTariffs(rule.price, null);
      case 'steps':
        return rule.steps.map(({ price }, index) => ({ step: index + 1, tariff: null, parts: price }));
      case 'steps_tou':
        return rule.steps.flatMap(({ price }, index) => ofTariffs(price, index + 1));
    }
  };
  return all().filter(({ parts }) => !isFree(parts));
}

/** The lowest and the highest energy price of a rule. */
export function energyRange(rule: PriceRule): { readonly lowest: MicroYuan; readonly highest: MicroYuan } {
  const [first = 0n as MicroYuan, ...rest] = unitPrices(rule).map(({ parts }) => energyPrice(parts));
  return rest.reduce(
    ({ lowest, highest }, one) => ({
      lowest: one < lowest ? one : lowest,
      highest: one > highest ? one : highest,
    }),
    { lowest: first, highest: first },
  );
}

/** The grid's own price of a month, YYYY-MM; one for each tariff where it has times of use. */
export interface GridPrice {
  readonly month: string;
  readonly price: MicroYuan;
  /** In the order of TARIFFS. */
  readonly tariffs: readonly (MicroYuan | null)[] | null;
}

export interface AboveGrid {
  readonly month: string;
  readonly step: number | null;
  readonly tariff: Tariff | null;
  readonly energy: MicroYuan;
  readonly grid: MicroYuan;
}

export interface CapFinding {
  /** `unknown`: nothing is noted that it could be held against. */
  readonly verdict: 'under' | 'over' | 'unknown';
  /** The month whose price stands for the first one, where that one's is not noted yet. */
  readonly standsIn: string | null;
  readonly over: readonly AboveGrid[];
}

/**
 * Holds each energy price of a rule against the grid's price of every noted month from the first it is in force in. Where that
 * one's is not noted yet, the last one before it stands in. A tariff is held against the grid's price of that tariff, where the
 * grid has one.
 * @param months the first and last month; null: for good
 */
export function holdAgainstGrid(
  rule: PriceRule,
  months: { readonly from: string; readonly to: string | null },
  noted: readonly GridPrice[],
): CapFinding {
  const inOrder = [...noted].sort((a, b) => (a.month < b.month ? -1 : 1));
  const inForce = inOrder.filter(({ month }) => month >= months.from && (months.to === null || month <= months.to));
  const before =
    inForce[0]?.month === months.from ? null : (inOrder.findLast(({ month }) => month < months.from) ?? null);
  const against = [...(before === null ? [] : [before]), ...inForce];
  const prices = unitPrices(rule);
  const over = against.flatMap((grid) =>
    prices.flatMap(({ step, tariff, parts }): AboveGrid[] => {
      const energy = energyPrice(parts);
      const limit = (tariff === null ? null : grid.tariffs?.[TARIFFS.indexOf(tariff)]) ?? grid.price;
      return energy > limit ? [{ month: grid.month, step, tariff, energy, grid: limit }] : [];
    }),
  );
  const verdict = against.length === 0 ? 'unknown' : over.length > 0 ? 'over' : 'under';
  return { verdict, standsIn: before?.month ?? null, over };
}
