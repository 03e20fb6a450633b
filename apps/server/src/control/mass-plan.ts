import { createHash } from 'node:crypto';
import type { MassRowState, MassSkip, MassWarning } from '@openprepay/contract';
import { availableFen, type CalendarFacts, type OverrideMode, overrideHolds } from '@openprepay/domain';
import type { MeterFacts } from './plan.ts';

/** What many meters are to be set to. */
export interface MassOrder {
  readonly override: OverrideMode;
  readonly until: Date | null;
  /** Of a cut: also what is protected, kept on by a person, or not cut at this time. */
  readonly includeProtected: boolean;
}

/** Why this meter is not told; null: it is. */
export function skipOf(meter: MeterFacts, calendar: CalendarFacts, order: MassOrder, at: Date): MassSkip | null {
  if (meter.switchKind === null) return 'no_switch';
  if (meter.lockedOut) return 'locked_out';
  if (isSame(meter, order, at)) return 'same_already';
  return order.includeProtected ? null : (sparedBy(meter, calendar, order, at)[0] ?? null);
}

/** What a person should see of a meter that is told. */
export function warningsOf(meter: MeterFacts, calendar: CalendarFacts, order: MassOrder, at: Date): MassWarning[] {
  const warnings: MassWarning[] = sparedBy(meter, calendar, order, at);
  if (order.override === 'forced_off' && hasBalance(meter)) warnings.push('has_balance');
  if (order.override === 'forced_on' && modeNow(meter, at) === 'forced_off') warnings.push('replaces_override');
  return warnings;
}

/** A person may cut at any time; what the rules would spare is cut with many others only if he says so. */
function sparedBy(meter: MeterFacts, calendar: CalendarFacts, { override }: MassOrder, at: Date) {
  if (override !== 'forced_off') return [];
  const spares = {
    kept_on: modeNow(meter, at) === 'forced_on',
    protected: meter.protectedStall || calendar.protectedType,
    friendly_hours: calendar.friendlyHours !== null,
    holiday: calendar.holiday !== null,
  };
  return (Object.keys(spares) as (keyof typeof spares)[]).filter((name) => spares[name]);
}

/** One that has ended is auto. */
export function modeNow({ overrideMode, overrideUntil }: MeterFacts, at: Date): OverrideMode {
  return overrideHolds({ mode: overrideMode, until: overrideUntil }, at) ? overrideMode : 'auto';
}

function isSame(meter: MeterFacts, { override, until }: MassOrder, at: Date): boolean {
  if (modeNow(meter, at) !== override) return false;
  return override === 'auto' || meter.overrideUntil?.getTime() === until?.getTime();
}

function hasBalance({ account }: MeterFacts): boolean {
  return account?.state === 'open' && (account.mode === 'postpaid' || availableFen(account) > 0n);
}

/** Of the meters to be told and of what they are to be told; the order of the list does not matter. */
export function listHashOf(meterIds: readonly string[], { override, until, includeProtected }: MassOrder): string {
  const seen = [override, until?.toISOString() ?? null, includeProtected, meterIds.toSorted()];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}

/** What is known of one meter of a mass: its last command by the order that the mass gave. */
export interface MassProgress {
  readonly skip: MassSkip | null;
  readonly isCancelled: boolean;
  readonly commandState: 'queued' | 'sent' | 'acknowledged' | 'confirmed' | 'failed' | 'expired' | 'superseded' | null;
  readonly commandAt: Date | null;
  readonly dueAt: Date | null;
}

/** @param executedAt null: the mass waits for a second person */
export function rowStateOf(row: MassProgress, executedAt: Date | null, now: Date): MassRowState {
  const { commandState, commandAt, dueAt } = row;
  if (row.skip !== null) return 'skipped';
  if (executedAt === null) return 'asked';
  if (row.isCancelled) return 'cancelled';
  if (commandState === null) return 'unchanged';
  // What the mass wants was ordered before it and done: it only gives another reason for it.
  if (commandState === 'confirmed' && commandAt !== null && commandAt < executedAt) return 'unchanged';
  return commandState === 'queued' && dueAt !== null && dueAt > now ? 'waiting' : commandState;
}
