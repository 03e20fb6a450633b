import {
  type Fen,
  formatDecimal,
  formatPrice,
  formatQuantity,
  formatYuan,
  type MeterKind,
  type NanoYuan,
  priceExactly,
  quantity,
  roundToFen,
  zonedParts,
} from '@openprepay/kernel';
import { type BillingState, type Charge, chargeReadings, newBilling, type PlanVersion } from './charge.ts';
import type { MeterValue } from './meter-value.ts';
import { unitPrice } from './parts.ts';
import { type TariffDivision, tariffDivision } from './tariff-use.ts';
import type { PricedUse } from './use.ts';

/**
 * Every step of the arithmetic of a meter's charges. Quantities are kWh or m³ with three decimals, prices and exact
 * amounts yuan with as many as they need, rounded amounts yuan with two; all as decimals in text.
 */
export interface Explanation {
  readonly kind: MeterKind;
  readonly timeZone: string;
  readonly charges: readonly ExplainedCharge[];
  readonly use: string;
  readonly total: string;
}

export interface ExplainedCharge {
  readonly from: { readonly readAt: string; readonly total: string };
  readonly to: { readonly readAt: string; readonly total: string };
  readonly use: string;
  readonly version: number;
  readonly rule: string;
  readonly billingPeriod: string;
  readonly usedBefore: string;
  /** How the use was divided among tariffs; null where the price has none. */
  readonly division: {
    readonly by: TariffDivision['by'];
    /** `weight`: minutes of the interval, or what the register counted. */
    readonly shares: readonly { readonly tariff: string; readonly weight: string; readonly use: string }[];
  } | null;
  readonly uses: readonly ExplainedUse[];
  readonly exactBefore: string;
  readonly exactAfter: string;
  readonly roundedBefore: string;
  readonly roundedAfter: string;
  readonly charge: string;
}

interface ExplainedUse {
  readonly step: number | null;
  readonly tariff: string | null;
  readonly use: string;
  readonly unitPrice: string;
  readonly parts: readonly { readonly name: string; readonly price: string }[];
  readonly exact: string;
}

/**
 * Charges each interval between two readings for itself and says how. Charged together they would cost the same.
 * @param readings in order of time, the first one opens
 * @param zone of the market
 * @throws pricing.no_version, pricing.no_tariff_price
 */
export function explainCharges(
  kind: MeterKind,
  readings: readonly MeterValue[],
  versions: readonly PlanVersion[],
  zone: string,
): Explanation {
  let state: BillingState | null = null;
  let total = 0n;
  const charges: ExplainedCharge[] = [];
  for (const [index, to] of readings.entries()) {
    const from = readings[index - 1];
    if (from === undefined) continue;
    for (const charge of chargeReadings(state ?? newBilling(from), [from, to], versions, zone)) {
      charges.push(explained(charge, zone));
      total += charge.amountFen;
      state = charge.after;
    }
  }
  const use = quantity((readings.at(-1)?.total ?? 0n) - (readings[0]?.total ?? 0n));
  return { kind, timeZone: zone, charges, use: formatQuantity(use), total: formatYuan(total as Fen) };
}

function explained(charge: Charge, zone: string): ExplainedCharge {
  const { from, to, version, before, after, uses, amountFen } = charge;
  const { rule } = version;
  const shown = ({ readAt, total }: MeterValue) => ({ readAt: wallClock(readAt, zone), total: formatQuantity(total) });
  return {
    from: shown(from),
    to: shown(to),
    use: formatQuantity(quantity(to.total - from.total)),
    version: version.version,
    rule: rule.kind,
    billingPeriod: after.billingPeriod ?? '',
    usedBefore: formatQuantity(before.use),
    division: 'by' in rule && uses.length > 0 ? divisionOf(tariffDivision(rule, from, to, zone)) : null,
    uses: uses.map(explainedUse),
    exactBefore: formatExact(before.exact),
    exactAfter: formatExact(after.exact),
    roundedBefore: formatYuan(roundToFen(before.exact)),
    roundedAfter: formatYuan(roundToFen(after.exact)),
    charge: formatYuan(amountFen),
  };
}

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

/** The explanation as lines that can be followed with a pocket calculator. */
export function formatExplanation({ kind, timeZone, charges, use, total }: Explanation): string {
  const unit = UNIT[kind];
  const amounts = charges.map(({ charge }) => charge).join(' + ');
  return [
    ...charges.flatMap((charge, index) => linesOf(charge, index + 1, unit)),
    `Total: ${charges.length > 1 ? `${amounts} = ` : ''}${total} yuan for ${use} ${unit}. Times are those of ${timeZone}.`,
  ].join('\n');
}

const UNIT: Readonly<Record<MeterKind, string>> = { electricity: 'kWh', water: 'm³' };

function linesOf(charge: ExplainedCharge, number: number, unit: string): string[] {
  const { from, to, use, division, uses, exactBefore, exactAfter, roundedBefore, roundedAfter } = charge;
  const steps = charge.rule.startsWith('steps') ? `, ${charge.usedBefore} ${unit} used in it before` : '';
  const costs = [exactBefore, ...uses.map(({ exact }) => exact)];
  return [
    `${number}. ${from.readAt} to ${to.readAt}`,
    line('readings', `${to.total} − ${from.total} = ${use} ${unit}`),
    line('price', `version ${charge.version}, ${charge.rule}; billing period ${charge.billingPeriod}${steps}`),
    ...(division === null ? [] : [line(`by ${division.by}`, divisionText(division))]),
    ...uses.map((one) => line(labelOf(one), `${one.use} × ${priceText(one)} = ${one.exact}`)),
    line('exact sum', uses.length === 0 ? exactAfter : `${costs.join(' + ')} = ${exactAfter}`),
    line('charge', `${roundedAfter} − ${roundedBefore} = ${charge.charge} yuan`),
    '',
  ];
}

const LABEL_WIDTH = 20;
const line = (label: string, text: string) => `   ${label.padEnd(LABEL_WIDTH)}${text}`;

const divisionText = ({ by, shares }: NonNullable<ExplainedCharge['division']>) =>
  shares.map(({ tariff, weight, use }) => `${tariff} ${weight}${by === 'time' ? ' min' : ''} → ${use}`).join(', ');

const labelOf = ({ step, tariff }: ExplainedUse) =>
  [step === null ? null : `step ${step}`, tariff].filter((word) => word !== null).join(', ') || 'use';

const priceText = ({ unitPrice, parts }: ExplainedUse) =>
  parts.length === 1 ? unitPrice : `(${parts.map(({ name, price }) => `${name} ${price}`).join(' + ')} = ${unitPrice})`;

/** 10⁻⁹ yuan as a decimal with the places it needs, at least two. */
const formatExact = (exact: NanoYuan) => trimmed(formatDecimal(exact, 9));
const trimmed = (decimal: string) => decimal.replace(/(\.\d\d\d*?)0+$/, '$1');

function wallClock(at: Date, zone: string): string {
  const { year, month, day, hour, minute, second } = zonedParts(at, zone);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}${second === 0 ? '' : `:${two(second)}`}`;
}
