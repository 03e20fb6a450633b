import type { CollectorSessions, LostMeter, MeterClock } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';
import { METER_COLUMNS, METER_PLACE, type MeterFields } from './meters.ts';

/** A meter's clock is set when it is a minute off; one that stays five minutes off has to be looked at. */
export const CLOCK_ALARM_S = 300;
const LOST_AFTER_INTERVALS = 2;
const DEFAULT_INTERVAL_S = 1_800;

export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** Since when nothing was heard of a meter: a sleeping one is not silent before it should have woken. $2 is now. */
const SILENCE = `
  cross join lateral (select coalesce(building.reading_interval_s, ${DEFAULT_INTERVAL_S}) as interval_s) kept
  cross join lateral (select greatest(coalesce(state.last_contact_at, meter.installed_at),
                                      case when meter.link = 'nb' then state.wake_expected_at end) as heard_at) last`;
const IS_LOST = `last.heard_at < $2::timestamptz - make_interval(secs => ${LOST_AFTER_INTERVALS} * interval_s)`;
const STATE = `left join meter_state state on state.market_id = meter.market_id and state.meter_id = meter.meter_id`;

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

/** The figures of a market, or of some of its buildings, that its database knows. */
export async function marketSummary(
  db: Queryable,
  marketId: string,
  at: Date,
  buildingIds: readonly string[] | null = null,
): Promise<Pick<CollectorSessions['summary'], 'meters' | 'metersOnline' | 'metersLost' | 'clockAlarms'>> {
  const rows = await db.query<{ meters: number; metersOnline: number; metersLost: number; clockAlarms: number }>(
    `select count(*)::integer as meters, count(*) filter (where state.online)::integer as "metersOnline",
            count(*) filter (where ${IS_LOST})::integer as "metersLost",
            count(*) filter (where abs(state.clock_drift_s) > ${CLOCK_ALARM_S})::integer as "clockAlarms"
     from meter ${METER_PLACE} ${STATE} ${SILENCE}
     where meter.market_id = $1 and meter.retired_at is null
       and ($3::uuid[] is null or building.building_id = any($3))`,
    [marketId, at, buildingIds],
  );
  return rows[0] ?? { meters: 0, metersOnline: 0, metersLost: 0, clockAlarms: 0 };
}

type LostRow = MeterFields &
  Pick<LostMeter, 'online' | 'silentForS' | 'intervalS' | 'rssi' | 'iccid' | 'batteryLow'> & {
    readonly since: Date | null;
    readonly wakeExpectedAt: Date | null;
    readonly lastReadAt: Date | null;
    readonly lastValue: bigint | null;
    readonly total: number;
  };

/** Meters that are silent for longer than two intervals, longest first. */
export async function lostMeters(
  db: Queryable,
  marketId: string,
  at: Date,
  page: Page,
  buildingIds: readonly string[] | null = null,
): Promise<{ at: string; total: number; meters: LostMeter[] }> {
  const rows = await db.query<LostRow>(
    `with lost as (
       select meter.meter_id, state.online, state.last_contact_at, last.heard_at, interval_s, state.rssi, state.iccid,
              state.battery_low, state.wake_expected_at, state.last_read_at, count(*) over ()::integer as total
       from meter ${METER_PLACE} ${STATE} ${SILENCE}
       where meter.market_id = $1 and meter.retired_at is null and ${IS_LOST}
         and ($5::uuid[] is null or building.building_id = any($5))
       order by last.heard_at, meter.meter_id offset $3 limit $4)
     select ${METER_COLUMNS}, coalesce(lost.online, false) as online, lost.last_contact_at as since,
            date_part('epoch', $2::timestamptz - lost.heard_at)::integer as "silentForS",
            lost.interval_s as "intervalS", lost.rssi, lost.iccid, lost.battery_low as "batteryLow",
            lost.wake_expected_at as "wakeExpectedAt", lost.last_read_at as "lastReadAt", reading.total as "lastValue",
            lost.total
     from lost join meter on meter.market_id = $1 and meter.meter_id = lost.meter_id ${METER_PLACE}
     left join reading
       on reading.market_id = $1 and reading.meter_id = lost.meter_id and reading.read_at = lost.last_read_at
     order by lost.heard_at, meter.meter_id`,
    [marketId, at, page.offset, page.limit, buildingIds],
  );
  return {
    at: at.toISOString(),
    total: rows[0]?.total ?? 0,
    meters: rows.map(({ total: _, ...row }) => ({
      ...row,
      since: instant(row.since),
      wakeExpectedAt: instant(row.wakeExpectedAt),
      lastReadAt: instant(row.lastReadAt),
      lastValue: row.lastValue === null ? null : Number(row.lastValue),
    })),
  };
}

export interface ClockRow extends MeterFields {
  readonly model: string;
  readonly access: Readonly<Record<string, string>>;
  readonly driftS: number;
  readonly checkedAt: Date;
  readonly syncAt: Date | null;
  readonly syncState: string | null;
  readonly total: number;
}

/** Meters whose clock was compared, worst first, each with the last order to set it. */
export async function meterClockRows(
  db: Queryable,
  marketId: string,
  onlyAlarms: boolean,
  page: Page,
  buildingIds: readonly string[] | null = null,
): Promise<ClockRow[]> {
  return db.query<ClockRow>(
    `with compared as (
       select meter.meter_id, state.clock_drift_s, state.clock_checked_at, count(*) over ()::integer as total
       from meter ${METER_PLACE} ${STATE}
       where meter.market_id = $1 and meter.retired_at is null and state.clock_drift_s is not null
         and abs(state.clock_drift_s) > $2 and ($5::uuid[] is null or building.building_id = any($5))
       order by abs(state.clock_drift_s) desc, meter.meter_id offset $3 limit $4)
     select ${METER_COLUMNS}, meter.model, meter.access, compared.clock_drift_s as "driftS",
            compared.clock_checked_at as "checkedAt", compared.total, sync.created_at as "syncAt",
            sync.state as "syncState"
     from compared join meter on meter.market_id = $1 and meter.meter_id = compared.meter_id ${METER_PLACE}
     left join lateral (
       select created_at, state from command
       where command.market_id = $1 and command.meter_id = meter.meter_id and kind = 'clock'
       order by created_at desc limit 1) sync on true
     order by abs(compared.clock_drift_s) desc, meter.meter_id`,
    [marketId, onlyAlarms ? CLOCK_ALARM_S : -1, page.offset, page.limit, buildingIds],
  );
}

export const clockView = (row: ClockRow, canSet: boolean): MeterClock => ({
  ...row,
  checkedAt: row.checkedAt.toISOString(),
  alarm: Math.abs(row.driftS) > CLOCK_ALARM_S,
  canSet,
  lastSync: row.syncAt === null ? null : { at: row.syncAt.toISOString(), state: row.syncState ?? '' },
});
