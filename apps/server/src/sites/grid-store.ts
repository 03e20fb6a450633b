import type { MeterKind } from '@openprepay/kernel';
import type { Queryable, Row } from '../platform/database.ts';

export interface MarketRow extends Row {
  marketId: string;
  code: string;
  name: string;
  timeZone: string;
  lowBalanceFen: bigint;
}

const MARKET = `market_id as "marketId", code, name, time_zone as "timeZone", low_balance_fen as "lowBalanceFen"`;

/** @param among null for all */
export async function readMarkets(db: Queryable, among: readonly string[] | null): Promise<MarketRow[]> {
  return db.query<MarketRow>(
    `select ${MARKET} from market where $1::uuid[] is null or market_id = any($1) order by code`,
    [among],
  );
}

export async function readMarket(db: Queryable, marketId: string): Promise<MarketRow | null> {
  const rows = await db.query<MarketRow>(`select ${MARKET} from market where market_id = $1`, [marketId]);
  return rows[0] ?? null;
}

/** The instant of a view, and where its business day began. */
export interface ViewTime {
  readonly at: Date;
  readonly dayStart: Date;
}

export interface GridStallRow extends Row {
  stall_id: string;
  code: string;
  building: string;
  stall_type: string;
  customer_name: string | null;
  account_state: 'prepared' | 'open' | 'closed' | null;
  account_mode: 'prepaid' | 'postpaid' | null;
  credit_limit_fen: bigint | null;
  balance_fen: bigint | null;
}

/** Which stalls of a market: one, those of some buildings, or all. */
export interface Part {
  readonly stallId?: string;
  readonly buildingIds?: readonly string[] | null;
}

/** The stalls with the accounts that have them now. */
export async function readStalls(db: Queryable, marketId: string, part: Part): Promise<GridStallRow[]> {
  return db.query<GridStallRow>(
    `select stall.stall_id, stall.code, building.name as building, stall.stall_type, account.customer_name,
            account.state as account_state, account.mode as account_mode, account.credit_limit_fen,
            case when account.account_id is not null then coalesce(purse.balance_fen, 0) end as balance_fen
     from stall
     join building on building.market_id = stall.market_id and building.building_id = stall.building_id
     left join tenancy
       on tenancy.market_id = stall.market_id and tenancy.stall_id = stall.stall_id and tenancy.to_at is null
     left join account on account.market_id = tenancy.market_id and account.account_id = tenancy.account_id
     left join purse
       on purse.market_id = account.market_id and purse.account_id = account.account_id and purse.kind = 'utility'
     where stall.market_id = $1 and ($2::uuid is null or stall.stall_id = $2)
       and ($3::uuid[] is null or stall.building_id = any($3))
     order by stall.code`,
    [marketId, part.stallId ?? null, part.buildingIds ?? null],
  );
}

export interface GridMeterRow extends Row {
  stall_id: string;
  meter_id: string;
  kind: MeterKind;
  online: boolean;
  switch_state: 'on' | 'off' | 'fault' | 'unknown';
  wanted: 'on' | 'off' | null;
  wanted_reason: string | null;
  /** As it holds now: one that has ended is auto. */
  override: 'auto' | 'forced_on' | 'forced_off';
  has_open_command: boolean;
  has_open_hold: boolean;
  has_open_exception: boolean;
  is_read: boolean;
  today_use: bigint;
}

/**
 * Every meter that is bound to a stall now. Today's use is what lies between the last good reading and the last one
 * before the day began (or the day's first): three look-ups in the key of readings a meter.
 */
