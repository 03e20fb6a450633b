import { type MicroYuan, type NanoYuan, parsePrice, zonedParts } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { isObject, shown } from './json.ts';
import type { PriceRule } from './rule.ts';

const DAY_MS = 86_400_000;
/** 1,000 yuan a day: beyond it a charge is a slip of the decimal point. */
const MAX_PER_DAY = 1_000_000_000n;

/**
 * Reads `{"perDay": "0.500000"}`: yuan for every day that a meter has an account, used or not.
 * @throws pricing.bad_standing
 */
export function parseStanding(json: unknown): MicroYuan {
  const bad = (why: string) =>
    domainError('pricing.bad_standing', `the standing charge ${why}`, { at: 'standing.perDay' });
  const perDay = isObject(json) && Object.keys(json).length === 1 ? json['perDay'] : undefined;
  if (typeof perDay !== 'string') throw bad('is {"perDay": …} with a decimal in quotes');
  let price: MicroYuan;
  try {
    price = parsePrice(perDay);
  } catch {
    throw bad(`has not at most six decimals: ${shown(perDay)}`);
  }
  if (price <= 0n || price > MAX_PER_DAY) throw bad('is above 0, at most 1,000 yuan a day');
  return price;
}

/**
 * The standing charge between two readings, before any rounding: the price of a day for every midnight of the zone after the
 * first one, up to and with the second. So every midnight is taken once, however a time is cut.
 */
export function standingCharge(rule: PriceRule, from: Date, to: Date, zone: string): NanoYuan {
  if (rule.standingPerDay === undefined) return 0n as NanoYuan;
  return (BigInt(dayNumber(to, zone) - dayNumber(from, zone)) * nanoPerDay(rule.standingPerDay)) as NanoYuan;
}

/** How many days a standing charge is for. */
export const standingDays = (standing: NanoYuan, perDay: MicroYuan): number => Number(standing / nanoPerDay(perDay));

function dayNumber(at: Date, zone: string): number {
  const { year, month, day } = zonedParts(at, zone);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

const nanoPerDay = (perDay: MicroYuan) => perDay * 1_000n;
