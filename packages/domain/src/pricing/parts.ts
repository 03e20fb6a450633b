import { type MicroYuan, parsePrice } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { isObject, shown } from './json.ts';

/** One part of a unit price (energy, loss, surcharge …), in 10⁻⁶ yuan per kWh or m³. A part may be a rebate. */
export interface PricePart {
  readonly name: string;
  readonly price: MicroYuan;
}

const MAX_PARTS = 12;
const MAX_NAME_LENGTH = 40;
/** 1,000 yuan per unit: beyond it a price is a slip of the decimal point. */
const MAX_UNIT_PRICE = 1_000_000_000n;

/** What one kWh or m³ costs: all parts together. */
export function unitPrice(parts: readonly PricePart[]): MicroYuan {
  return parts.reduce((sum, part) => sum + part.price, 0n) as MicroYuan;
}

/**
 * Reads the parts of a unit price: `[{"name":"energy","price":"0.853200"}]`.
 * @param where what the price is for, as an error message says it
 * @param at the same as a place in the rule
 * @throws pricing.bad_rule
 */
export function parseParts(json: unknown, where: string, at: string): readonly PricePart[] {
  if (!Array.isArray(json) || json.length === 0 || json.length > MAX_PARTS) {
    throw badRule(`${where}: a price has 1 to ${MAX_PARTS} parts`, at);
  }
  const parts = json.map((part, index) => parsePart(part, where, `${at}[${index}]`));
  const price = unitPrice(parts);
  if (price < 0n || price > MAX_UNIT_PRICE) {
    throw badRule(`${where}: the parts must add up to a price from 0 to 1,000 yuan`, at);
  }
  return parts;
}

function parsePart(json: unknown, where: string, at: string): PricePart {
  const name = isObject(json) ? json['name'] : undefined;
  const price = isObject(json) ? json['price'] : undefined;
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME_LENGTH) {
    throw badRule(`${where}: a part needs a name of at most ${MAX_NAME_LENGTH} characters`, `${at}.name`);
  }
  if (typeof price !== 'string') {
    throw badRule(`${where}: the price of ${name} is not a decimal in quotes`, `${at}.price`);
  }
  try {
    return { name, price: parsePrice(price) };
  } catch {
    throw badRule(`${where}: the price of ${name} has not at most six decimals: ${shown(price)}`, `${at}.price`);
  }
}

const badRule = (why: string, at: string) => domainError('pricing.bad_rule', why, { at });
