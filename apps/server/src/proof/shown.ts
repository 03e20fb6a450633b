import type { Proof, ProofReading } from '@openprepay/contract';
import { parseRule, priceOfUse, standingDays, unitPrice } from '@openprepay/domain';
import { formatExact, formatPrice, priceExactly, quantity, roundToFen, toHex } from '@openprepay/kernel';
import { describeStored } from '@openprepay/protocols/describe';
import type { MeterRow, ReadingRow, SumRow } from './store.ts';

/*
 * Stored rows as a person is shown them.
 */

type Charge = NonNullable<Proof['charge']>;

export const meterOf = (row: MeterRow): Charge['meter'] => ({
  meterId: row.meter_id,
  serial: row.serial,
  kind: row.meter_kind,
  model: row.model,
  ctRatio: row.ct_ratio,
  stallCode: row.stall_code,
});

export function sumOf(row: SumRow): Charge['sum'] {
  const rule = parseRule(row.rule);
  return {
    planName: row.plan_name,
    planVersion: row.plan_version,
    planValidFrom: row.valid_from.toISOString(),
    rule: row.rule,
    billingPeriod: row.billing_period,
    periodFrom: row.period_from.toISOString(),
    usedBefore: Number(row.use_before),
    uses: row.uses.map(({ step, tariff, use }) => {
      const parts = priceOfUse(rule, step, tariff);
      const price = unitPrice(parts);
      return {
        step,
        tariff,
        use: Number(use),
        unitPrice: formatPrice(price),
        parts: parts.map((part) => ({ name: part.name, price: formatPrice(part.price) })),
        exact: formatExact(priceExactly(quantity(BigInt(use)), price)),
      };
    }),
    standing:
      rule.standingPerDay === undefined || row.standing === 0n
        ? null
        : {
            days: standingDays(row.standing, rule.standingPerDay),
            perDay: formatPrice(rule.standingPerDay),
            exact: formatExact(row.standing),
          },
    exactBefore: formatExact(row.exact_before),
    exactAfter: formatExact(row.exact_after),
    roundedBeforeFen: Number(roundToFen(row.exact_before)),
    roundedAfterFen: Number(roundToFen(row.exact_after)),
    amountFen: Number(row.amount_fen),
  };
}

export const readingOf = (row: ReadingRow): ProofReading => ({
  readAt: row.read_at.toISOString(),
  receivedAt: row.received_at.toISOString(),
  origin: row.origin,
  value: Number(row.total),
  tariffs: row.tariffs?.map((one) => (one === null ? null : Number(one))) ?? null,
  turnovers: row.turnovers,
  saidValue: row.said_total === null ? null : Number(row.said_total),
  operatorName: row.operator_name,
  note: row.note,
  photoId: row.photo_id,
  frame: row.frame_at === null ? null : frameOf(row.frame_at, row.protocol, row.bytes),
});

function frameOf(at: Date, protocol: string, stored: Uint8Array): NonNullable<ProofReading['frame']> {
  const { bytes, description } = describeStored(protocol, stored);
  return {
    at: at.toISOString(),
    protocol,
    hex: toHex(bytes),
    description: description && { ...description, inner: [...description.inner] },
  };
}
