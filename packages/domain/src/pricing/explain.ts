import {
  type Fen,
  formatDecimal,
  formatExact,
  formatPrice,
  formatQuantity,
  formatYuan,
  type MeterKind,
  priceExactly,
  quantity,
  roundToFen,
  zonedParts,
} from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import { type BillingState, type Charge, chargeReadings, newBilling, type PlanVersion } from './charge.ts';
import { type Correction, correctInterval } from './correction.ts';
import {
  type ExplainedProvisional,
  type ExplainedTakeBack,
  explainedAverage,
  ProvisionalCharges,
} from './explain-provisional.ts';
import type { MeterValue } from './meter-value.ts';
import { unitPrice } from './parts.ts';
import type { Outage } from './provisional.ts';
import { standingDays } from './standing.ts';
import { type TariffDivision, tariffDivision } from './tariff-use.ts';
import type { PricedUse } from './use.ts';

/** A reading as it stands in a history of a place where meters may be swapped and readings put right. */
export interface HistoryReading extends MeterValue {
  /** The first reading of a meter that took the place of the one before; nothing is subtracted across the two. */
  readonly isNextMeter?: boolean;
  /** The register has wrapped to zero since the reading before; a whole turn of it is so much. */
  readonly turn?: bigint;
  /** The later truth of the reading of that time, the last one of its meter. */
  readonly isTruth?: boolean;
  /** No reading came by then: the time up to it is charged by an average. Its total says nothing. */
  readonly isMissing?: boolean;
}

/**
 * Every step of the arithmetic of a place's charges. Quantities are kWh or m³ with three decimals, prices and exact
 * amounts yuan with as many as they need, rounded amounts yuan with two; all as decimals in text.
 */
export interface Explanation {
  readonly kind: MeterKind;
  readonly timeZone: string;
  /** In the order they are made. */
  readonly charges: readonly (ExplainedCharge | ExplainedCorrection | ExplainedProvisional | ExplainedTakeBack)[];
  readonly use: string;
  readonly total: string;
}

/** What a charge and a correction have alike. */
export interface ExplainedAmount {
  readonly use: string;
  readonly version: number;
  readonly rule: string;
  readonly billingPeriod: string;
  readonly usedBefore: string;
  /** Negative in a correction that gives back. */
  readonly uses: readonly ExplainedUse[];
  readonly exactBefore: string;
  readonly exactAfter: string;
  readonly roundedBefore: string;
  readonly roundedAfter: string;
  readonly charge: string;
}

export interface ExplainedCharge extends ExplainedAmount {
  /** As the register shows it. */
  readonly from: { readonly readAt: string; readonly total: string };
  readonly to: { readonly readAt: string; readonly total: string };
  /** What a whole turn of the register is, where it wrapped between the two. */
  readonly turn: string | null;
  /** How the use was divided among tariffs; null where the price has none. */
  readonly division: {
    readonly by: TariffDivision['by'];
    /** `weight`: minutes of the interval, or what the register counted. */
    readonly shares: readonly { readonly tariff: string; readonly weight: string; readonly use: string }[];
  } | null;
  /** For the midnights between the readings; null where the price has none. */
  readonly standing: { readonly days: number; readonly perDay: string; readonly exact: string } | null;
}

/** `use` is what was charged too little; negative where it was too much. */
export interface ExplainedCorrection extends ExplainedAmount {
  readonly corrects: { readonly readAt: string; readonly said: string; readonly truth: string };
}

interface ExplainedUse {
  readonly step: number | null;
  readonly tariff: string | null;
  readonly use: string;
  readonly unitPrice: string;
  readonly parts: readonly { readonly name: string; readonly price: string }[];
  readonly exact: string;
}

/** Between two readings of one meter, as it was charged. */
interface ChargedInterval {
  readonly from: MeterValue;
  to: MeterValue;
  readonly charge: Charge;
  /** What the turns of the register before it come to. */
  readonly turned: bigint;
}

