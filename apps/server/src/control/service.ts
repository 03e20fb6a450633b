import { meterModels } from '@openprepay/protocols';
import { withdrawQueued } from '../commands/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { readCalendar } from './calendar-store.ts';
import { controlError } from './errors.ts';
import { type ControlPlan, type MarketFacts, planControl, type WantedChange } from './plan.ts';
import { type NewOrder, orderSwitches, type Pace } from './reclose.ts';
import {
  type ControlScope,
  closeExceptions,
  closeNotices,
  lockMeters,
  lockOverride,
  type OverrideRow,
  raiseNotices,
  readFacts,
  saveOverride,
  saveWanted,
} from './store.ts';

export type { ControlScope } from './store.ts';

/**
 * Brings wanted states, notices and commands of the scope in line with the rules. Cheap when nothing changes: one read
 * without locks. Otherwise the meters concerned are locked and decided once more on what is true then.
 * @returns the commands queued
 */
export async function evaluate(ctx: Context, scope: ControlScope): Promise<number> {
  const at = ctx.clock.now();
  const { meterIds } = planControl(await readMarket(ctx.db, scope, at), at);
  if (meterIds.length === 0) return 0;
  return ctx.db.tx((tx) => evaluateLocked(tx, at, scope.marketId, meterIds));
}

export async function evaluateLocked(
  tx: Tx,
  at: Date,
  marketId: string,
  meterIds: readonly string[],
  { pace = 'in_turn', recalled }: { readonly pace?: Pace; readonly recalled?: ReadonlySet<string> } = {},
): Promise<number> {
  await lockMeters(tx, marketId, meterIds);
  const facts = await readMarket(tx, { marketId, meterIds }, at);
  return applyPlan(tx, at, marketId, facts, planControl(facts, at, recalled), pace);
}

/** What there is to know of the meters of a scope at an instant, which is now. */
export async function readMarket(db: Queryable, scope: ControlScope, at: Date): Promise<MarketFacts> {
  return { meters: await readFacts(db, scope, at), calendar: await readCalendar(db, scope.marketId) };
}

async function applyPlan(
  tx: Tx,
  at: Date,
  marketId: string,
  { meters }: MarketFacts,
  plan: ControlPlan,
  pace: Pace,
): Promise<number> {
  if (plan.meterIds.length === 0) return 0;
  if (plan.raise.length > 0) await raiseNotices(tx, marketId, at, plan.raise);
  if (plan.close.length > 0) await closeNotices(tx, marketId, at, plan.close);
  if (plan.endedOverrides.length > 0) await endOverrides(tx, at, marketId, plan.endedOverrides);
  if (plan.closeExceptions.length > 0) await closeExceptions(tx, marketId, at, plan.closeExceptions);
  if (plan.withdrawals.length > 0) await withdraw(tx, at, marketId, plan.withdrawals);
  if (plan.changes.length > 0) await saveWanted(tx, marketId, at, plan.changes);
  const queued = await orderSwitches(tx, at, marketId, meters[0]?.market, newOrders(plan), pace);
  await tx.notify('grid', marketId);
  return queued;
}

/**
 * Takes orders back that are still queued. One that delivery was faster with is on the wire, and stays wanted; one that was
 * on it before may have been carried out: what its meter is will be seen.
 */
async function withdraw(tx: Tx, at: Date, marketId: string, withdrawals: readonly WantedChange[]): Promise<void> {
  const meterIds = withdrawals.map(({ meterId }) => meterId);
  const writes = new Map(
    (await withdrawQueued(tx, marketId, meterIds, at)).map((withdrawn) => [withdrawn.meterId, withdrawn.writes]),
  );
  const changes = withdrawals
    .filter(({ meterId }) => writes.has(meterId))
    .map((change) => (writes.get(change.meterId) === 0 ? change : { ...change, wanted: null }));
  if (changes.length > 0) await saveWanted(tx, marketId, at, changes);
}

function newOrders(plan: ControlPlan): NewOrder[] {
  const switches = plan.changes
    .filter((change) => change.isSwitch)
    .flatMap(({ meterId, wanted, wantedSeq, reason, operatorId, takesTurn }): NewOrder[] =>
      wanted === null ? [] : [{ meterId, wanted, wantedSeq, cause: reason, operatorId, takesTurn }],
    );
  const repeats = plan.tellAgain.map((repeat): NewOrder => ({ ...repeat, cause: 'reconcile', operatorId: null }));
  return [...switches, ...repeats];
}

const AUTO = { override: 'auto', reason: null, by: null, until: null } as const;

async function endOverrides(tx: Tx, at: Date, marketId: string, meterIds: readonly string[]): Promise<void> {
  await saveOverride(tx, marketId, meterIds, { ...AUTO, at });
  for (const meterId of meterIds) {
    await recordAudit(tx, {
      at,
      marketId,
      operatorId: null,
      action: 'control.override_ended',
      subject: `meter:${meterId}`,
    });
  }
}

export interface NewOverride {
  readonly marketId: string;
  readonly meterId: string;
  readonly override: OverrideRow['override'];
  readonly reason: string;
  /** When it ends by itself; null: when somebody ends it. */
  readonly until: Date | null;
  readonly operatorId: string;
}

/**
 * Sets a meter's override; the decision that follows from it, its command and the audit entry are stored with it.
 * @throws control.no_such_meter, control.cannot_switch, control.override_end_is_past, control.auto_has_no_end
 */
export async function setOverride(ctx: Context, order: NewOverride): Promise<void> {
  const at = ctx.clock.now();
  const { marketId, meterId, override, reason, until, operatorId } = order;
  requireEnd(order, at);
  await ctx.db.tx(async (tx) => {
    const before = await lockOverride(tx, marketId, meterId);
    if (!before) throw noSuchMeter(meterId);
    requireSwitch(before.model);
    const after: OverrideRow = { override, reason, by: operatorId, at, until };
    await saveOverride(tx, marketId, [meterId], after);
    await recordAudit(tx, {
      at,
      marketId,
      operatorId,
      action: 'control.set_override',
      subject: `meter:${meterId}`,
      reason,
      before: { override: before.override, reason: before.reason, by: before.by, at: before.at, until: before.until },
      after,
    });
    await evaluateLocked(tx, at, marketId, [meterId], { pace: 'at_once' });
    await tx.notify('grid', marketId);
  });
}

/** @throws control.auto_has_no_end, control.override_end_is_past */
export function requireEnd({ override, until }: Pick<OverrideRow, 'override' | 'until'>, at: Date): void {
  if (until === null) return;
  if (override === 'auto') throw controlError('control.auto_has_no_end', 'auto is no override and needs no end');
  if (until <= at) {
    throw controlError('control.override_end_is_past', `the override would have ended at ${until.toISOString()}`);
  }
}

export const noSuchMeter = (meterId: string) =>
  controlError('control.no_such_meter', `no meter ${meterId} in this market`);

/** @throws control.cannot_switch where the model has neither relay nor valve */
export function requireSwitch(model: string): void {
  if (meterModels[model]?.switch === null) {
    throw controlError('control.cannot_switch', `a ${model} has neither relay nor valve`);
  }
}
