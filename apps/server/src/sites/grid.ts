import type { Grid, GridSummary, StallCell } from '@openprepay/contract';
import { isCutForBalance, type StallState, stallState } from '@openprepay/domain';
import { type Clock, fen, uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import {
  type GridMeterRow,
  type GridStallRow,
  readBuildingsSummary,
  readMeters,
  readStalls,
  readSummary,
  type SummaryRow,
} from './grid-store.ts';
import { requireMarket, viewTime } from './service.ts';

const NO_RANDOM = new Uint8Array(10);

/**
 * Every stall of a market, or of some of its buildings, with its state and today's use, by the market's business day.
 * @throws sites.no_such_market
 */
export async function gridOf(
  db: Queryable,
  clock: Clock,
  marketId: string,
  buildingIds: readonly string[] | null = null,
): Promise<Grid> {
  const market = await requireMarket(db, marketId);
  const time = viewTime(clock, market);
  const [stalls, meters, summary] = await Promise.all([
    readStalls(db, marketId, { buildingIds }),
    readMeters(db, marketId, { buildingIds }, time),
    buildingIds === null
      ? readSummary(db, marketId, uuidV7(time.dayStart, NO_RANDOM))
      : readBuildingsSummary(db, marketId, buildingIds),
  ]);
  const metersOfStall = Map.groupBy(meters, (meter) => meter.stall_id);
  return {
    at: time.at.toISOString(),
    summary: summaryOf(stalls, meters, summary),
    stalls: stalls.map((stall) => cellOf(stall, metersOfStall.get(stall.stall_id) ?? [], market.lowBalanceFen)),
  };
}

function summaryOf(stalls: readonly GridStallRow[], meters: readonly GridMeterRow[], summary: SummaryRow): GridSummary {
  return {
    stalls: stalls.length,
    meters: meters.length,
    metersOnline: meters.filter((meter) => meter.online).length,
    metersRead: meters.filter((meter) => meter.is_read).length,
    openHolds: Number(summary.open_holds),
    openExceptions: Number(summary.open_exceptions),
    unclaimedDevices: Number(summary.unclaimed_devices),
    todayChargedFen: numberOrNull(summary.today_charged_fen),
    todayToppedUpFen: numberOrNull(summary.today_topped_up_fen),
  };
}

const numberOrNull = (value: bigint | null): number | null => (value === null ? null : Number(value));

function cellOf(stall: GridStallRow, meters: readonly GridMeterRow[], lowBalanceFen: bigint): StallCell {
  return {
    stallId: stall.stall_id,
    code: stall.code,
    building: stall.building,
    stallType: stall.stall_type,
    state: stateOf(stall, meters, lowBalanceFen),
    customerName: stall.customer_name,
    balanceFen: stall.balance_fen === null ? null : Number(stall.balance_fen),
    todayWh: todayUse(meters, 'electricity'),
    todayLitres: todayUse(meters, 'water'),
    meters: meters.map((meter) => ({
      meterId: meter.meter_id,
      kind: meter.kind,
      online: meter.online,
      switchState: meter.switch_state,
      wanted: meter.wanted,
      switching: meter.has_open_command,
    })),
  };
}

const todayUse = (meters: readonly GridMeterRow[], kind: GridMeterRow['kind']): number =>
  meters.filter((meter) => meter.kind === kind).reduce((sum, meter) => sum + Number(meter.today_use), 0);

export function stateOf(stall: GridStallRow, meters: readonly GridMeterRow[], lowBalanceFen: bigint): StallState {
  const isPrepaid = stall.account_mode === 'prepaid';
  const availableFen = fen((stall.balance_fen ?? 0n) + (stall.credit_limit_fen ?? 0n));
  return stallState({
    meters: meters.map((meter) => ({
      override: meter.override,
      cutForBalance: isCutForBalance(meter.wanted, meter.wanted_reason),
      online: meter.online,
      hasOpenHold: meter.has_open_hold,
      hasOpenException: meter.has_open_exception,
    })),
    account: stall.account_state === 'open' ? { availableFen: isPrepaid ? availableFen : null } : null,
    lowBalanceFen: fen(lowBalanceFen),
  });
}
