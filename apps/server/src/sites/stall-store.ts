import type { Queryable, Row } from '../platform/database.ts';

export interface StallRow extends Row {
  area_m2: string | null;
  protected: boolean;
  account_id: string | null;
  number: string;
  phone: string | null;
  provisional_fen: bigint;
}

export async function readStallRow(db: Queryable, marketId: string, stallId: string): Promise<StallRow | null> {
  const rows = await db.query<StallRow>(
    `select stall.area_m2, stall.protected, account.account_id, account.number, account.phone,
            (select coalesce(sum(amount_fen), 0)::bigint from provisional_charge open
             where open.market_id = $1 and open.account_id = account.account_id and open.replaced_at is null)
              as provisional_fen
     from stall
     left join tenancy
       on tenancy.market_id = stall.market_id and tenancy.stall_id = stall.stall_id and tenancy.to_at is null
     left join account on account.market_id = tenancy.market_id and account.account_id = tenancy.account_id
     where stall.market_id = $1 and stall.stall_id = $2`,
    [marketId, stallId],
  );
  return rows[0] ?? null;
}

export interface MeterRow extends Row {
  meter_id: string;
  model: string;
  serial: string;
  link: 'acrel4g' | 'nb';
  last_contact_at: Date | null;
  wake_expected_at: Date | null;
  rssi: number | null;
  battery_low: boolean | null;
  switch_at: Date | null;
  override_reason: string | null;
  override_until: Date | null;
  wanted_at: Date | null;
}

export async function readMeterRows(db: Queryable, marketId: string, meterIds: readonly string[]): Promise<MeterRow[]> {
  return db.query<MeterRow>(
    `select meter.meter_id, meter.model, meter.serial, meter.link, state.last_contact_at, state.wake_expected_at,
            state.rssi, state.battery_low, state.switch_at, control.override_reason, control.override_until,
            control.wanted_at
     from meter
     left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id
     left join meter_control control on control.market_id = meter.market_id and control.meter_id = meter.meter_id
     where meter.market_id = $1 and meter.meter_id = any($2::uuid[])`,
    [marketId, meterIds],
  );
}

export interface ReadingRow extends Row {
  meter_id: string;
  read_at: Date;
  received_at: Date;
  origin: 'scheduled' | 'pushed' | 'on_demand' | 'backfilled' | 'manual' | 'estimated';
  total: bigint;
  quality: 'good' | 'suspect' | 'rejected';
  suspect_reason: string | null;
}

/** The latest readings of each meter, newest first. */
export async function readReadings(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[],
  limit: number,
): Promise<ReadingRow[]> {
  return db.query<ReadingRow>(
    `select latest.* from unnest($2::uuid[]) as asked (meter_id)
     cross join lateral (
       select meter_id, read_at, received_at, origin, total, quality, suspect_reason from reading
       where reading.market_id = $1 and reading.meter_id = asked.meter_id
       order by read_at desc limit $3) latest
     order by latest.read_at desc`,
    [marketId, meterIds, limit],
  );
}

export interface NoticeRow extends Row {
  notice_id: string;
  stage: 'low_balance' | 'alarm_2' | 'final';
  balance_fen: bigint;
  raised_at: Date;
  delivered_at: Date | null;
  closed_at: Date | null;
}

export async function readNotices(
  db: Queryable,
  marketId: string,
  accountId: string,
  limit: number,
): Promise<NoticeRow[]> {
  return db.query<NoticeRow>(
    `select notice_id, stage, balance_fen, raised_at, delivered_at, closed_at from notice
     where market_id = $1 and account_id = $2 order by raised_at desc, notice_id desc limit $3`,
    [marketId, accountId, limit],
  );
}
