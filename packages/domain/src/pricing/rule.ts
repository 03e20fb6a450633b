import { type MicroYuan, parsePrice } from '@openprepay/kernel';
import { domainError } from '../errors.ts';

/** One part of a unit price (energy, loss, surcharge …), in 10⁻⁶ yuan per kWh or m³. A part may be a rebate. */
export interface PricePart {
  readonly name: string;
  readonly price: MicroYuan;
}

/** The same price for every unit at any time. */
export interface FlatRule {
  readonly kind: 'flat';
  readonly parts: readonly PricePart[];
}

/** How a plan prices use. Told apart by `kind`, so that steps and times of use can join. */
export type PriceRule = FlatRule;

const MAX_PARTS = 12;
const MAX_NAME_LENGTH = 40;
/** 1,000 yuan per unit: beyond it a price is a slip of the decimal point. */
const MAX_UNIT_PRICE = 1_000_000_000n;

/**
 * Reads a rule as it is stored and imported: `{"kind":"flat","parts":[{"name":"energy","price":"0.853200"}]}`, prices
 * as decimals in yuan per kWh or m³ with at most six places.
 * @throws pricing.bad_rule, saying what is wrong
 */
export function parseRule(json: unknown): PriceRule {
  if (!isObject(json)) throw domainError('pricing.bad_rule', 'a price rule is an object');
  if (json['kind'] !== 'flat')
    throw domainError('pricing.bad_rule', `unknown kind of price rule: ${shown(json['kind'])}`);
  const parts = json['parts'];
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > MAX_PARTS) {
    throw domainError('pricing.bad_rule', `a flat price has 1 to ${MAX_PARTS} parts`);
  }
  const rule: FlatRule = { kind: 'flat', parts: parts.map(parsePart) };
  const price = unitPrice(rule);
  if (price < 0n || price > MAX_UNIT_PRICE) {
    throw domainError('pricing.bad_rule', 'the parts must add up to a price from 0 to 1,000 yuan');
  }
  return rule;
}

/** What one kWh or m³ costs: all parts together. */
export function unitPrice(rule: PriceRule): MicroYuan {
  return rule.parts.reduce((sum, part) => sum + part.price, 0n) as MicroYuan;
}

function parsePart(json: unknown): PricePart {
  const name = isObject(json) ? json['name'] : undefined;
  const price = isObject(json) ? json['price'] : undefined;
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME_LENGTH) {
    throw domainError('pricing.bad_rule', `a price part needs a name of at most ${MAX_NAME_LENGTH} characters`);
  }
  if (typeof price !== 'string')
    throw domainError('pricing.bad_rule', `the price of ${name} is not a decimal in quotes`);
  try {
    return { name, price: parsePrice(price) };
  } catch {
    throw domainError('pricing.bad_rule', `the price of ${name} has not at most six decimals: ${shown(price)}`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, 40);
