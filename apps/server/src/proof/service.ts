import type { Proof } from '@openprepay/contract';
import { assert, toHex } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { proofError } from './errors.ts';
import { findProvisional, takenBackBy } from './provisional.ts';
import { meterOf, readingOf, sumOf } from './shown.ts';
import {
  type ChargeRow,
  type CorrectionRow,
  findCharge,
  findCorrection,
  findTransaction,
  postingsOf,
  readingsAt,
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
  const isProvisional = tx.kind === 'provisional';
  const postings = await postingsOf(db, marketId, txId);
  return {
    txId,
    ...factsOf(tx),
    postings: postings.map((line) => ({ ledgerAccount: line.ledger_account, amountFen: Number(line.amount_fen) })),
    charge: charge && (await chargeOf(db, marketId, charge)),
    correction: correction && correctionOf(correction),
    provisional: isProvisional ? await findProvisional(db, marketId, txId) : null,
    takesBack: isProvisional ? await takenBackBy(db, marketId, txId) : [],
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
