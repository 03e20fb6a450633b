import type { Building, BuildingTimes } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Row } from '../platform/database.ts';
import { sitesError } from './errors.ts';

const MINUTES_AN_HOUR = 60;

/** Minutes of the day of times as `07:30`, in order. */
export const minutesOf = (times: readonly string[]): number[] =>
  times
    .map((time) => Number(time.slice(0, 2)) * MINUTES_AN_HOUR + Number(time.slice(3)))
    .toSorted((one, other) => one - other);

const two = (value: number) => String(value).padStart(2, '0');
const timeOf = (minute: number) => `${two(Math.floor(minute / MINUTES_AN_HOUR))}:${two(minute % MINUTES_AN_HOUR)}`;

/** @throws sites.times_without_period */
export function mustHaveAPeriod(period: BuildingTimes['settlementPeriod'], times: readonly unknown[]): void {
  if (period !== 'each_reading' || times.length === 0) return;
  throw sitesError('sites.times_without_period', 'a building that settles each reading has no settlement times');
}

interface BuildingRow extends Row {
  readonly building_id: string;
  readonly name: string;
  readonly reading_interval_s: number;
  readonly settlement_period: BuildingTimes['settlementPeriod'];
  readonly settlement_minutes: readonly number[];
}

const BUILDING = 'building_id, name, reading_interval_s, settlement_period, settlement_minutes';

export async function listBuildings(db: Queryable, marketId: string): Promise<Building[]> {
  const rows = await db.query<BuildingRow>(`select ${BUILDING} from building where market_id = $1 order by name`, [
    marketId,
  ]);
  return rows.map((row) => ({ buildingId: row.building_id, name: row.name, ...timesOf(row) }));
}

const timesOf = (row: BuildingRow): BuildingTimes => ({
  readingIntervalS: row.reading_interval_s,
  settlementPeriod: row.settlement_period,
  settlementTimes: row.settlement_minutes.map(timeOf),
});

export interface TimesAct {
  readonly marketId: string;
  readonly buildingId: string;
  readonly operatorId: string;
}

/**
 * Sets how often a building's meters are read and when they are settled. What is settled already stays; any times give the
 * same total.
 * @throws sites.no_such_building, sites.times_without_period where each reading is settled as it comes
 */
export async function setBuildingTimes(ctx: Context, act: TimesAct, times: BuildingTimes): Promise<void> {
  const { marketId, buildingId, operatorId } = act;
  const minutes = minutesOf(times.settlementTimes);
  mustHaveAPeriod(times.settlementPeriod, minutes);
  await ctx.db.tx(async (tx) => {
    const [row] = await tx.query<BuildingRow>(
      `select ${BUILDING} from building where market_id = $1 and building_id = $2 for no key update`,
      [marketId, buildingId],
    );
    if (!row) throw sitesError('sites.no_such_building', `this market has no building ${buildingId}`);
    await tx.query(
      `update building set reading_interval_s = $3, settlement_period = $4, settlement_minutes = $5
       where market_id = $1 and building_id = $2`,
      [marketId, buildingId, times.readingIntervalS, times.settlementPeriod, minutes],
    );
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'sites.set_building_times',
      subject: `building:${buildingId}`,
      before: timesOf(row),
      after: { ...times, settlementTimes: minutes.map(timeOf) },
    });
    // The sweep reads by the new interval from here, and what may be settled now is.
    await tx.notify('device', marketId);
    await tx.notify('readings', marketId);
  });
}
