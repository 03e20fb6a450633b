import type { BillingState, Correction } from '@openprepay/domain';
import type { MeterKind, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { storedUse } from './store.ts';

/** Which end of a charge a reading is. */
export type Edge = 'start' | 'end';

/** A charge that ended or began with a reading. */
export interface TouchedCharge {
  readonly chargeId: string;
  readonly edge: Edge;
  readonly kind: MeterKind;
  readonly accountId: string;
  readonly planId: string;
  readonly planVersion: number;
  readonly billingPeriod: string;
  readonly periodFrom: Date;
  /** How often this end was put right before. */
  readonly earlier: bigint;
}

/** The charges of a meter that ended or began at an instant, the one that ended first. */
export async function touchedCharges(
  tx: Queryable,
  marketId: string,
  meterId: string,
  readAt: Date,
): Promise<TouchedCharge[]> {
  return tx.query<TouchedCharge & Record<string, unknown>>(
    `select charge_id as "chargeId", edge, meter.kind, account_id as "accountId", plan_id as "planId",
            plan_version as "planVersion", billing_period as "billingPeriod", period_from as "periodFrom",
            (select count(*) from charge_correction earlier
             where earlier.market_id = $1 and earlier.charge_id = charge.charge_id and earlier.edge = side.edge) as earlier
     from charge
     join meter using (market_id, meter_id)
     cross join lateral (values ('end', to_at), ('start', from_at)) as side (edge, at)
     where market_id = $1 and meter_id = $2 and side.at = $3
     order by edge`,
    [marketId, meterId, readAt],
  );
}

/** Whether an instant lies inside a charge of the meter. */
export async function isInsideCharge(tx: Queryable, marketId: string, meterId: string, readAt: Date): Promise<boolean> {
  const [inside] = await tx.query(
    'select from charge where market_id = $1 and meter_id = $2 and from_at < $3 and to_at > $3 limit 1',
    [marketId, meterId, readAt],
  );
  return inside !== undefined;
}

/** The meters that took each other's place before and after one, that one included. */
export async function chainOf(tx: Queryable, marketId: string, meterId: string): Promise<string[]> {
  const rows = await tx.query<{ meter_id: string }>(
    `with recursive chain as (
       select $2::uuid as meter_id
       union
       select case chain.meter_id when old_meter_id then new_meter_id else old_meter_id end
       from chain
       join meter_replacement
         on market_id = $1 and (old_meter_id = chain.meter_id or new_meter_id = chain.meter_id)
     )
     select meter_id from chain order by meter_id`,
    [marketId, meterId],
  );
  return rows.map((row) => row.meter_id);
}

/** The meters on the other side of a change of CT at an instant: the same device, and the same look at its register. */
export async function otherHalves(tx: Queryable, marketId: string, meterId: string, at: Date): Promise<string[]> {
  const rows = await tx.query<{ meter_id: string }>(
    `select case old_meter_id when $2 then new_meter_id else old_meter_id end as meter_id
     from meter_replacement
     where market_id = $1 and (old_meter_id = $2 or new_meter_id = $2) and at = $3 and reason = 'ct_changed'`,
    [marketId, meterId, at],
  );
  return rows.map((row) => row.meter_id);
}

/** Which billing period of which account. */
export interface PeriodKey {
  readonly accountId: string;
  readonly billingPeriod: string;
  readonly periodFrom: Date;
}

/** How far a billing period has come over all meters of a chain: everything charged and corrected in it. */
export async function periodState(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
  { accountId, billingPeriod, periodFrom }: PeriodKey,
): Promise<BillingState> {
  const [sum] = await tx.query<Pick<BillingState, 'use' | 'exact'> & Record<string, unknown>>(
    `select coalesce(sum(use), 0)::bigint as use, coalesce(sum(exact), 0)::bigint as exact
     from (
       select market_id, meter_id, account_id, billing_period, period_from, to_value - from_value as use,
              exact_after_nano_yuan - exact_before_nano_yuan as exact
       from charge
       union all
       select market_id, meter_id, account_id, billing_period, period_from,
              case edge when 'end' then true_value - said_value else said_value - true_value end,
              exact_after_nano_yuan - exact_before_nano_yuan
       from charge_correction) entry
     where market_id = $1 and meter_id = any($2::uuid[]) and account_id = $3 and billing_period = $4 and period_from = $5`,
    [marketId, meterIds, accountId, billingPeriod, periodFrom],
  );
  return { billingPeriod, periodFrom, use: sum?.use as Quantity, exact: sum?.exact as BillingState['exact'] };
}

/** Moves the cursor that a billing period goes on from to where it stands now: that of the last meter, if it is still in it. */
export async function movePeriod(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
  accountId: string,
  { billingPeriod, periodFrom, use, exact }: BillingState,
): Promise<void> {
  await tx.query(
    `update meter_settlement set period_use = $6, exact_nano_yuan = $7
     where market_id = $1 and meter_id = any($2::uuid[]) and account_id = $3 and billing_period = $4 and period_from = $5
       and not exists (
         select from meter_replacement replaced
         join meter_settlement next on next.market_id = $1 and next.meter_id = replaced.new_meter_id
         join meter_binding binding
           on binding.market_id = $1 and binding.meter_id = replaced.old_meter_id and binding.to_at = replaced.at
         join tenancy
           on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id and tenancy.account_id = $3
         where replaced.market_id = $1 and replaced.old_meter_id = meter_settlement.meter_id
           and next.opened_at >= replaced.at and tenancy.from_at < replaced.at
           and coalesce(tenancy.to_at, 'infinity') > replaced.at)`,
    [marketId, meterIds, accountId, billingPeriod, periodFrom, use, exact],
  );
}

/** The cursor that stands on a reading stands on its true value. */
export async function moveValue(
  tx: Queryable,
  marketId: string,
  meterId: string,
  readAt: Date,
  total: Quantity,
): Promise<void> {
  await tx.query(
    'update meter_settlement set settled_value = $4 where market_id = $1 and meter_id = $2 and settled_at = $3',
    [marketId, meterId, readAt, total],
  );
}

export interface StoredCorrection {
  readonly correctionId: string;
  readonly charge: TouchedCharge;
  readonly meterId: string;
  readonly saidValue: Quantity;
  readonly trueValue: Quantity;
  readonly correction: Correction;
  /** The correction's own id, or null where nothing was to be taken or given. */
  readonly txId: string | null;
}

export async function insertCorrection(
  tx: Queryable,
  marketId: string,
  { correctionId, charge, meterId, saidValue, trueValue, correction, txId }: StoredCorrection,
  by: { readonly at: Date; readonly operatorId: string; readonly reason: string },
): Promise<void> {
  const { before, after, uses, amountFen } = correction;
  await tx.query(
    `insert into charge_correction (market_id, correction_id, charge_id, meter_id, account_id, edge, said_value, true_value,
                                    plan_id, plan_version, billing_period, period_from, use_before, uses,
                                    exact_before_nano_yuan, exact_after_nano_yuan, amount_fen, tx_id, operator_id, reason,
                                    created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
    [
      marketId,
      correctionId,
      charge.chargeId,
      meterId,
      charge.accountId,
      charge.edge,
      saidValue,
      trueValue,
      charge.planId,
      charge.planVersion,
      charge.billingPeriod,
      charge.periodFrom,
      before.use,
      JSON.stringify(uses.map(storedUse)),
      before.exact,
      after.exact,
      amountFen,
      txId,
      by.operatorId,
      by.reason,
      by.at,
    ],
  );
}
