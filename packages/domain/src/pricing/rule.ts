import type { MicroYuan } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { parseAllowance, withAllowance } from './allowance.ts';
import { type Calendar, parseCalendar, TARIFFS, type Tariff, tariffsOf } from './calendar.ts';
import { isObject, shown } from './json.ts';
import { type PricePart, parseParts } from './parts.ts';
import { parseStanding } from './standing.ts';
import { parseSteps, type Step, type StepPeriod } from './steps.ts';

/** A unit price for each tariff that has one. */
export type TariffPrices = Partial<Readonly<Record<Tariff, readonly PricePart[]>>>;

/** What a rule of any kind may have. */
interface AnyRule {
  /** Taken for every midnight that a meter has an account, beside what its use costs. */
  readonly standingPerDay?: MicroYuan;
}

/** The same price for every unit at any time. */
export interface FlatRule extends AnyRule {
  readonly kind: 'flat';
  readonly price: readonly PricePart[];
}

/** What tells the tariff of use: the meter's own registers, or the times of its readings. */
export interface TimeOfUse {
  readonly by: 'registers' | 'intervals';
  /** Also asked under `registers`, for intervals whose readings carry none. */
  readonly calendar: Calendar;
}

export interface TouRule extends TimeOfUse, AnyRule {
  readonly kind: 'tou';
  readonly price: TariffPrices;
}

export interface StepsRule extends AnyRule {
  readonly kind: 'steps';
  readonly period: StepPeriod;
  readonly steps: readonly Step<readonly PricePart[]>[];
}

/** The step is that of the use of all tariffs together. */
export interface StepsTouRule extends TimeOfUse, AnyRule {
  readonly kind: 'steps_tou';
  readonly period: StepPeriod;
  readonly steps: readonly Step<TariffPrices>[];
}

/** How a plan prices use, told apart by `kind`. */
export type PriceRule = FlatRule | TouRule | StepsRule | StepsTouRule;

/** What may stand in a rule beside `kind`, `allowance` and `standing`: anything else is a slip that would go unseen. */
const FIELDS: Readonly<Record<PriceRule['kind'], readonly string[]>> = {
  flat: ['parts'],
  tou: ['by', 'calendar', 'prices'],
  steps: ['period', 'steps'],
  steps_tou: ['period', 'by', 'calendar', 'steps'],
};
const KINDS = ['flat', 'tou', 'steps', 'steps_tou'] as const;

/**
 * Reads a rule as it is stored and imported; docs/price-plan.md shows the JSON of each kind. Prices are decimals in
 * yuan per kWh or m³ with at most six places, boundaries whole Wh or litres. A free allowance is read as a first step at
 * zero, so a flat price with one is steps. Errors say in `details.at` where in the rule they are.
 * @throws pricing.bad_rule, pricing.bad_steps, pricing.bad_day_table, pricing.bad_seasons, pricing.bad_special_day,
 *   pricing.bad_allowance, pricing.bad_standing
 */
export function parseRule(json: unknown): PriceRule {
  if (!isObject(json)) throw domainError('pricing.bad_rule', 'a price rule is an object', { at: '' });
  const { allowance, standing, ...rest } = json;
  const priced = parsePriced(rest);
  const rule = standing === undefined ? priced : { ...priced, standingPerDay: parseStanding(standing) };
  return allowance === undefined ? rule : withAllowance(rule, parseAllowance(allowance));
}

function parsePriced({ kind: named, ...json }: Readonly<Record<string, unknown>>): PriceRule {
  const kind = KINDS.find((one) => one === named);
  if (kind === undefined) {
    throw domainError('pricing.bad_rule', `unknown kind of price rule: ${shown(named)}`, { at: 'kind' });
  }
  const unknown = Object.keys(json).find((name) => !FIELDS[kind].includes(name));
  if (unknown !== undefined) {
    throw domainError('pricing.bad_rule', `a ${kind} price has no ${shown(unknown)}`, { at: unknown });
  }
  switch (kind) {
    case 'flat':
      return { kind: 'flat', price: parseParts(json['parts'], 'the flat price', 'parts') };
    case 'steps':
      return {
        kind: 'steps',
        ...parseSteps(json, (step, where, at) => parseParts(step['parts'], where, `${at}.parts`)),
      };
    case 'tou': {
      const times = parseTimes(json);
      return { kind: 'tou', ...times, price: parsePrices(json['prices'], times, 'times of use', 'prices') };
    }
    case 'steps_tou': {
      const times = parseTimes(json);
      const pricesOf = (step: Readonly<Record<string, unknown>>, where: string, at: string) =>
        parsePrices(step['prices'], times, where, `${at}.prices`);
      return { kind: 'steps_tou', ...times, ...parseSteps(json, pricesOf) };
    }
  }
}

function parseTimes(json: Readonly<Record<string, unknown>>): TimeOfUse {
  const { by } = json;
  if (by !== 'registers' && by !== 'intervals') {
    throw domainError('pricing.bad_rule', `times of use are told by registers or intervals, not by ${shown(by)}`, {
      at: 'by',
    });
  }
  return { by, calendar: parseCalendar(json['calendar']) };
}

function parsePrices(json: unknown, { calendar }: TimeOfUse, where: string, at: string): TariffPrices {
  if (!isObject(json)) throw domainError('pricing.bad_rule', `${where}: a price for each tariff is missing`, { at });
  const prices = Object.entries(json).map(([name, parts]) => {
    const tariff = TARIFFS.find((one) => one === name);
    if (!tariff) {
      const why = `${where}: ${shown(name)} is none of ${TARIFFS.join(', ')}`;
      throw domainError('pricing.bad_rule', why, { at: `${at}.${name}` });
    }
    return [tariff, parseParts(parts, `${where}, ${tariff}`, `${at}.${tariff}`)] as const;
  });
  const unpriced = [...tariffsOf(calendar)].find((tariff) => !prices.some(([priced]) => priced === tariff));
  if (unpriced) {
    const why = `${where}: the calendar uses ${unpriced}, which has no price`;
    throw domainError('pricing.bad_rule', why, { at: `${at}.${unpriced}` });
  }
  return Object.fromEntries(prices);
}