export async function readMeters(
  db: Queryable,
  marketId: string,
  part: Part,
  { at, dayStart }: ViewTime,
): Promise<GridMeterRow[]> {
  return db.query<GridMeterRow>(
    `select binding.stall_id, meter.meter_id, meter.kind, coalesce(state.online, false) as online,
            coalesce(state.switch_state, 'unknown') as switch_state, control.wanted, control.wanted_reason,
            case when control.override_until <= $3 then 'auto' else coalesce(control.override, 'auto') end as override,
            command.command_id is not null as has_open_command, hold.hold_id is not null as has_open_hold,
            exists (select 1 from device_exception exception where exception.market_id = meter.market_id
              and exception.meter_id = meter.meter_id and exception.kind <> 'setting_not_confirmed'
              and exception.closed_at is null) as has_open_exception,
            coalesce(state.last_read_at >= $3::timestamptz - make_interval(secs => 2 * building.reading_interval_s), false)
              as is_read,
            coalesce(last.total - coalesce(
              (select total from reading where market_id = $1 and meter_id = meter.meter_id and quality = 'good'
                 and read_at <= $4 order by read_at desc limit 1),
              (select total from reading where market_id = $1 and meter_id = meter.meter_id and quality = 'good'
                 and read_at > $4 order by read_at limit 1)), 0) as today_use
     from meter_binding binding
     join meter on meter.market_id = binding.market_id and meter.meter_id = binding.meter_id
     join stall on stall.market_id = binding.market_id and stall.stall_id = binding.stall_id
     join building on building.market_id = stall.market_id and building.building_id = stall.building_id
     left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id
     left join meter_control control on control.market_id = meter.market_id and control.meter_id = meter.meter_id
     left join command
       on command.market_id = meter.market_id and command.meter_id = meter.meter_id and command.kind = 'switch'
         and command.finished_at is null
     left join hold on hold.market_id = meter.market_id and hold.meter_id = meter.meter_id and hold.released_at is null
     left join lateral (
       select total from reading where market_id = $1 and meter_id = meter.meter_id and quality = 'good'
       order by read_at desc limit 1) last on true
     where binding.market_id = $1 and binding.to_at is null and ($2::uuid is null or binding.stall_id = $2)
       and ($5::uuid[] is null or stall.building_id = any($5))
     order by meter.kind, meter.serial`,
    [marketId, part.stallId ?? null, at, dayStart, part.buildingIds ?? null],
  );
}

export interface SummaryRow extends Row {
  open_holds: bigint;
  open_exceptions: bigint;
  unclaimed_devices: bigint;
  today_charged_fen: bigint | null;
  today_topped_up_fen: bigint | null;
}

const NOTHING: SummaryRow = {
  open_holds: 0n,
  open_exceptions: 0n,
  unclaimed_devices: 0n,
  today_charged_fen: null,
  today_topped_up_fen: null,
};

/**
 * Ledger transactions carry their time in their key (UUIDv7), so a day is a range of the primary key.
 * @param dayStartKey the smallest key of the day
 */
export async function readSummary(db: Queryable, marketId: string, dayStartKey: string): Promise<SummaryRow> {
  const [row] = await db.query<SummaryRow>(
    `select
       (select count(*) from hold where market_id = $1 and released_at is null) as open_holds,
       (select count(*) from device_exception where market_id = $1 and closed_at is null) as open_exceptions,
       (select count(*) from unclaimed_device) as unclaimed_devices,
       day.charged as today_charged_fen, day.topped_up as today_topped_up_fen
     from (
       select coalesce(sum(amount_fen) filter (where ledger_account in ('revenue.electricity', 'revenue.water')), 0)::bigint as charged,
              coalesce(-sum(amount_fen) filter (where ledger_account in ('cash', 'bank', 'pos')), 0)::bigint as topped_up
       from posting where market_id = $1 and tx_id >= $2) day`,
    [marketId, dayStartKey],
  );
  return row ?? NOTHING;
}

/** The same of some buildings; the market's money and the devices of no market are none of theirs. */
export async function readBuildingsSummary(
  db: Queryable,
  marketId: string,
  buildingIds: readonly string[],
): Promise<SummaryRow> {
  const [row] = await db.query<SummaryRow>(
    `with mine as (
       select binding.meter_id
       from meter_binding binding
       join stall on stall.market_id = $1 and stall.stall_id = binding.stall_id
       where binding.market_id = $1 and binding.to_at is null and stall.building_id = any($2::uuid[])
     )
     select
       (select count(*) from hold where market_id = $1 and released_at is null and meter_id in (select * from mine)) as open_holds,
       (select count(*) from device_exception
        where market_id = $1 and closed_at is null and meter_id in (select * from mine)) as open_exceptions,
       0::bigint as unclaimed_devices, null::bigint as today_charged_fen, null::bigint as today_topped_up_fen`,
    [marketId, buildingIds],
  );
  return row ?? NOTHING;
}
