import type { AuditAction, CutCalendar, FriendlyHours, Holiday } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import {
  type CalendarRows,
  deleteFriendlyHours,
  deleteHoliday,
  deleteProtectedType,
  lockCalendar,
  readCalendar,
  saveFriendlyHours,
  saveHoliday,
  saveProtectedType,
} from './calendar-store.ts';
import { controlError } from './errors.ts';

/** More than a market needs, and little enough to be read with every sweep. */
const MAX_FRIENDLY_HOURS = 100;
const MAX_HOLIDAYS = 400;
const MAX_PROTECTED_TYPES = 100;

/** Whose rules are changed, and by whom. */
export interface RuleAct {
  readonly marketId: string;
  readonly operatorId: string;
}

export async function cutCalendar({ db }: Context, marketId: string): Promise<CutCalendar> {
  const { friendlyHours, holidays, protectedTypes } = await readCalendar(db, marketId);
  return {
    friendlyHours: friendlyHours.map(({ hoursId, stallType, weekdays, fromMinute, toMinute }) => {
      return { hoursId, stallType, weekdays: [...weekdays], from: wallTime(fromMinute), to: wallTime(toMinute) };
    }),
    holidays: [...holidays],
    protectedTypes: [...protectedTypes],
  };
}

/** @throws control.empty_hours where they end as they begin; control.calendar_full */
export async function putFriendlyHours(ctx: Context, act: RuleAct, hoursId: string, hours: FriendlyHours) {
  const { stallType, weekdays } = hours;
  const row = { hoursId, stallType, weekdays, fromMinute: minuteOfDay(hours.from), toMinute: minuteOfDay(hours.to) };
  if (row.fromMinute === row.toMinute) {
    throw controlError('control.empty_hours', `from ${hours.from} to ${hours.to} is no time; a day is 00:00 to 24:00`);
  }
  await change(ctx, act, 'control.put_friendly_hours', `friendly_hours:${hoursId}`, async (tx, { friendlyHours }) => {
    const before = friendlyHours.find((one) => one.hoursId === hoursId);
    refuseMoreThan(MAX_FRIENDLY_HOURS, friendlyHours.length, before);
    await saveFriendlyHours(tx, act.marketId, row);
    return { before, after: row };
  });
}

/** @throws control.not_in_calendar */
export async function takeFriendlyHours(ctx: Context, act: RuleAct, hoursId: string) {
  await change(
    ctx,
    act,
    'control.delete_friendly_hours',
    `friendly_hours:${hoursId}`,
    async (tx, { friendlyHours }) => {
      const before = found(friendlyHours.find((one) => one.hoursId === hoursId));
      await deleteFriendlyHours(tx, act.marketId, hoursId);
      return { before };
    },
  );
}

/** @throws control.holiday_ends_early, control.calendar_full */
export async function putHoliday(ctx: Context, act: RuleAct, holidayId: string, holiday: Holiday) {
  if (holiday.lastDay < holiday.firstDay) {
    throw controlError('control.holiday_ends_early', `${holiday.lastDay} is before ${holiday.firstDay}`);
  }
  const row = { holidayId, ...holiday };
  await change(ctx, act, 'control.put_holiday', `holiday:${holidayId}`, async (tx, { holidays }) => {
    const before = holidays.find((one) => one.holidayId === holidayId);
    refuseMoreThan(MAX_HOLIDAYS, holidays.length, before);
    await saveHoliday(tx, act.marketId, row);
    return { before, after: row };
  });
}

/** @throws control.not_in_calendar */
export async function takeHoliday(ctx: Context, act: RuleAct, holidayId: string) {
  await change(ctx, act, 'control.delete_holiday', `holiday:${holidayId}`, async (tx, { holidays }) => {
    const before = found(holidays.find((one) => one.holidayId === holidayId));
    await deleteHoliday(tx, act.marketId, holidayId);
    return { before };
  });
}

/** @throws control.calendar_full */
export async function protectStallType(ctx: Context, act: RuleAct, stallType: string) {
  await change(ctx, act, 'control.protect_stall_type', `stall_type:${stallType}`, async (tx, { protectedTypes }) => {
    refuseMoreThan(MAX_PROTECTED_TYPES, protectedTypes.size, protectedTypes.has(stallType) ? stallType : undefined);
    await saveProtectedType(tx, act.marketId, stallType);
    return { before: { protected: protectedTypes.has(stallType) }, after: { protected: true } };
  });
}

/** @throws control.not_in_calendar */
export async function unprotectStallType(ctx: Context, act: RuleAct, stallType: string) {
  await change(ctx, act, 'control.unprotect_stall_type', `stall_type:${stallType}`, async (tx, { protectedTypes }) => {
    found(protectedTypes.has(stallType) ? stallType : undefined);
    await deleteProtectedType(tx, act.marketId, stallType);
    return { before: { protected: true }, after: { protected: false } };
  });
}

/** One change under the calendar's lock, with its audit entry. The next sweep decides by it. */
async function change(
  ctx: Context,
  { marketId, operatorId }: RuleAct,
  action: AuditAction,
  subject: string,
  write: (tx: Tx, calendar: CalendarRows) => Promise<{ readonly before: unknown; readonly after?: unknown }>,
): Promise<void> {
  await ctx.db.tx(async (tx) => {
    const written = await write(tx, await lockCalendar(tx, marketId));
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action,
      subject,
      ...written,
    });
  });
}

function refuseMoreThan(limit: number, count: number, existing: unknown): void {
  if (existing === undefined && count >= limit) {
    throw controlError('control.calendar_full', `a market has at most ${limit} of these`);
  }
}

function found<T>(row: T | undefined): T {
  if (row === undefined) throw controlError('control.not_in_calendar', 'this market’s calendar has no such entry');
  return row;
}

/** "22:30" → 1350. */
const minuteOfDay = (wall: string): number => Number(wall.slice(0, 2)) * 60 + Number(wall.slice(3));

const two = (value: number): string => String(value).padStart(2, '0');
const wallTime = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
