import { type MeterKind, type Quantity, quantity } from '@openprepay/kernel';
import type { MeterValue } from '../pricing/index.ts';

/** What a meter's register can count, and how fast. */
export interface MeterLimits {
  readonly kind: MeterKind;
  /** Wh or litres an hour at rated power or flow, before CT; null when the model is not known. */
  readonly maxPerHour: bigint | null;
  /** Where the register wraps to zero, before CT; null when the model is not known. */
  readonly modulus: bigint | null;
  readonly ctRatio: number;
}

/** A value that goes on rising where the register wraps: what the meter shows is total − turnovers × modulus × CT. */
export interface Counted extends MeterValue {
  readonly turnovers: number;
}

/** The good readings next to one in time. */
export interface Neighbours {
  readonly before: Counted | null;
  readonly after: Counted | null;
}

const MS_PER_HOUR = 3_600_000n;
/** Meters stamp whole seconds and are set right now and then: an interval may have been this much longer than it seems. */
const INTERVAL_ERROR_MS = 10_000n;
/** One step of the register, in Wh before CT or litres: what two exact readings may differ by beyond the true use. */
const COUNTING_UNIT = { electricity: 10n, water: 1n } as const;

/** One step of the register after CT. */
export const countingUnit = ({ kind, ctRatio }: MeterLimits): bigint => COUNTING_UNIT[kind] * BigInt(ctRatio);

/** What a whole turn of the register is worth after CT; null when the model is not known. */
export const turnOf = ({ modulus, ctRatio }: MeterLimits): bigint | null =>
  modulus === null ? null : modulus * BigInt(ctRatio);

/** Rated power or flow × time × 1.2, and one step of the register, so that short intervals raise no false alarm. */
export function mostBetween(from: MeterValue, to: MeterValue, limits: MeterLimits): bigint {
  if (limits.maxPerHour === null) return to.total;
  const elapsedMs = BigInt(to.readAt.getTime() - from.readAt.getTime()) + INTERVAL_ERROR_MS;
  return (limits.maxPerHour * BigInt(limits.ctRatio) * elapsedMs * 12n) / (10n * MS_PER_HOUR) + countingUnit(limits);
}

/** The last tenth of a turn: from there, and only from there, a register is believed to have wrapped. */
const isNearTop = (total: bigint, turn: bigint): boolean => (total % turn) * 10n >= turn * 9n;

/**
 * Goes on counting from the readings around a value. A register that fell has wrapped when it stood in the last tenth of
 * its turn and the way over zero to the new value is no jump; or when the reading after it is known to lie a turn further.
 * What fits nowhere keeps the turn of its neighbour, and falls or jumps.
 * @param shown as the register shows it, after CT
 */
export function countOn<V extends MeterValue>(shown: V, around: Neighbours, limits: MeterLimits): V & Counted {
  const turn = turnOf(limits);
  if (turn === null) return { ...shown, turnovers: 0 };
  const turnovers = turnoversOf(shown, around, turn, limits);
  const total = quantity(shown.total + BigInt(turnovers) * turn);
  const tariffs = shown.tariffs && tariffsOn(shown.tariffs, total, around, turn, limits);
  return { ...shown, total, turnovers, ...(tariffs === undefined ? {} : { tariffs }) };
}

function turnoversOf(shown: MeterValue, { before, after }: Neighbours, turn: bigint, limits: MeterLimits): number {
  const onTurn = (turnovers: number) => ({ ...shown, total: quantity(shown.total + BigInt(turnovers) * turn) });
  if (before !== null) {
    if (onTurn(before.turnovers).total >= before.total) return before.turnovers;
    const over = onTurn(before.turnovers + 1);
    const known = after !== null && over.total <= after.total;
    const wrapped = isNearTop(before.total, turn) && over.total - before.total <= mostBetween(before, over, limits);
    return known || wrapped ? before.turnovers + 1 : before.turnovers;
  }
  if (after === null || onTurn(after.turnovers).total <= after.total) {
    return after?.turnovers ?? 0;
  }
  const under = onTurn(after.turnovers - 1);
  const wraps = isNearTop(under.total, turn) && after.total - under.total <= mostBetween(under, after, limits);
  return wraps ? after.turnovers - 1 : after.turnovers;
}

/**
 * Each tariff register wraps on its own and goes on by the same rule, measured against the reading before it, or where
 * there is none the one after it. Where that one has no such register, nothing is known of its turns and it stays as shown:
 * use over such a pair of readings is divided by time, as docs/price-plan.md says.
 */
function tariffsOn(
  shown: readonly (bigint | null)[],
  total: Quantity,
  { before, after }: Neighbours,
  turn: bigint,
  limits: MeterLimits,
): (bigint | null)[] {
  const most = total - (before?.total ?? total) + 2n * countingUnit(limits);
  return shown.map((value, index) => {
    const low = before?.tariffs?.[index] ?? null;
    const high = after?.tariffs?.[index] ?? null;
    if (value === null || value >= turn) return value;
    if (low !== null) {
      const same = value + (low / turn) * turn;
      if (same >= low || !isNearTop(low, turn)) return same;
      return same + turn - low <= most ? same + turn : same;
    }
    if (high === null) return value;
    const same = value + (high / turn) * turn;
    return same > high && high >= turn && isNearTop(value, turn) ? same - turn : same;
  });
}

/** The value as the register showed it: what countOn began with. */
export function asShown<V extends Counted>(value: V, limits: MeterLimits): V {
  const turn = turnOf(limits);
  if (turn === null) return value;
  const total = quantity(value.total - BigInt(value.turnovers) * turn);
  // Where the total has not wrapped none of its parts has.
  const tariffs =
    value.turnovers === 0 ? value.tariffs : value.tariffs?.map((one) => (one === null ? null : one % turn));
  return { ...value, total, ...(tariffs === undefined ? {} : { tariffs }) };
}
