import { startOfBusinessDay } from '@openprepay/kernel';
import type { Hour, TwoDays } from './types.ts';

const HOUR_MS = 3_600_000;
/** Longer than any day is, shorter than two. */
const MORE_THAN_A_DAY_MS = 30 * HOUR_MS;

/** Yesterday and today of a zone's wall clock. Today is whole, though most of it may be still to come. */
export function twoDays(at: Date, timeZone: string): TwoDays {
  const dayStart = startOfBusinessDay(at, timeZone);
  const before = startOfBusinessDay(new Date(dayStart.getTime() - 1), timeZone);
  const after = startOfBusinessDay(new Date(dayStart.getTime() + MORE_THAN_A_DAY_MS), timeZone);
  return { at, yesterday: hoursBetween(before, dayStart), today: hoursBetween(dayStart, after) };
}

function hoursBetween(from: Date, to: Date): Hour[] {
  const count = Math.round((to.getTime() - from.getTime()) / HOUR_MS);
  return Array.from({ length: count }, (_, n) => ({
    from: new Date(from.getTime() + n * HOUR_MS),
    to: new Date(from.getTime() + (n + 1) * HOUR_MS),
  }));
}

/** The hours that have begun, oldest first. */
export const begun = ({ at, yesterday, today }: TwoDays): Hour[] =>
  [...yesterday, ...today].filter(({ from }) => from <= at);

/** What each hour had, by its beginning. */
export type Amounts = ReadonlyMap<number, bigint>;

export interface Compared {
  readonly today: bigint;
  readonly yesterday: bigint;
  readonly hours: readonly { readonly today: bigint | null; readonly yesterday: bigint | null }[];
}

/**
 * Today beside yesterday up to the same time of day. An hour in which nothing is known had nothing, unless it is still to come.
 * Within the present hour yesterday's amount is taken to be even.
 */
export function compare({ at, yesterday, today }: TwoDays, amounts: Amounts): Compared {
  const amountOf = (hour: Hour | undefined) => (hour ? (amounts.get(hour.from.getTime()) ?? 0n) : null);
  const hours = Array.from({ length: Math.max(yesterday.length, today.length) }, (_, n) => {
    const hour = today[n];
    return { today: hour && hour.from <= at ? amountOf(hour) : null, yesterday: amountOf(yesterday[n]) };
  });
  const passedMs = BigInt(at.getTime() - (today[0]?.from.getTime() ?? 0));
  const whole = Number(passedMs / BigInt(HOUR_MS));
  const sum = (values: readonly (bigint | null)[]) =>
    values.reduce<bigint>((total, value) => total + (value ?? 0n), 0n);
  const before = hours.map((hour) => hour.yesterday);
  const present = ((before[whole] ?? 0n) * (passedMs % BigInt(HOUR_MS))) / BigInt(HOUR_MS);
  return { today: sum(hours.map((hour) => hour.today)), yesterday: sum(before.slice(0, whole)) + present, hours };
}
