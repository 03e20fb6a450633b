import type { LedgerLine } from '@openprepay/contract';
import { averagePrice } from '@openprepay/domain';
import { formatExact, formatPrice, type MeterKind, type NanoYuan, quantity } from '@openprepay/kernel';
import type { Static } from 'typebox';
import type { Queryable } from '../platform/database.ts';
import type { LedgerTransaction, PurseKind } from './types.ts';

type Line = Static<typeof LedgerLine>;

export type LineRow = Record<string, unknown> & {
  readonly tx_id: string;
  readonly kind: LedgerTransaction['kind'];
  readonly business_at: Date;
  readonly ledger_account: string;
  readonly amount_fen: bigint;
  readonly memo: string | null;
  readonly operator_name: string | null;
} & (ChargeColumns | { readonly from_at: null }) &
  (CorrectionColumns | { readonly corrected_at: null }) &
  (ProvisionalColumns | { readonly provisional_from: null });

interface ChargeColumns {
  readonly from_at: Date;
  readonly to_at: Date;
  readonly from_value: bigint;
  readonly to_value: bigint;
  readonly serial: string;
  readonly meter_kind: MeterKind;
  readonly plan_name: string;
  readonly plan_version: number;
  readonly exact: NanoYuan;
  readonly standing: NanoYuan;
}

interface CorrectionColumns {
  readonly corrected_at: Date;
  readonly corrected_serial: string;
  readonly corrected_kind: MeterKind;
  readonly said_value: bigint;
  readonly true_value: bigint;
  readonly corrected_plan_name: string;
  readonly corrected_plan_version: number;
  readonly reason: string;
}

interface ProvisionalColumns {
  readonly provisional_from: Date;
  readonly provisional_to: Date;
  readonly provisional_serial: string;
  readonly provisional_kind: MeterKind;
  readonly provisional_use: bigint;
  readonly is_open: boolean;
  /** Null of an open one. */
  readonly takes_back: boolean | null;
}

/** The latest lines of an account's purses, newest first; a charge with what was priced, a correction with what was wrong. */
export async function ledgerLines(db: Queryable, marketId: string, accountId: string, limit: number): Promise<Line[]> {
  // Ids are in order of time.
  const rows = await describeLines<LineRow>(
    db,
    'select * from posting where market_id = $1 and account_id = $2 order by tx_id desc limit $3',
    'line.tx_id desc, line.line',
    [marketId, accountId, limit],
  );
  return rows.map(lineOf);
}

/**
 * Purse lines with all that stands behind them.
 * @param source a query of rows of posting; `$1` is the market
 * @param order of `line` and `tx`
 */
export async function describeLines<R extends LineRow>(
  db: Queryable,
  source: string,
  order: string,
  values: readonly unknown[],
): Promise<R[]> {
  // The transaction of a charge, or of a correction, bears its own id.
  return db.query<R>(
    `select tx.tx_id, tx.kind, tx.business_at, line.ledger_account, line.amount_fen, tx.memo,
            operator.name as operator_name, charge.from_at, charge.to_at, charge.from_value, charge.to_value,
            meter.serial, meter.kind as meter_kind, plan.name as plan_name, charge.plan_version,
            charge.exact_after_nano_yuan - charge.exact_before_nano_yuan - charge.standing_nano_yuan as exact,
            charge.standing_nano_yuan as standing, correction.*, provisional.*
     from (${source}) line
     join ledger_tx tx on tx.market_id = $1 and tx.tx_id = line.tx_id
     left join operator on operator.operator_id = tx.operator_id
     left join charge on charge.market_id = $1 and charge.charge_id = tx.tx_id
     left join meter on meter.market_id = $1 and meter.meter_id = charge.meter_id
     left join price_plan plan on plan.market_id = $1 and plan.plan_id = charge.plan_id
     left join lateral (
       select case edge when 'end' then corrected.to_at else corrected.from_at end as corrected_at,
              meter.serial as corrected_serial, meter.kind as corrected_kind, said_value, true_value,
              plan.name as corrected_plan_name, charge_correction.plan_version as corrected_plan_version, reason
       from charge_correction
       join charge corrected on corrected.market_id = $1 and corrected.charge_id = charge_correction.charge_id
       join meter on meter.market_id = $1 and meter.meter_id = charge_correction.meter_id
       join price_plan plan on plan.market_id = $1 and plan.plan_id = charge_correction.plan_id
       where charge_correction.market_id = $1 and charge_correction.correction_id = tx.tx_id) correction
       on tx.kind = 'correction'
     left join lateral (
       select min(from_at) as provisional_from, max(to_at) as provisional_to, min(meter.serial) as provisional_serial,
              min(meter.kind) as provisional_kind, sum(use)::bigint as provisional_use, bool_or(replaced_at is null) as is_open,
              bool_or(replaced_tx_id = tx.tx_id) as takes_back
       from provisional_charge
       join meter on meter.market_id = $1 and meter.meter_id = provisional_charge.meter_id
       where provisional_charge.market_id = $1 and (provisional_id = tx.tx_id or replaced_tx_id = tx.tx_id)) provisional
       on tx.kind = 'provisional'
     order by ${order}`,
    values,
  );
}

export const lineOf = (row: LineRow): Line => ({
  txId: row.tx_id,
  kind: row.kind,
  at: row.business_at.toISOString(),
  purse: row.ledger_account.slice('purse.'.length) as PurseKind,
  amountFen: Number(row.amount_fen),
  memo: row.memo,
  operatorName: row.operator_name,
  charge: row.from_at === null ? null : chargeOf(row),
  correction: row.corrected_at === null ? null : correctionOf(row),
  provisional: row.provisional_from === null ? null : provisionalOf(row),
});

function chargeOf(row: ChargeColumns): NonNullable<Line['charge']> {
  const use = quantity(row.to_value - row.from_value);
  return {
    meterSerial: row.serial,
    kind: row.meter_kind,
    fromAt: row.from_at.toISOString(),
    toAt: row.to_at.toISOString(),
    fromValue: Number(row.from_value),
    toValue: Number(row.to_value),
    planName: row.plan_name,
    planVersion: row.plan_version,
    unitPrice: use > 0n ? formatPrice(averagePrice(row.exact, use)) : null,
    standing: row.standing > 0n ? formatExact(row.standing) : null,
  };
}

const correctionOf = (row: CorrectionColumns): NonNullable<Line['correction']> => ({
  meterSerial: row.corrected_serial,
  kind: row.corrected_kind,
  readAt: row.corrected_at.toISOString(),
  saidValue: Number(row.said_value),
  trueValue: Number(row.true_value),
  planName: row.corrected_plan_name,
  planVersion: row.corrected_plan_version,
  reason: row.reason,
});

const provisionalOf = (row: ProvisionalColumns): NonNullable<Line['provisional']> => ({
  meterSerial: row.provisional_serial,
  kind: row.provisional_kind,
  fromAt: row.provisional_from.toISOString(),
  toAt: row.provisional_to.toISOString(),
  use: Number(row.provisional_use),
  isOpen: row.is_open,
  takesBack: row.takes_back === true,
});
