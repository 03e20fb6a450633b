import type { MeterValue, PricePart, PriceRule, Tariff } from '../src/pricing/index.ts';
import { TARIFFS } from '../src/pricing/index.ts';

/**
 * Pricing as slow and plain as it can be said, to hold the real one against: unit by unit, quarter by quarter of an hour, in
 * a zone that is always eight hours ahead. Nothing of the real one is used but the parsed rule.
 */

const QUARTER_MS = 900_000;
const EIGHT_HOURS_MS = 28_800_000;

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
  const costs = new Map<string, bigint>();
  const counted = new Map<string, bigint>();
  for (const [index, to] of readings.entries()) {
    const from = readings[index - 1];
    if (!from) continue;
    const period = periodOf(rule, from.readAt, beside);
    const before = counted.get(period) ?? 0n;
    const cost = costOf(rule, from, to, before, beside.allowance) + midnights(from, to) * beside.perDay * 1_000n;
    costs.set(period, (costs.get(period) ?? 0n) + cost);
    counted.set(period, before + to.total - from.total);
  }
  return costs;
}

function periodOf(rule: PriceRule, at: Date, { allowance, per }: Beside): string {
  const period = 'period' in rule ? rule.period : allowance > 0n ? per : 'all';
  const local = new Date(at.getTime() + EIGHT_HOURS_MS);
  if (period === 'all') return 'all';
  return period === 'year' ? `${local.getUTCFullYear()}` : `${local.getUTCFullYear()} ${local.getUTCMonth()}`;
}

function midnights(from: MeterValue, to: MeterValue): bigint {
  let count = 0n;
  for (let ms = from.readAt.getTime() + QUARTER_MS; ms <= to.readAt.getTime(); ms += QUARTER_MS) {
    const local = new Date(ms + EIGHT_HOURS_MS);
    if (local.getUTCHours() === 0 && local.getUTCMinutes() === 0) count++;
  }
  return count;
}

function costOf(rule: PriceRule, from: MeterValue, to: MeterValue, before: bigint, allowance: bigint): bigint {
  if (allowance > 0n) return costBesideFree(rule, from, to, before, allowance);
  const use = to.total - from.total;
  if (rule.kind === 'flat') return use * sum(rule.price);
  if (rule.kind === 'tou') {
    return tariffUses(rule, from, to).reduce((cost, one, index) => cost + one * sum(priceOf(rule.price, index)), 0n);
  }
  if (rule.kind === 'steps') {
    const prices = rule.steps.map((step) => sum(step.price));
    let cost = 0n;
    for (let unit = before; unit < before + use; unit++) cost += prices[stepAt(rule, unit)] ?? 0n;
    return cost;
  }
  let cost = 0n;
  let left = tariffUses(rule, from, to);
  for (const [index, step] of rule.steps.entries()) {
    let inStep = 0n;
    for (let unit = before; unit < before + use; unit++) if (stepAt(rule, unit) === index) inStep++;
    const shares = shareOut(inStep, left);
    left = left.map((one, tariff) => one - (shares[tariff] ?? 0n));
    cost += shares.reduce((all, one, tariff) => all + one * sum(priceOf(step.price, tariff)), 0n);
  }
  return cost;
}

/** The same with the first units of the period free: each of them takes its part of every tariff before the rest is priced. */
function costBesideFree(rule: PriceRule, from: MeterValue, to: MeterValue, before: bigint, allowance: bigint): bigint {
  const use = to.total - from.total;
  const end = before + use;
  let free = 0n;
  for (let unit = before; unit < end; unit++) if (unit < allowance) free++;
  if (rule.kind === 'flat') return (use - free) * sum(rule.price);
  if (rule.kind === 'steps') {
    let cost = 0n;
    for (let unit = before + free; unit < end; unit++) cost += sum(rule.steps[stepAt(rule, unit)]?.price ?? []);
    return cost;
  }
  const all = tariffUses(rule, from, to);
  const given = shareOut(free, all);
  let left = all.map((one, tariff) => one - (given[tariff] ?? 0n));
  if (rule.kind === 'tou') return left.reduce((cost, one, tariff) => cost + one * sum(priceOf(rule.price, tariff)), 0n);
  let cost = 0n;
  for (const [index, step] of rule.steps.entries()) {
    let inStep = 0n;
    for (let unit = before + free; unit < end; unit++) if (stepAt(rule, unit) === index) inStep++;
    const shares = shareOut(inStep, left);
    left = left.map((one, tariff) => one - (shares[tariff] ?? 0n));
    cost += shares.reduce((sumOf, one, tariff) => sumOf + one * sum(priceOf(step.price, tariff)), 0n);
  }
  return cost;
}

type Stepped = Extract<PriceRule, { readonly steps: unknown }>;
type Timed = Extract<PriceRule, { readonly by: unknown }>;

const sum = (parts: readonly PricePart[]) => parts.reduce((all, part) => all + part.price, 0n);
const priceOf = (prices: Partial<Record<Tariff, readonly PricePart[]>>, index: number) =>
  prices[TARIFFS[index] ?? 'flat'] ?? [];
const stepAt = (rule: Stepped, unit: bigint) => rule.steps.findIndex((step) => step.upTo === null || unit < step.upTo);

function tariffUses(rule: Timed, from: MeterValue, to: MeterValue): bigint[] {
  const use = to.total - from.total;
  const { tariffs: old } = from;
  const { tariffs: now } = to;
  if (rule.by === 'registers' && old && now) return now.map((value, index) => (value ?? 0n) - (old[index] ?? 0n));
  const whole = (to.readAt.getTime() - from.readAt.getTime()) / QUARTER_MS;
  const uses = TARIFFS.map(() => 0n);
  let left = use;
  for (let begin = 0; begin < whole; ) {
    const tariff = tariffAt(rule, from.readAt.getTime() + begin * QUARTER_MS);
    let end = begin;
    while (end < whole && tariffAt(rule, from.readAt.getTime() + end * QUARTER_MS) === tariff) end++;
    let share = 0n;
    // The most whole units that are not more than the run's part of the time; the last run has what is left.
    while ((share + 1n) * BigInt(whole) <= use * BigInt(end - begin)) share++;
    if (end === whole) share = left;
    uses[tariff] = (uses[tariff] ?? 0n) + share;
    left -= share;
    begin = end;
  }
  return uses;
}

const asked = new WeakMap<Timed['calendar'], Map<number, number>>();

function tariffAt(rule: Timed, ms: number): number {
  const known = asked.get(rule.calendar) ?? new Map<number, number>();
  asked.set(rule.calendar, known);
  const tariff = known.get(ms) ?? lookUpTariff(rule, ms);
  known.set(ms, tariff);
  return tariff;
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
function shareOut(whole: bigint, weights: readonly bigint[]): bigint[] {
  const all = weights.reduce((total, weight) => total + weight, 0n);
  const shares = weights.map(() => 0n);
  let left = whole;
  for (const [index, weight] of weights.entries()) {
    while (((shares[index] ?? 0n) + 1n) * all <= whole * weight && left > 0n) {
      shares[index] = (shares[index] ?? 0n) + 1n;
      left--;
    }
  }
  while (left > 0n) {
    const missing = weights.map((weight, index) => whole * weight - (shares[index] ?? 0n) * all);
    const most = missing.reduce((best, one) => (one > best ? one : best));
    const index = missing.indexOf(most);
    shares[index] = (shares[index] ?? 0n) + 1n;
    left--;
  }
  return shares;
}
