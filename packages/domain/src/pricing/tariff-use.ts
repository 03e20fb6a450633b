import { apportion } from './apportion.ts';
import { TARIFFS } from './calendar.ts';
import type { MeterValue } from './meter-value.ts';
import type { TimeOfUse } from './rule.ts';
import { timelineOf } from './timeline.ts';

/**
 * Divides the use between two consecutive readings among the tariffs.
 *
 * By registers, where both readings carry the same ones, none fell, and any moved if the total did: what each register
 * counted. The total is what is charged; where the registers, each rounded for itself, do not quite add up to it, it is
 * divided in their proportion.
 *
 * By time otherwise: the tariff at the first reading has it all, unless the interval goes over a border of the
 * calendar. Then every stretch of one tariff gets its share of the use, rounded down, and the last what is left.
 * @returns the use in each tariff, in the order of TARIFFS; together they are the use between the readings
 */
export function divideByTariffs(rule: TimeOfUse, from: MeterValue, to: MeterValue, zone: string): bigint[] {
  return (rule.by === 'registers' ? byRegisters(from, to) : null) ?? byTime(rule, from, to, zone);
}

function byRegisters(from: MeterValue, to: MeterValue): bigint[] | null {
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
  return apportion(use, moved);
}

function byTime({ calendar }: TimeOfUse, from: MeterValue, to: MeterValue, zone: string): bigint[] {
  const timeline = timelineOf(calendar, zone);
  const uses = TARIFFS.map(() => 0n);
  const whole = to.total - from.total;
  const endMs = to.readAt.getTime();
  const lengthMs = BigInt(endMs - from.readAt.getTime());
  let left = whole;
  for (let ms = from.readAt.getTime(); ms < endMs; ) {
    const { tariff } = timeline.at(ms);
    const untilMs = timeline.holdsUntil(ms, endMs);
    const share = untilMs === endMs ? left : (whole * BigInt(untilMs - ms)) / lengthMs;
    const index = TARIFFS.indexOf(tariff);
    uses[index] = (uses[index] ?? 0n) + share;
    left -= share;
    ms = untilMs;
  }
  return uses;
}
