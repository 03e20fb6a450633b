import type { BillingState, PricedUse, SettlementPeriod } from '@openprepay/domain';
import type { Queryable } from '../platform/database.ts';
import type { Cursor, MeterCharge } from './types.ts';

/** No id comes before it. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

export async function listMarkets(db: Queryable): Promise<{ marketId: string; timeZone: string }[]> {
  return db.query('select market_id as "marketId", time_zone as "timeZone" from market order by market_id');
}

export interface BuildingTimes {
  readonly buildingId: string;
  readonly period: SettlementPeriod;
  /** Of the day; none: midnight. */
  readonly minutes: readonly number[];
}

export async function buildingTimes(db: Queryable, marketId: string): Promise<BuildingTimes[]> {
  return db.query<BuildingTimes & Record<string, unknown>>(
    `select building_id as "buildingId", settlement_period as period, settlement_minutes as minutes
     from building where market_id = $1`,
    [marketId],
  );
}

export interface FreshMeter {
  readonly meterId: string;
  /** Never settled before: it has no cursor yet. */
  readonly unopened: boolean;
  /** A stall of it is in a building that is settled at its own times. */
  readonly waits: boolean;
}

/**
 * Meters, in order of id, that an open account has or had with a good reading later than they are settled: one quick look at the
 * market, for whether it may be settled now is not asked.
 */
export async function freshMeters(db: Queryable, marketId: string): Promise<FreshMeter[]> {
  return db.query<FreshMeter & Record<string, unknown>>(
    `select state.meter_id as "meterId", settled.meter_id is null as unopened,
            bool_or(building.settlement_period <> 'each_reading') as waits
     from meter_state state
     left join meter_settlement settled on settled.market_id = $1 and settled.meter_id = state.meter_id
     join meter_binding binding on binding.market_id = $1 and binding.meter_id = state.meter_id
     join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id
     join account on account.market_id = $1 and account.account_id = tenancy.account_id and account.state = 'open'
     join stall on stall.market_id = $1 and stall.stall_id = binding.stall_id
     join building on building.market_id = $1 and building.building_id = stall.building_id
     where state.market_id = $1 and state.last_read_at > coalesce(settled.settled_at, '-infinity')
       and coalesce(least(binding.to_at, tenancy.to_at), 'infinity') > coalesce(settled.settled_at, '-infinity')
     group by state.meter_id, settled.meter_id
     order by state.meter_id`,
    [marketId],
  );
}

/** The meters whose place these took, to be locked with them: what they carry on must not move meanwhile. */
export async function predecessors(db: Queryable, marketId: string, meterIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ old_meter_id: string }>(
    'select old_meter_id from meter_replacement where market_id = $1 and new_meter_id = any($2::uuid[])',
    [marketId, meterIds],
  );
  return rows.map((row) => row.old_meter_id);
}

/** And those that took the place of these. */
export async function successors(db: Queryable, marketId: string, meterIds: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ new_meter_id: string }>(
    'select new_meter_id from meter_replacement where market_id = $1 and old_meter_id = any($2::uuid[])',
    [marketId, meterIds],
  );
  return rows.map((row) => row.new_meter_id);
}

/**
 * Keeps the first readings of meters that have no cursor yet from being put right meanwhile. Before any cursor is locked,
 * as who puts a reading right does it.
 */
export async function lockUnopened(tx: Queryable, marketId: string, meterIds: readonly string[]): Promise<void> {
  await tx.query(
    'select from meter_state where market_id = $1 and meter_id = any($2::uuid[]) order by meter_id for share',
    [marketId, meterIds],
  );
}

