import { domainError } from '../errors.ts';
import { type Calendar, parseCalendar, TARIFFS, type Tariff, tariffsOf } from './calendar.ts';
import { isObject, shown } from './json.ts';
import { type PricePart, parseParts } from './parts.ts';
import { parseSteps, type Step, type StepPeriod } from './steps.ts';

/** A unit price for each tariff that has one. */
export type TariffPrices = Partial<Readonly<Record<Tariff, readonly PricePart[]>>>;

/** The same price for every unit at any time. */
export interface FlatRule {
  readonly kind: 'flat';
  readonly price: readonly PricePart[];
}

/** What tells the tariff of use: the meter's own registers, or the times of its readings. */
export interface TimeOfUse {
  readonly by: 'registers' | 'intervals';
  /** Also asked under `registers`, for intervals whose readings carry none. */
  readonly calendar: Calendar;
}

export interface TouRule extends TimeOfUse {
  readonly kind: 'tou';
  readonly price: TariffPrices;
}

export interface StepsRule {
  readonly kind: 'steps';
  readonly period: StepPeriod;
  readonly steps: readonly Step<readonly PricePart[]>[];
}

/** The step is that of the use of all tariffs together. */
export interface StepsTouRule extends TimeOfUse {
  readonly kind: 'steps_tou';
  readonly period: StepPeriod;
  readonly steps: readonly Step<TariffPrices>[];
}

/** How a plan prices use, told apart by `kind`. */
export type PriceRule = FlatRule | TouRule | StepsRule | StepsTouRule;

/**
 * Reads a rule as it is stored and imported; docs/price-plan.md shows the JSON of each kind. Prices are decimals in
 * yuan per kWh or m³ with at most six places, boundaries whole Wh or litres.
 * @throws pricing.bad_rule, pricing.bad_steps, pricing.bad_day_table, pricing.bad_seasons, pricing.bad_special_day
 */
export function parseRule(json: unknown): PriceRule {
  if (!isObject(json)) throw domainError('pricing.bad_rule', 'a price rule is an object');
  const { kind } = json;
  if (kind === 'flat') return { kind, price: parseParts(json['parts'], 'the flat price') };
  if (kind === 'steps') return { kind, ...parseSteps(json, (step, where) => parseParts(step['parts'], where)) };
  if (kind === 'tou') {
    const times = parseTimes(json);
    return { kind, ...times, price: parsePrices(json['prices'], times, 'times of use') };
  }
  if (kind === 'steps_tou') {
    const times = parseTimes(json);
    return { kind, ...times, ...parseSteps(json, (step, where) => parsePrices(step['prices'], times, where)) };
  }
  throw domainError('pricing.bad_rule', `unknown kind of price rule: ${shown(kind)}`);
}

function parseTimes(json: Readonly<Record<string, unknown>>): TimeOfUse {
  const { by } = json;
  if (by !== 'registers' && by !== 'intervals') {
    throw domainError('pricing.bad_rule', `times of use are told by registers or intervals, not by ${shown(by)}`);
  }
  return { by, calendar: parseCalendar(json['calendar']) };
}

function parsePrices(json: unknown, { calendar }: TimeOfUse, where: string): TariffPrices {
  if (!isObject(json)) throw domainError('pricing.bad_rule', `${where}: a price for each tariff is missing`);
  const prices = Object.entries(json).map(([name, parts]) => {
    const tariff = TARIFFS.find((one) => one === name);
    if (!tariff) throw domainError('pricing.bad_rule', `${where}: ${shown(name)} is none of ${TARIFFS.join(', ')}`);
    return [tariff, parseParts(parts, `${where}, ${tariff}`)] as const;
  });
  const unpriced = [...tariffsOf(calendar)].find((tariff) => !prices.some(([priced]) => priced === tariff));
  if (unpriced) throw domainError('pricing.bad_rule', `${where}: the calendar uses ${unpriced}, which has no price`);
  return Object.fromEntries(prices);
}
