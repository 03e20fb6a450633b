import type { Tariff } from '@openprepay/domain';
import type { MeterKind, NanoYuan } from '@openprepay/kernel';
import type { Queryable, Row } from '../platform/database.ts';

export interface TransactionRow extends Row {
  readonly kind: string;
  readonly business_at: Date;
  readonly recorded_at: Date;
  readonly memo: string | null;
  readonly market_name: string;
  readonly operator_name: string | null;
  readonly receipt_number: string | null;
  readonly reverses: string | null;
  readonly reversed_by: string | null;
  readonly seal_seq: bigint | null;
  readonly sealed_at: Date;
  readonly hash: Uint8Array;
  readonly account_id: string | null;
  readonly account_number: string;
  readonly customer_name: string;
}

export async function findTransaction(db: Queryable, marketId: string, txId: string): Promise<TransactionRow | null> {
  const rows = await db.query<TransactionRow>(
    `select tx.kind, tx.business_at, tx.recorded_at, tx.memo, market.name as market_name,
            operator.name as operator_name, receipt.label as receipt_number, tx.reverses_tx_id as reverses,
            undone.tx_id as reversed_by, seal.seq as seal_seq, seal.sealed_at, seal.hash, account.account_id,
            account.number as account_number, account.customer_name
     from ledger_tx tx
     join market on market.market_id = tx.market_id
     left join operator on operator.operator_id = tx.operator_id
     left join receipt on receipt.market_id = $1 and receipt.tx_id = tx.tx_id
     left join ledger_tx undone on undone.market_id = $1 and undone.reverses_tx_id = tx.tx_id
     left join ledger_seal seal on seal.market_id = $1 and seal.tx_id = tx.tx_id
     left join lateral (
       select account_id from posting
       where market_id = $1 and tx_id = tx.tx_id and account_id is not null order by line limit 1) holder on true
     left join account on account.market_id = $1 and account.account_id = holder.account_id
     where tx.market_id = $1 and tx.tx_id = $2`,
    [marketId, txId],
  );
  return rows[0] ?? null;
}

export async function postingsOf(
  db: Queryable,
  marketId: string,
  txId: string,
): Promise<{ ledger_account: string; amount_fen: bigint }[]> {
  return db.query('select ledger_account, amount_fen from posting where market_id = $1 and tx_id = $2 order by line', [
    marketId,
    txId,
  ]);
}

/** How an amount was made, as a charge and a correction store it alike. */
export interface SumRow {
  readonly plan_name: string;
  readonly plan_version: number;
  readonly valid_from: Date;
  readonly rule: unknown;
  readonly billing_period: string;
  readonly period_from: Date;
  readonly use_before: bigint;
  readonly uses: readonly { readonly step: number | null; readonly tariff: Tariff | null; readonly use: string }[];
  readonly standing: NanoYuan;
  readonly exact_before: NanoYuan;
  readonly exact_after: NanoYuan;
  readonly amount_fen: bigint;
}

export interface MeterRow {
  readonly meter_id: string;
  readonly serial: string;
  readonly meter_kind: MeterKind;
  readonly model: string;
  readonly ct_ratio: number;
  readonly stall_code: string | null;
}

export interface ChargeRow extends Row, SumRow, MeterRow {
  readonly from_at: Date;
  readonly to_at: Date;
  readonly intervals: number;
}

export interface CorrectionRow extends Row, SumRow, MeterRow {
  readonly corrects_tx_id: string | null;
  readonly read_at: Date;
  readonly said_value: bigint;
  readonly true_value: bigint;
  readonly reason: string;
}

export const SUM = (
  table: string,
  standing: string,
) => `${standing} as standing, plan.name as plan_name, ${table}.plan_version, version.valid_from, version.rule,
  ${table}.billing_period, ${table}.period_from, ${table}.use_before, ${table}.uses,
  ${table}.exact_before_nano_yuan as exact_before, ${table}.exact_after_nano_yuan as exact_after, ${table}.amount_fen`;
export const METER =
  'meter.meter_id, meter.serial, meter.kind as meter_kind, meter.model, meter.ct_ratio, stall.code as stall_code';
export const PLAN = (table: string) => `join price_plan plan on plan.market_id = $1 and plan.plan_id = ${table}.plan_id
     join price_plan_version version on version.market_id = $1 and version.plan_id = ${table}.plan_id
       and version.version = ${table}.plan_version`;

/** A charge bears the id of its transaction. */
export async function findCharge(db: Queryable, marketId: string, txId: string): Promise<ChargeRow | null> {
  const rows = await db.query<ChargeRow>(
    `select ${SUM('charge', 'charge.standing_nano_yuan')}, ${METER}, charge.from_at, charge.to_at, charge.intervals
     from charge
     ${PLAN('charge')}
     join meter on meter.market_id = $1 and meter.meter_id = charge.meter_id
     left join stall on stall.market_id = $1 and stall.stall_id = charge.stall_id
     where charge.market_id = $1 and charge.charge_id = $2`,
    [marketId, txId],
  );
  return rows[0] ?? null;
}

/** A correction too. */
export async function findCorrection(db: Queryable, marketId: string, txId: string): Promise<CorrectionRow | null> {
  const rows = await db.query<CorrectionRow>(
    `select ${SUM('entry', '0::bigint')}, ${METER}, corrected.tx_id as corrects_tx_id,
            case entry.edge when 'end' then corrected.to_at else corrected.from_at end as read_at,
            entry.said_value, entry.true_value, entry.reason
     from charge_correction entry
     ${PLAN('entry')}
     join charge corrected on corrected.market_id = $1 and corrected.charge_id = entry.charge_id
     join meter on meter.market_id = $1 and meter.meter_id = entry.meter_id
     left join stall on stall.market_id = $1 and stall.stall_id = corrected.stall_id
     where entry.market_id = $1 and entry.correction_id = $2`,
    [marketId, txId],
  );
  return rows[0] ?? null;
}

export interface ReadingRow extends Row {
  readonly read_at: Date;
  readonly received_at: Date;
  readonly origin: 'scheduled' | 'pushed' | 'on_demand' | 'backfilled' | 'manual' | 'estimated';
  readonly total: bigint;
  readonly tariffs: (bigint | null)[] | null;
  readonly turnovers: number;
  readonly said_total: bigint | null;
  readonly operator_name: string | null;
  readonly note: string | null;
  readonly photo_id: string | null;
  readonly frame_at: Date | null;
  readonly protocol: string;
  readonly bytes: Uint8Array;
}

/** The readings of a meter at these instants, each with the frame it came from. */
export async function readingsAt(
  db: Queryable,
  marketId: string,
  meterId: string,
  instants: readonly Date[],
): Promise<ReadingRow[]> {
  return db.query<ReadingRow>(
    `select reading.read_at, reading.received_at, reading.origin, reading.total, reading.tariffs, reading.turnovers,
            reading.said_total, operator.name as operator_name, reading.note, reading.photo_id, frame.at as frame_at,
            frame.protocol, frame.bytes
     from reading
     left join frame on frame.market_id = $1 and frame.frame_id = reading.frame_id
     left join operator on operator.operator_id = reading.operator_id
     where reading.market_id = $1 and reading.meter_id = $2 and reading.read_at = any($3::timestamptz[])`,
    [marketId, meterId, instants],
  );
}
