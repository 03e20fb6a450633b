import type { MeterValue, PricePart, PriceRule, Tariff } from '../src/pricing/index.ts';
import { TARIFFS } from '../src/pricing/index.ts';

/**
 * Pricing as slow and plain as it can be said, to hold the real one against: unit by unit, quarter by quarter of an hour, in
 * a zone that is always eight hours ahead. Nothing of the real one is used but the parsed rule.
 */

const QUARTER_MS = 900_000;
const EIGHT_HOURS_MS = 28_800_000;

/** The exact cost of a register's life, 10⁻⁹ yuan, by billing period. */
export function referenceCosts(rule: PriceRule, readings: readonly MeterValue[]): Map<string, bigint> {
  const costs = new Map<string, bigint>();
  const counted = new Map<string, bigint>();
  for (const [index, to] of readings.entries()) {
    const from = readings[index - 1];
    if (!from) continue;
    const period = periodOf(rule, from.readAt);
    const before = counted.get(period) ?? 0n;
    costs.set(period, (costs.get(period) ?? 0n) + costOf(rule, from, to, before));
    counted.set(period, before + to.total - from.total);
  }
  return costs;
}

function periodOf(rule: PriceRule, at: Date): string {
  if (rule.kind === 'flat' || rule.kind === 'tou') return 'all';
  const local = new Date(at.getTime() + EIGHT_HOURS_MS);
  return rule.period === 'year' ? `${local.getUTCFullYear()}` : `${local.getUTCFullYear()} ${local.getUTCMonth()}`;
}

function costOf(rule: PriceRule, from: MeterValue, to: MeterValue, before: bigint): bigint {
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
