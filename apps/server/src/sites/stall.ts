import type { Command, MeterDetail, Reading, StallDetail } from '@openprepay/contract';
import type { Clock } from '@openprepay/kernel';
import type { Static } from 'typebox';
import { maskPhone } from '../accounts/index.ts';
import { type CommandRow, recentCommands } from '../commands/index.ts';
import { ledgerLines, purseBalances } from '../ledger/index.ts';
import type { Queryable } from '../platform/database.ts';
import { sitesError } from './errors.ts';
import { stateOf } from './grid.ts';
import { type GridMeterRow, type GridStallRow, readMeters, readStalls } from './grid-store.ts';
import { requireMarket, viewTime } from './service.ts';
import {
  type MeterRow,
  type NoticeRow,
  type ReadingRow,
  readMeterRows,
  readNotices,
  readReadings,
  readStallRow,
  type StallRow,
} from './stall-store.ts';

type StallDetailView = Static<typeof StallDetail>;
type AccountView = StallDetailView['account'];
type MeterView = Static<typeof MeterDetail>;

const READINGS_A_METER = 48;
const COMMANDS_A_METER = 20;
const LEDGER_LINES = 100;
const NOTICES = 20;

/**
 * Everything a person looks at when he opens one stall.
 * @throws sites.no_such_market, sites.no_such_stall
 */
export async function stallDetail(
  db: Queryable,
  clock: Clock,
  marketId: string,
  stallId: string,
): Promise<StallDetailView> {
  const market = await requireMarket(db, marketId);
  const [[cell], stall, meters] = await Promise.all([
    readStalls(db, marketId, { stallId }),
    readStallRow(db, marketId, stallId),
    readMeters(db, marketId, { stallId }, viewTime(clock, market)),
  ]);
  if (!cell || !stall) throw sitesError('sites.no_such_stall', `this market has no stall ${stallId}`);
  const accountId = stall.account_id;
  const [account, ledger, notices, meterViews] = await Promise.all([
    accountView(db, marketId, cell, stall),
    accountId === null ? [] : ledgerLines(db, marketId, accountId, LEDGER_LINES),
    accountId === null ? [] : readNotices(db, marketId, accountId, NOTICES),
    metersView(db, marketId, meters),
  ]);
  return {
    stallId,
    code: cell.code,
    building: cell.building,
    stallType: cell.stall_type,
    areaM2: stall.area_m2,
    protected: stall.protected,
    state: stateOf(cell, meters, market.lowBalanceFen),
    account,
    meters: meterViews,
    ledger,
    notices: notices.map(noticeView),
  };
}

async function accountView(
  db: Queryable,
  marketId: string,
  cell: GridStallRow,
  { account_id: accountId, number, phone, provisional_fen: provisionalFen }: StallRow,
): Promise<AccountView> {
  if (accountId === null || cell.account_state === null || cell.account_mode === null) return null;
  const purses = await purseBalances(db, marketId, [accountId]);
  return {
    accountId,
    number,
    customerName: cell.customer_name ?? '',
    phone: phone === null ? null : maskPhone(phone),
    state: cell.account_state,
    mode: cell.account_mode,
    creditLimitFen: Number(cell.credit_limit_fen ?? 0n),
    purses: purses.map(({ kind, balanceFen }) => ({ kind, balanceFen: Number(balanceFen) })),
    provisionalFen: Number(provisionalFen),
  };
}

async function metersView(db: Queryable, marketId: string, meters: readonly GridMeterRow[]): Promise<MeterView[]> {
  const meterIds = meters.map((meter) => meter.meter_id);
  const [rows, readings, commands] = await Promise.all([
    readMeterRows(db, marketId, meterIds),
    readReadings(db, marketId, meterIds, READINGS_A_METER),
    recentCommands(db, marketId, meterIds, COMMANDS_A_METER),
  ]);
  const rowOf = new Map(rows.map((row) => [row.meter_id, row]));
  const readingsOf = Map.groupBy(readings, (reading) => reading.meter_id);
  const commandsOf = Map.groupBy(commands, (command) => command.meterId);
  return meters.flatMap((meter) => {
    const row = rowOf.get(meter.meter_id);
    if (!row) return [];
    return meterView(meter, row, readingsOf.get(meter.meter_id) ?? [], commandsOf.get(meter.meter_id) ?? []);
  });
}

function meterView(
  meter: GridMeterRow,
  row: MeterRow,
  readings: readonly ReadingRow[],
  commands: readonly CommandRow[],
): MeterView {
  const isForced = meter.override !== 'auto';
  const lastGood = readings.find((reading) => reading.quality === 'good');
  return {
    meterId: meter.meter_id,
    kind: meter.kind,
    model: row.model,
    serial: row.serial,
    link: row.link,
    online: meter.online,
    lastContactAt: instant(row.last_contact_at),
    wakeExpectedAt: instant(row.wake_expected_at),
    rssi: row.rssi,
    batteryLow: row.battery_low,
    switchState: meter.switch_state,
    switchAt: instant(row.switch_at),
    override: meter.override,
    overrideReason: isForced ? row.override_reason : null,
    overrideUntil: isForced ? instant(row.override_until) : null,
    wanted: meter.wanted,
    wantedReason: meter.wanted_reason,
    wantedAt: instant(row.wanted_at),
    todayUse: Number(meter.today_use),
    lastReading: lastGood ? readingView(lastGood) : null,
    readings: readings.map(readingView),
    commands: commands.map(commandView),
  };
}

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

const readingView = (row: ReadingRow): Static<typeof Reading> => ({
  readAt: row.read_at.toISOString(),
  receivedAt: row.received_at.toISOString(),
  origin: row.origin,
  total: Number(row.total),
  quality: row.quality,
  suspectReason: row.suspect_reason,
});

const commandView = ({ meterId: _, ...command }: CommandRow): Static<typeof Command> => ({
  ...command,
  createdAt: command.createdAt.toISOString(),
  sentAt: instant(command.sentAt),
  acknowledgedAt: instant(command.acknowledgedAt),
  finishedAt: instant(command.finishedAt),
  expiresAt: command.expiresAt.toISOString(),
  expectedAt: instant(command.expectedAt),
});

const noticeView = (row: NoticeRow): StallDetailView['notices'][number] => ({
  noticeId: row.notice_id,
  stage: row.stage,
  balanceFen: Number(row.balance_fen),
  raisedAt: row.raised_at.toISOString(),
  deliveredAt: instant(row.delivered_at),
  closedAt: instant(row.closed_at),
});