/** Locks cursors in order of id: a second worker waits here, and then finds them where the first one left them. */
export async function lockCursors(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
): Promise<Map<string, Cursor>> {
  const rows = await tx.query<Omit<Cursor, 'billing'> & BillingState & { meterId: string } & Record<string, unknown>>(
    `select meter_id as "meterId", account_id as "accountId", opened_at as "openedAt", settled_at as "settledAt",
            settled_value as "settledValue",
            billing_period as "billingPeriod", period_from as "periodFrom", period_use as use, exact_nano_yuan as exact
     from meter_settlement
     where market_id = $1 and meter_id = any($2::uuid[])
     order by meter_id for update`,
    [marketId, meterIds],
  );
  return new Map(
    rows.map(({ meterId, billingPeriod, periodFrom, use, exact, ...cursor }) => [
      meterId,
      { ...cursor, billing: { billingPeriod, periodFrom, use, exact } },
    ]),
  );
}

export interface StoredCharge extends MeterCharge {
  readonly chargeId: string;
  /** The charge's own id, or null where nothing was to be taken. */
  readonly txId: string | null;
}

export async function insertCharges(
  tx: Queryable,
  marketId: string,
  at: Date,
  charges: readonly StoredCharge[],
): Promise<void> {
  await tx.query(
    `insert into charge (market_id, charge_id, meter_id, account_id, stall_id, from_at, to_at, from_value, to_value,
                         plan_id, plan_version, billing_period, period_from, use_before, intervals, uses,
                         exact_before_nano_yuan, exact_after_nano_yuan, standing_nano_yuan, amount_fen, tx_id, created_at)
     select $1, t.*, $2
     from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::timestamptz[], $9::bigint[],
                 $10::bigint[], $11::uuid[], $12::integer[], $13::text[], $14::timestamptz[], $15::bigint[], $16::integer[],
                 $17::jsonb[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::uuid[]) as t`,
    [
      marketId,
      at,
      charges.map((charge) => charge.chargeId),
      charges.map((charge) => charge.meterId),
      charges.map((charge) => charge.accountId),
      charges.map((charge) => charge.stallId),
      charges.map((charge) => charge.from.readAt),
      charges.map((charge) => charge.to.readAt),
      charges.map((charge) => charge.from.total),
      charges.map((charge) => charge.to.total),
      charges.map((charge) => charge.version.planId),
      charges.map((charge) => charge.version.version),
      charges.map((charge) => charge.after.billingPeriod),
      charges.map((charge) => charge.after.periodFrom),
      charges.map((charge) => charge.before.use),
      charges.map((charge) => charge.intervals),
      charges.map((charge) => JSON.stringify(charge.uses.map(storedUse))),
      charges.map((charge) => charge.before.exact),
      charges.map((charge) => charge.after.exact),
      charges.map((charge) => charge.standing),
      charges.map((charge) => charge.amountFen),
      charges.map((charge) => charge.txId),
    ],
  );
}

export const storedUse = ({ step, tariff, use }: PricedUse) => ({ step, tariff, use: String(use) });

export async function moveCursors(
  tx: Queryable,
  marketId: string,
  cursors: readonly (Cursor & { readonly meterId: string })[],
): Promise<void> {
  await tx.query(
    `update meter_settlement
     set account_id = moved.account_id, opened_at = moved.opened_at, settled_at = moved.settled_at,
         settled_value = moved.settled_value, billing_period = moved.billing_period, period_from = moved.period_from,
         period_use = moved.period_use, exact_nano_yuan = moved.exact_nano_yuan
     from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::text[],
                 $8::timestamptz[], $9::bigint[], $10::bigint[])
       as moved (meter_id, account_id, opened_at, settled_at, settled_value, billing_period, period_from, period_use,
                 exact_nano_yuan)
     where meter_settlement.market_id = $1 and meter_settlement.meter_id = moved.meter_id`,
    [
      marketId,
      cursors.map((cursor) => cursor.meterId),
      cursors.map((cursor) => cursor.accountId),
      cursors.map((cursor) => cursor.openedAt),
      cursors.map((cursor) => cursor.settledAt),
      cursors.map((cursor) => cursor.settledValue),
      cursors.map(({ billing }) => billing.billingPeriod),
      cursors.map(({ billing }) => billing.periodFrom),
      cursors.map(({ billing }) => billing.use),
      cursors.map(({ billing }) => billing.exact),
    ],
  );
}