/**
 * Charges each interval between two readings for itself and says how. Charged together they would cost the same.
 * @param readings in order of time, the first one opens; a truth stands where it came out
 * @param zone of the market
 * @throws pricing.no_version, pricing.no_tariff_price, pricing.no_such_reading for the truth of a reading that is not the
 *   last of its meter
 */
export function explainCharges(
  kind: MeterKind,
  readings: readonly HistoryReading[],
  versions: readonly PlanVersion[],
  zone: string,
): Explanation {
  const intervals: ChargedInterval[] = [];
  const states = new Map<string, BillingState>();
  const charges: Explanation['charges'][number][] = [];
  const provisional = new ProvisionalCharges();
  let ofMeter: MeterValue[] = [];
  const uses: bigint[] = [];
  const amounts: bigint[] = [];
  let state: BillingState | null = null;
  let last: MeterValue | null = null;
  let turned = 0n;
  for (const reading of readings) {
    if (reading.isTruth) {
      const interval = lastIntervalTo(intervals, reading);
      const { correction, said } = corrected(interval, states, reading, zone);
      charges.push(explainedCorrection(correction, said, interval, zone));
      uses.push(interval.to.total - said.total);
      amounts.push(correction.amountFen);
      states.set(correction.after.billingPeriod ?? '', correction.after);
      if (state?.billingPeriod === correction.after.billingPeriod) state = correction.after;
      if (last?.readAt === said.readAt && last.total === said.total) last = interval.to;
      continue;
    }
    if (reading.isMissing && last !== null) {
      const added = provisional.add(ofMeter, reading.readAt, state ?? newBilling(last), versions, zone);
      charges.push(explainedProvisional(added.outage, added.charge, zone));
      uses.push(added.charge.to.total - added.charge.from.total);
      amounts.push(added.charge.amountFen);
      continue;
    }
    if (last === null || reading.isNextMeter) {
      turned = 0n;
      last = reading;
      ofMeter = [reading];
      continue;
    }
    const turnedBefore = turned;
    turned += reading.turn ?? 0n;
    const to: MeterValue = { ...reading, total: quantity(reading.total + turned) };
    for (const charge of chargeReadings(state ?? newBilling(last), [last, to], versions, zone)) {
      charges.push(explained(charge, { zone, turnedBefore, turned }));
      intervals.push({ from: last, to, charge, turned });
      uses.push(to.total - last.total);
      amounts.push(charge.amountFen);
      state = charge.after;
      states.set(charge.after.billingPeriod ?? '', charge.after);
    }
    const back = provisional.takeBack();
    if (back !== null) {
      charges.push(back.entry);
      uses.push(back.use);
      amounts.push(back.amountFen);
    }
    ofMeter.push(to);
    last = to;
  }
  const use = formatQuantity(quantity(sumOf(uses)));
  return { kind, timeZone: zone, charges, use, total: formatYuan(sumOf(amounts) as Fen) };
}

const sumOf = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);

function lastIntervalTo(intervals: readonly ChargedInterval[], { readAt }: MeterValue): ChargedInterval {
  const found = intervals.find(({ to }) => to.readAt.getTime() === readAt.getTime());
  if (!found || intervals.some(({ from }) => from === found.to)) {
    throw domainError('pricing.no_such_reading', `${readAt.toISOString()} is not the last reading of a meter`);
  }
  return found;
}

/** Puts the end of an interval right, where its billing period stands by now. */
function corrected(
  interval: ChargedInterval,
  states: ReadonlyMap<string, BillingState>,
  truth: MeterValue,
  zone: string,
): { readonly correction: Correction; readonly said: MeterValue } {
  const { from, to: said, charge, turned } = interval;
  const standsAt = states.get(charge.after.billingPeriod ?? '') ?? charge.after;
  interval.to = { readAt: said.readAt, total: quantity(truth.total + turned), tariffs: truth.tariffs ?? null };
  return {
    correction: correctInterval(standsAt, charge.version, { from, to: said }, { from, to: interval.to }, zone),
    said,
  };
}

