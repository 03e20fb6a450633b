import { type Operator, type Overview, seesMoney } from '@openprepay/contract';
import { businessDay } from '@openprepay/kernel';
import { countWaiting } from '../approvals/service.ts';
import { marketSummary } from '../collection/lists.ts';
import type { Context } from '../platform/context.ts';
import { requireMarket } from '../sites/service.ts';
import { type Compared, compare, twoDays } from './days.ts';
import { type CountsRow, hoursOfTopUps, hoursOfUse, readCounts } from './store.ts';
import type { HourOfUse, TwoDays } from './types.ts';

const DAY_MS = 86_400_000;
const PER_MILLE = 1_000n;
/** Whose it is to claim a device. */
const SEES_UNCLAIMED: readonly string[] = ['admin', 'technician', 'auditor'];
const SEES_SHIFTS: readonly string[] = ['admin', 'manager', 'finance', 'cashier', 'auditor'];

/**
 * A market at a glance, or some of its buildings.
 * @param buildingIds null for the whole market
 * @throws sites.no_such_market
 */
export async function overviewOf(
  ctx: Context,
  marketId: string,
  operator: Operator,
  buildingIds: readonly string[] | null,
): Promise<Overview> {
  const { db, clock } = ctx;
  const { timeZone } = await requireMarket(db, marketId);
  const days = twoDays(clock.now(), timeZone);
  const since = days.yesterday[0]?.from ?? days.at;
  const dayStart = days.today[0]?.from ?? days.at;
  const isWhole = buildingIds === null;
  const ofMoney = seesMoney(operator.role);
  const [uses, topUps, counts, summary, approvals] = await Promise.all([
    hoursOfUse(db, marketId, since, buildingIds),
    isWhole && ofMoney ? topUpsOf(ctx, marketId, days, timeZone) : null,
    readCounts(db, marketId, dayStart, buildingIds),
    marketSummary(db, marketId, days.at, buildingIds),
    isWhole ? countWaiting(ctx, marketId, operator) : null,
  ]);
  const ofKind = (kind: HourOfUse['kind']) =>
    amountsShown(
      compare(days, new Map(uses.flatMap((row) => (row.kind === kind ? [[row.hourAt.getTime(), row.use]] : [])))),
    );
  const seen = (count: bigint | undefined) => Number(count ?? 0n);
  return {
    at: days.at.toISOString(),
    electricity: ofKind('electricity'),
    water: ofKind('water'),
    topUps,
    online: { meters: summary.meters, metersOnline: summary.metersOnline, hours: onlineBy(days, uses) },
    supply: supplyOf(counts),
    alarms: {
      low_balance: seen(counts?.low_balance),
      alarm_2: seen(counts?.alarm_2),
      final: seen(counts?.final),
    },
    waiting: {
      holds: seen(counts?.holds),
      exceptions: seen(counts?.exceptions),
      lostContact: summary.metersLost,
      provisional: ofMoney ? seen(counts?.provisional) : null,
      approvals,
      unclaimed: isWhole && SEES_UNCLAIMED.includes(operator.role) ? seen(counts?.unclaimed) : null,
      oldShifts: isWhole && SEES_SHIFTS.includes(operator.role) ? seen(counts?.old_shifts) : null,
    },
  };
}

const orNull = (value: bigint | null) => (value === null ? null : Number(value));

const amountsShown = ({ today, yesterday, hours }: Compared) => ({
  today: Number(today),
  yesterday: Number(yesterday),
  hours: hours.map((hour) => ({ today: orNull(hour.today), yesterday: orNull(hour.yesterday) })),
});

async function topUpsOf(
  { db }: Context,
  marketId: string,
  days: TwoDays,
  timeZone: string,
): Promise<NonNullable<Overview['topUps']>> {
  const since = days.yesterday[0]?.from ?? days.at;
  const dayStart = days.today[0]?.from ?? days.at;
  const until = days.today.at(-1)?.to ?? days.at;
  // A sale after a day was closed belongs to the books of the next: a receipt's day may be one later than its time.
  const among = [businessDay(since, timeZone), businessDay(new Date(until.getTime() + DAY_MS), timeZone)] as const;
  const rows = await hoursOfTopUps(db, marketId, dayStart, since, until, among);
  const { today, yesterday, hours } = amountsShown(
    compare(days, new Map(rows.map((row) => [row.hourAt.getTime(), row.amountFen]))),
  );
  const count = rows.reduce((sum, row) => sum + (row.hourAt >= dayStart ? Number(row.sales) : 0), 0);
  return { todayFen: today, yesterdayFen: yesterday, count, hours };
}

function onlineBy({ today }: TwoDays, uses: readonly HourOfUse[]): (number | null)[] {
  const byHour = Map.groupBy(uses, (row) => row.hourAt.getTime());
  return today.map(({ from }) => {
    const rows = byHour.get(from.getTime()) ?? [];
    const seen = rows.reduce((sum, row) => sum + row.seen, 0n);
    const online = rows.reduce((sum, row) => sum + row.seenOnline, 0n);
    return seen === 0n ? null : Number((online * PER_MILLE) / seen);
  });
}

function supplyOf(counts: CountsRow | undefined): Overview['supply'] {
  const [on, off, fault, all] = [counts?.is_on, counts?.is_off, counts?.is_fault, counts?.in_service].map((count) =>
    Number(count ?? 0n),
  ) as [number, number, number, number];
  return { on, off, fault, unknown: all - on - off - fault };
}
