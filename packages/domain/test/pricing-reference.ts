import type { MeterValue, PricePart, PriceRule, Tariff } from '../src/pricing/index.ts';
import { TARIFFS } from '../src/pricing/index.ts';

/**
 * Pricing as slow and plain as it can be said, to hold the real one against: unit by unit, quarter by quarter of an hour, in
 * a zone that is always eight hours ahead. Nothing of the real one is used but the parsed rule, and it counts in the plain numbers
 * of the machine: what a test makes up stays far below 2⁵³, up to which they are whole.
 */

const QUARTER_MS = 900_000;
const EIGHT_HOURS_MS = 28_800_000;
const DAY_MS = 86_400_000;
/** No register of the tests begins before it. */
const FIRST_MS = Date.UTC(2026, 3, 1);

/** What stands beside a price: so many units of a month or year free, and 10⁻⁶ yuan for every midnight. */
export interface Beside {
  readonly allowance: bigint;
  readonly per: 'month' | 'year';
  readonly perDay: bigint;
}
const NOTHING: Beside = { allowance: 0n, per: 'month', perDay: 0n };

/** The exact cost of a register's life, 10⁻⁹ yuan, by billing period. */
export function referenceCosts(
  rule: PriceRule,
  readings: readonly MeterValue[],
  beside: Beside = NOTHING,
): Map<string, bigint> {
  const costs = new Map<string, number>();
  const counted = new Map<string, number>();
  for (const [index, to] of readings.entries()) {
    const from = readings[index - 1];
    if (!from) continue;
    const period = periodOf(rule, from.readAt, beside);
    const before = counted.get(period) ?? 0;
    const standing = beside.perDay > 0n ? midnights(from, to) * Number(beside.perDay) * 1_000 : 0;
    const cost = costOf(rule, from, to, before, Number(beside.allowance)) + standing;
    costs.set(period, (costs.get(period) ?? 0) + cost);
    counted.set(period, before + useOf(from, to));
  }
  return new Map([...costs].map(([period, cost]) => [period, wholeNumber(cost)]));
}

function wholeNumber(cost: number): bigint {
  if (!Number.isSafeInteger(cost)) throw new Error(`too much for plain numbers: ${cost}`);
  return BigInt(cost);
}

const useOf = (from: MeterValue, to: MeterValue) => Number(to.total) - Number(from.total);

function periodOf(rule: PriceRule, at: Date, { allowance, per }: Beside): string {
  const period = 'period' in rule ? rule.period : allowance > 0n ? per : 'all';
  if (period === 'all') return 'all';
  const local = new Date(at.getTime() + EIGHT_HOURS_MS);
  return period === 'year' ? `${local.getUTCFullYear()}` : `${local.getUTCFullYear()} ${local.getUTCMonth()}`;
}

function midnights(from: MeterValue, to: MeterValue): number {
  let count = 0;
  for (let ms = from.readAt.getTime() + QUARTER_MS; ms <= to.readAt.getTime(); ms += QUARTER_MS) {
    if ((ms + EIGHT_HOURS_MS) % DAY_MS === 0) count++;
  }
  return count;
}

/** The first units of the period are free: each of them takes its part of every tariff before the rest is priced. */
function costOf(rule: PriceRule, from: MeterValue, to: MeterValue, before: number, allowance: number): number {
  const end = before + useOf(from, to);
  let free = 0;
  for (let unit = before; unit < end; unit++) if (unit < allowance) free++;
  const inSteps = 'steps' in rule ? unitsInSteps(rule, before + free, end) : [];
  if (rule.kind === 'flat') return (end - before - free) * sum(rule.price);
  if (rule.kind === 'steps') {
    return rule.steps.reduce((cost, step, index) => cost + (inSteps[index] ?? 0) * sum(step.price), 0);
  }
  const all = tariffUses(rule, from, to);
  const given = shareOut(free, all);
  let left = all.map((one, tariff) => one - (given[tariff] ?? 0));
  if (rule.kind === 'tou') return costOfTariffs(rule.price, left);
  let cost = 0;
  for (const [index, step] of rule.steps.entries()) {
    const shares = shareOut(inSteps[index] ?? 0, left);
    left = left.map((one, tariff) => one - (shares[tariff] ?? 0));
    cost += costOfTariffs(step.price, shares);
  }
  return cost;
}