function explained(
  charge: Charge,
  { zone, turnedBefore, turned }: { readonly zone: string; readonly turnedBefore: bigint; readonly turned: bigint },
): ExplainedCharge {
  const { from, to, version, uses } = charge;
  const { rule } = version;
  return {
    from: shownAt(from, turnedBefore, zone),
    to: shownAt(to, turned, zone),
    turn: turned === turnedBefore ? null : formatQuantity(quantity(turned - turnedBefore)),
    use: formatQuantity(quantity(to.total - from.total)),
    division: 'by' in rule && uses.length > 0 ? divisionOf(tariffDivision(rule, from, to, zone)) : null,
    standing: standingOf(charge),
    ...amountOf(charge),
  };
}

const explainedProvisional = (outage: Outage, charge: Charge, zone: string): ExplainedProvisional => ({
  provisional: explainedAverage(outage, charge, (at) => wallClock(at, zone)),
  use: formatQuantity(quantity(charge.to.total - charge.from.total)),
  ...amountOf(charge),
});

function explainedCorrection(
  correction: Correction,
  said: MeterValue,
  { to, turned }: ChargedInterval,
  zone: string,
): ExplainedCorrection {
  const { readAt, total } = shownAt(to, turned, zone);
  return {
    corrects: { readAt, said: shownAt(said, turned, zone).total, truth: total },
    use: formatQuantity(quantity(to.total - said.total)),
    ...amountOf(correction),
  };
}

const shownAt = ({ readAt, total }: MeterValue, turned: bigint, zone: string) => ({
  readAt: wallClock(readAt, zone),
  total: formatQuantity(quantity(total - turned)),
});

const amountOf = ({ version, before, after, uses, amountFen }: Charge | Correction) => ({
  version: version.version,
  rule: version.rule.kind,
  billingPeriod: after.billingPeriod ?? '',
  usedBefore: formatQuantity(before.use),
  uses: uses.map(explainedUse),
  exactBefore: formatExact(before.exact),
  exactAfter: formatExact(after.exact),
  roundedBefore: formatYuan(roundToFen(before.exact)),
  roundedAfter: formatYuan(roundToFen(after.exact)),
  charge: formatYuan(amountFen),
});

const standingOf = ({ standing, version: { rule } }: Charge): ExplainedCharge['standing'] =>
  rule.standingPerDay === undefined
    ? null
    : {
        days: standingDays(standing, rule.standingPerDay),
        perDay: trimmed(formatPrice(rule.standingPerDay)),
        exact: formatExact(standing),
      };

const divisionOf = ({ by, shares }: TariffDivision) => ({
  by,
  shares: shares
    .filter(({ weight }) => weight > 0n)
    .map(({ tariff, weight, use }) => ({
      tariff,
      weight: by === 'time' ? formatDecimal(weight / 60n, 3).replace(/\.?0+$/, '') : formatQuantity(quantity(weight)),
      use: formatQuantity(quantity(use)),
    })),
});

const explainedUse = ({ step, tariff, use, price }: PricedUse): ExplainedUse => ({
  step,
  tariff,
  use: formatQuantity(use),
  unitPrice: trimmed(formatPrice(unitPrice(price))),
  parts: price.map((part) => ({ name: part.name, price: trimmed(formatPrice(part.price)) })),
  exact: formatExact(priceExactly(use, unitPrice(price))),
});

const trimmed = (decimal: string) => decimal.replace(/(\.\d\d\d*?)0+$/, '$1');

function wallClock(at: Date, zone: string): string {
  const { year, month, day, hour, minute, second } = zonedParts(at, zone);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}${second === 0 ? '' : `:${two(second)}`}`;
}
