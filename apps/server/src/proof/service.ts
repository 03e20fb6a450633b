import type { Proof, ProofReading } from '@openprepay/contract';
import { parseRule, priceOfUse, standingDays, unitPrice } from '@openprepay/domain';
import { assert, formatExact, formatPrice, priceExactly, quantity, roundToFen, toHex } from '@openprepay/kernel';
import { describeStored } from '@openprepay/protocols/describe';
import type { Queryable } from '../platform/database.ts';
import { proofError } from './errors.ts';
import {
  type ChargeRow,
  type CorrectionRow,
  findCharge,
  findCorrection,
  findTransaction,
  type MeterRow,
  postingsOf,
  type ReadingRow,
  readingsAt,
  type SumRow,
  type TransactionRow,
} from './store.ts';

type Charge = NonNullable<Proof['charge']>;
type Correction = NonNullable<Proof['correction']>;

/** All that stands behind one transaction. @throws proof.no_such_transaction */
export async function proofOf(db: Queryable, marketId: string, txId: string): Promise<Proof> {
  const tx = await findTransaction(db, marketId, txId);
  if (tx === null) throw proofError('proof.no_such_transaction', 'this market has no such transaction');
  const charge = await findCharge(db, marketId, txId);
  const correction = await findCorrection(db, marketId, txId);
  const postings = await postingsOf(db, marketId, txId);
  return {
    txId,
    ...factsOf(tx),
    postings: postings.map((line) => ({ ledgerAccount: line.ledger_account, amountFen: Number(line.amount_fen) })),
    charge: charge && (await chargeOf(db, marketId, charge)),
    correction: correction && correctionOf(correction),
  };
}

const factsOf = (tx: TransactionRow) => ({
  marketName: tx.market_name,
  kind: tx.kind as Proof['kind'],
  at: tx.business_at.toISOString(),
  recordedAt: tx.recorded_at.toISOString(),
  memo: tx.memo,
  operatorName: tx.operator_name,
  receiptNumber: tx.receipt_number,
  reverses: tx.reverses,
  reversedBy: tx.reversed_by,
  account:
    tx.account_id === null
      ? null
      : { accountId: tx.account_id, number: tx.account_number, customerName: tx.customer_name },
  seal:
    tx.seal_seq === null
      ? null
      : { seq: Number(tx.seal_seq), sealedAt: tx.sealed_at.toISOString(), hash: toHex(tx.hash) },
});

async function chargeOf(db: Queryable, marketId: string, row: ChargeRow): Promise<Charge> {
  const readings = await readingsAt(db, marketId, row.meter_id, [row.from_at, row.to_at]);
  const at = (instant: Date) => {
    const reading = readings.find(({ read_at }) => read_at.getTime() === instant.getTime());
    assert(reading, 'a charge goes from one stored reading to another', { meterId: row.meter_id, instant });
    return readingOf(reading);
  };
  return {
    meter: meterOf(row),
    from: at(row.from_at),
    to: at(row.to_at),
    intervals: row.intervals,
    sum: sumOf(row),
  };
}

const correctionOf = (row: CorrectionRow): Correction => ({
  meter: meterOf(row),
  correctsTxId: row.corrects_tx_id,
  readAt: row.read_at.toISOString(),
  saidValue: Number(row.said_value),
  trueValue: Number(row.true_value),
  reason: row.reason,
  sum: sumOf(row),
});

const meterOf = (row: MeterRow): Charge['meter'] => ({
  meterId: row.meter_id,
  serial: row.serial,
  kind: row.meter_kind,
  model: row.model,
  ctRatio: row.ct_ratio,
  stallCode: row.stall_code,
});

function sumOf(row: SumRow): Charge['sum'] {
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

const readingOf = (row: ReadingRow): ProofReading => ({
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