type Stepped = Extract<PriceRule, { readonly steps: unknown }>;
type Timed = Extract<PriceRule, { readonly by: unknown }>;
type TariffPrices = Partial<Record<Tariff, readonly PricePart[]>>;

const sum = (parts: readonly PricePart[]) => parts.reduce((all, part) => all + Number(part.price), 0);
const costOfTariffs = (prices: TariffPrices, uses: readonly number[]) =>
  uses.reduce((cost, use, index) => cost + (use === 0 ? 0 : use * sum(prices[TARIFFS[index] ?? 'flat'] ?? [])), 0);

/** Unit by unit, how many of them lie in each step. */
function unitsInSteps(rule: Stepped, from: number, to: number): number[] {
  const ends = rule.steps.map(({ upTo }) => (upTo === null ? Number.POSITIVE_INFINITY : Number(upTo)));
  const counts = ends.map(() => 0);
  for (let unit = from; unit < to; unit++) {
    const index = ends.findIndex((end) => unit < end);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

function tariffUses(rule: Timed, from: MeterValue, to: MeterValue): number[] {
  const use = useOf(from, to);
  const { tariffs: old } = from;
  const { tariffs: now } = to;
  if (rule.by === 'registers' && old && now)
    return now.map((value, index) => Number((value ?? 0n) - (old[index] ?? 0n)));
  const tariffs = tariffsBetween(rule, from.readAt.getTime() / QUARTER_MS, to.readAt.getTime() / QUARTER_MS);
  const whole = tariffs.length;
  const uses = TARIFFS.map(() => 0);
  let left = use;
  for (let begin = 0; begin < whole; ) {
    const tariff = tariffs[begin] ?? 0;
    let end = begin + 1;
    while (end < whole && tariffs[end] === tariff) end++;
    let share = 0;
    // The most whole units that are not more than the run's part of the time; the last run has what is left.
    while ((share + 1) * whole <= use * (end - begin)) share++;
    if (end === whole) share = left;
    uses[tariff] = (uses[tariff] ?? 0) + share;
    left -= share;
    begin = end;
  }
  return uses;
}

const asked = new WeakMap<Timed['calendar'], number[]>();

/** Where in TARIFFS the tariff of each quarter of an hour stands, from one quarter (counted since 1970) to another. */
function tariffsBetween(rule: Timed, first: number, end: number): number[] {
  const known = asked.get(rule.calendar) ?? [];
  asked.set(rule.calendar, known);
  const origin = FIRST_MS / QUARTER_MS;
  for (let quarter = origin + known.length; quarter < end; quarter++)
    known.push(lookUpTariff(rule, quarter * QUARTER_MS));
  return known.slice(first - origin, end - origin);
}

function lookUpTariff({ calendar }: Timed, ms: number): number {
  const local = new Date(ms + EIGHT_HOURS_MS);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const isWeekend = local.getUTCDay() === 0 || local.getUTCDay() === 6;
  // The calendars of the tests: one season to the end of April, the next from May on.
  const [winter, summer] = calendar.seasons;
  const season = local.getUTCMonth() < 4 ? winter : summer;
  const usual = isWeekend ? season?.weekend : season?.weekday;
  const table = calendar.specialDays.get(local.toISOString().slice(0, 10)) ?? usual ?? [];
  const period = table.find(({ fromMinute, toMinute }) => fromMinute <= minute && minute < toMinute);
  return TARIFFS.indexOf(period?.tariff ?? 'flat');
}

/** Largest remainder by handing out one unit after the other. */
function shareOut(whole: number, weights: readonly number[]): number[] {
  const all = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map(() => 0);
  let left = whole;
  for (const [index, weight] of weights.entries()) {
    while (((shares[index] ?? 0) + 1) * all <= whole * weight && left > 0) {
      shares[index] = (shares[index] ?? 0) + 1;
      left--;
    }
  }
  while (left > 0) {
    const missing = weights.map((weight, index) => whole * weight - (shares[index] ?? 0) * all);
    const index = missing.indexOf(Math.max(...missing));
    shares[index] = (shares[index] ?? 0) + 1;
    left--;
  }
  return shares;
}
