import { assert, type Quantity, quantity } from '@openprepay/kernel';
import { type BillingState, type Charge, chargeReadings, type PlanVersion } from './charge.ts';

/** So many valid days make the average. */
export const PROVISIONAL_DAYS = 7;
/** So many days before the last good reading are looked at for them. */
export const PROVISIONAL_LOOKS_BACK_DAYS = 30;

const DAY_MS = 86_400_000;

/** The last good reading of a day, midnight at its end included. */
export interface DayEnd {
  /** YYYY-MM-DD of the market's zone. */
  readonly day: string;
  readonly readAt: Date;
  readonly total: Quantity;
}

/** A day with a good reading on it and on the day before: what lies between the last of each is its use. */
export interface ValidDay {
  readonly from: DayEnd;
  readonly to: DayEnd;
}

const useOf = ({ from, to }: ValidDay): bigint => to.total - from.total;

/**
 * The last seven valid days, oldest first; fewer where there are no more.
 * @param ends of whole days of the same account with the same meter, oldest first
 */
export function lastValidDays(ends: readonly DayEnd[]): ValidDay[] {
  const days = ends.flatMap((to, index) => {
    const from = ends[index - 1];
    return from !== undefined && Date.parse(to.day) - Date.parse(from.day) === DAY_MS ? [{ from, to }] : [];
  });
  return days.slice(-PROVISIONAL_DAYS);
}

/** What is known of a meter without data. */
export interface Outage {
  /** The last good reading, and what it showed. */
  readonly settledAt: Date;
  readonly settledValue: Quantity;
  /** At least one. */
  readonly days: readonly ValidDay[];
  /** What was charged provisionally since that reading, and up to when. */
  readonly usedSince: Quantity;
  readonly chargedUntil: Date;
  /** How far the billing period has come with it. */
  readonly state: BillingState;
}

/** What a meter uses from its last good reading to an instant at its average, rounded down to the Wh or litre. */
export function averageUse({ days, settledAt }: Pick<Outage, 'days' | 'settledAt'>, to: Date): Quantity {
  assert(days.length > 0, 'nothing is estimated from nothing');
  const used = days.reduce((sum, day) => sum + useOf(day), 0n);
  return quantity((used * BigInt(to.getTime() - settledAt.getTime())) / BigInt(days.length * DAY_MS));
}

/**
 * Charges a meter without data by its average, from where it is charged to up to an instant, as if it had been read there: F(before +
 * use) − F(before), in the version and the billing period at its start. However the time is cut, the uses add up to the average's.
 * @throws pricing.no_version
 */
export function chargeProvisionally(outage: Outage, to: Date, versions: readonly PlanVersion[], zone: string): Charge {
  const { settledValue, usedSince, chargedUntil, state } = outage;
  const average = averageUse(outage, to);
  const before = quantity(settledValue + usedSince);
  // A day that turned out more thrifty since may make the average fall; nothing is given back before the true reading.
  const after = quantity(settledValue + (average > usedSince ? average : usedSince));
  const [charge] = chargeReadings(
    state,
    [
      { readAt: chargedUntil, total: before },
      { readAt: to, total: after },
    ],
    versions,
    zone,
  );
  assert(charge, 'two values make a charge');
  return charge;
}
