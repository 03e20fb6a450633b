import { apportion } from './apportion.ts';
import { TARIFFS, type Tariff } from './calendar.ts';
import type { MeterValue } from './meter-value.ts';
import type { TimeOfUse } from './rule.ts';
import { timelineOf } from './timeline.ts';

/** How the use of one interval was divided, in the order of time or of the registers. */
export interface TariffDivision {
  readonly by: 'registers' | 'time';
  readonly shares: readonly TariffShare[];
}

export interface TariffShare {
  readonly tariff: Tariff;
  /** What the share is in proportion to: what the register counted, or milliseconds. */
  readonly weight: bigint;
  readonly use: bigint;
}

/** The use between two consecutive readings in each tariff, in the order of TARIFFS; together they are that use. */
export function divideByTariffs(rule: TimeOfUse, from: MeterValue, to: MeterValue, zone: string): bigint[] {
  const uses = TARIFFS.map(() => 0n);
  for (const { tariff, use } of tariffDivision(rule, from, to, zone).shares) {
    const index = TARIFFS.indexOf(tariff);
    uses[index] = (uses[index] ?? 0n) + use;
  }
  return uses;
}

/**
 * Divides the use between two consecutive readings among the tariffs.
 *
 * By registers, where both readings carry the same ones, none fell, and any moved if the total did: what each register
 * counted. The total is what is charged; where the registers, each rounded for itself, do not quite add up to it, it is
 * divided in their proportion.
 *
 * By time otherwise: the tariff at the first reading has it all, unless the interval goes over a border of the
 * calendar. Then every stretch of one tariff gets its share of the use, rounded down, and the last what is left.
 */
export function tariffDivision(rule: TimeOfUse, from: MeterValue, to: MeterValue, zone: string): TariffDivision {
  const byRegisters = rule.by === 'registers' ? registerShares(from, to) : null;
  if (byRegisters !== null) return { by: 'registers', shares: byRegisters };
  return { by: 'time', shares: timeShares(rule, from, to, zone) };
}

function registerShares(from: MeterValue, to: MeterValue): TariffShare[] | null {
  const moved: bigint[] = [];
  for (const index of TARIFFS.keys()) {
    const before = from.tariffs?.[index] ?? null;
    const after = to.tariffs?.[index] ?? null;
    if ((before === null) !== (after === null)) return null;
    const delta = (after ?? 0n) - (before ?? 0n);
    if (delta < 0n) return null;
    moved.push(delta);
  }
  const use = to.total - from.total;
  if (use > 0n && moved.every((delta) => delta === 0n)) return null;
  const shares = apportion(use, moved);
  return TARIFFS.map((tariff, index) => ({ tariff, weight: moved[index] ?? 0n, use: shares[index] ?? 0n }));
}

function timeShares({ calendar }: TimeOfUse, from: MeterValue, to: MeterValue, zone: string): TariffShare[] {
  const timeline = timelineOf(calendar, zone);
  const shares: TariffShare[] = [];
  const whole = to.total - from.total;
  const endMs = to.readAt.getTime();
  const lengthMs = BigInt(endMs - from.readAt.getTime());
  let left = whole;
  for (let ms = from.readAt.getTime(); ms < endMs; ) {
    const { tariff } = timeline.at(ms);
    const untilMs = timeline.holdsUntil(ms, endMs);
    const weight = BigInt(untilMs - ms);
    const use = untilMs === endMs ? left : (whole * weight) / lengthMs;
    shares.push({ tariff, weight, use });
    left -= use;
    ms = untilMs;
  }
  return shares;
}
