import type { Building, BuildingTimes } from '@openprepay/contract';
import { lockRegister } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Row, Tx } from '../platform/database.ts';
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

/** In order of name; some of them alone where those are given. */
export async function listBuildings(
  db: Queryable,
  marketId: string,
  buildingIds: readonly string[] | null = null,
): Promise<Building[]> {
  const rows = await db.query<BuildingRow & { stalls: bigint; meters: bigint }>(
    `select ${BUILDING}, coalesce(held.stalls, 0) as stalls, coalesce(held.meters, 0) as meters
     from building
     left join (
       select stall.building_id, count(distinct stall.stall_id) as stalls, count(binding.meter_id) as meters
       from stall
       left join meter_binding binding
         on binding.market_id = $1 and binding.stall_id = stall.stall_id and binding.to_at is null
       where stall.market_id = $1 group by stall.building_id) held using (building_id)
     where building.market_id = $1 and ($2::uuid[] is null or building_id = any($2)) order by name`,
    [marketId, buildingIds],
  );
  return rows.map((row) => ({
    buildingId: row.building_id,
    name: row.name,
    stalls: Number(row.stalls),
    meters: Number(row.meters),
    ...timesOf(row),
  }));
}

/**
 * Enters a building. Sent again under the same id, it is the same building.
 * @throws sites.building_taken, sites.times_without_period
 */
export async function createBuilding(
  ctx: Context,
  act: BuildingAct,
  { name, ...times }: BuildingTimes & { readonly name: string },
): Promise<void> {
  const { marketId, buildingId, operatorId } = act;
  const minutes = minutesOf(times.settlementTimes);
  mustHaveAPeriod(times.settlementPeriod, minutes);
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const of = [marketId, buildingId];
    const [known] = await tx.query('select from building where market_id = $1 and building_id = $2', of);
    if (known) return;
    await mustBeFree(tx, act, name);
    await tx.query(
      `insert into building (market_id, building_id, name, reading_interval_s, settlement_period, settlement_minutes)
       values ($1, $2, $3, $4, $5, $6)`,
      [...of, name, times.readingIntervalS, times.settlementPeriod, minutes],
    );
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'sites.create_building',
      subject: `building:${buildingId}`,
      after: { name, ...times, settlementTimes: minutes.map(timeOf) },
    });
  });
}

/** @throws sites.no_such_building, sites.building_taken */
export async function renameBuilding(ctx: Context, act: BuildingAct, name: string): Promise<void> {
  const { marketId, buildingId, operatorId } = act;
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const before = await lockBuilding(tx, act);
    await mustBeFree(tx, act, name);
    await tx.query('update building set name = $3 where market_id = $1 and building_id = $2', [
      marketId,
      buildingId,
      name,
    ]);
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'sites.rename_building',
      subject: `building:${buildingId}`,
      before: { name: before.name },
      after: { name },
    });
    await tx.notify('grid', marketId);
  });
}

async function mustBeFree(tx: Tx, { marketId, buildingId }: BuildingAct, name: string): Promise<void> {
  const [other] = await tx.query('select from building where market_id = $1 and name = $2 and building_id <> $3', [
    marketId,
    name,
    buildingId,
  ]);
  if (other) throw sitesError('sites.building_taken', `there is a building ${name} already`);
}

/** @throws sites.no_such_building */
async function lockBuilding(tx: Tx, { marketId, buildingId }: BuildingAct): Promise<BuildingRow> {
  const [row] = await tx.query<BuildingRow>(
    `select ${BUILDING} from building where market_id = $1 and building_id = $2 for no key update`,
    [marketId, buildingId],
  );
  if (!row) throw sitesError('sites.no_such_building', `this market has no building ${buildingId}`);
  return row;
}

const timesOf = (row: BuildingRow): BuildingTimes => ({
  readingIntervalS: row.reading_interval_s,
  settlementPeriod: row.settlement_period,
  settlementTimes: row.settlement_minutes.map(timeOf),
});

export interface BuildingAct {
  readonly marketId: string;
  readonly buildingId: string;
  readonly operatorId: string;
}

/**
 * Sets how often a building's meters are read and when they are settled. What is settled already stays; any times give the
 * same total.
 * @throws sites.no_such_building, sites.times_without_period where each reading is settled as it comes
 */
export async function setBuildingTimes(ctx: Context, act: BuildingAct, times: BuildingTimes): Promise<void> {
  const { marketId, buildingId, operatorId } = act;
  const minutes = minutesOf(times.settlementTimes);
  mustHaveAPeriod(times.settlementPeriod, minutes);
  await ctx.db.tx(async (tx) => {
    const row = await lockBuilding(tx, act);
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
