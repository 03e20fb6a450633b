import type {
  AuditAction,
  BatchRowsQuery,
  MassDetail,
  MassPage,
  MassQuery,
  MassRow,
  MassSwitch,
} from '@openprepay/contract';
import { lockQueued } from '../commands/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import type { RuleAct } from './calendar.ts';
import { controlError } from './errors.ts';
import { rowStateOf } from './mass-plan.ts';
import {
  lockMass,
  type MassLine,
  type MassLineRow,
  markCancelled,
  type StoredMass,
  selectMass,
  selectMasses,
  selectMassRows,
  toldMeters,
} from './mass-store.ts';
import { noSuchMass } from './mass-switch.ts';
import { repeatsOf } from './plan.ts';
import { orderSwitches } from './reclose.ts';
import { evaluateLocked, readMarket } from './service.ts';
import { lockMeters, saveOverride } from './store.ts';

/** Of those that reach into some buildings, with the meters there, where those are given. */
export async function listMasses(
  { db, clock }: Context,
  marketId: string,
  query: MassQuery,
  buildingIds: readonly string[] | null = null,
): Promise<MassPage> {
  const { total, masses } = await selectMasses(db, marketId, clock.now(), query, buildingIds);
  return { total, masses: masses.map(lineOf) };
}

/** @throws control.no_such_mass */
export async function massLine(
  { db, clock }: Context,
  marketId: string,
  massId: string,
  buildingIds: readonly string[] | null = null,
): Promise<MassSwitch> {
  const mass = await selectMass(db, marketId, clock.now(), massId, buildingIds);
  if (!mass) throw noSuchMass(massId);
  return lineOf(mass);
}

/**
 * Where each meter of a mass is, as its commands say it now.
 * @throws control.no_such_mass
 */
export async function massDetail(
  ctx: Context,
  marketId: string,
  massId: string,
  asked: BatchRowsQuery = {},
  buildingIds: readonly string[] | null = null,
): Promise<MassDetail> {
  const mass = await massLine(ctx, marketId, massId, buildingIds);
  const executedAt = mass.executedAt === null ? null : new Date(mass.executedAt);
  const now = ctx.clock.now();
  const found = await selectMassRows(ctx.db, marketId, massId, buildingIds);
  const rows = found.map((row) => rowOf(row, executedAt, now));
  const counts: Record<string, number> = {};
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1;
  return {
    ...mass,
    counts,
    cancellable: found.filter((row) => mayCancel(row, mass.override)).length,
    retriable: found.filter(mayRetry).length,
    rows: rows.filter((row) => isAsked(row, asked)),
  };
}

function isAsked(row: MassRow, { state, text }: BatchRowsQuery): boolean {
  const wanted = text?.toLowerCase();
  const words = [row.stallCode, row.serial, row.customerName];
  return (
    (state === undefined || row.state === state) &&
    (wanted === undefined || words.some((word) => word?.toLowerCase().includes(wanted)))
  );
}

const lineOf = (mass: MassLine): MassSwitch => ({
  massId: mass.massId,
  override: mass.override,
  until: iso(mass.until),
  includeProtected: mass.includeProtected,
  reason: mass.reason,
  operatorName: mass.operatorName,
  at: mass.at.toISOString(),
  state: mass.state,
  executedAt: iso(mass.executedAt),
  told: mass.told,
  skipped: mass.skipped,
});

function rowOf(row: MassLineRow, executedAt: Date | null, now: Date): MassRow {
  const { meterId, serial, kind, stallId, stallCode, building, customerName, online, switchState } = row;
  const state = rowStateOf(row, executedAt, now);
  return {
    ...{ meterId, serial, kind, stallId, stallCode, building, customerName, online, switchState },
    state,
    skip: row.skip,
    wanted: row.wanted,
    dueAt: state === 'waiting' ? iso(row.dueAt) : null,
    sentAt: iso(row.sentAt),
    finishedAt: iso(row.finishedAt),
    outcome: row.outcome,
  };
}

const iso = (at: Date | null) => at?.toISOString() ?? null;

const mayCancel = (row: MassLineRow, override: MassSwitch['override']): boolean =>
  override !== 'auto' && row.isInForce && !row.isCancelled && row.skip === null && row.commandState === 'queued';

const mayRetry = (row: MassLineRow): boolean =>
  row.skip === null && !row.isCancelled && row.isLatest && ['failed', 'expired'].includes(row.commandState ?? '');

/**
 * Takes back what is not on the wire: those meters are auto again, as if the mass had left them out. A sending and this
 * meet at the command's row: either it is sent, or it is taken back.
 * @returns how many
 * @throws control.no_such_mass, control.mass_not_executed, control.mass_is_auto
 */
export async function cancelMass(ctx: Context, who: RuleAct, massId: string, reason: string): Promise<number> {
  const at = ctx.clock.now();
  const { marketId, operatorId } = who;
  return ctx.db.tx(async (tx) => {
    const mass = await lockExecuted(tx, marketId, massId);
    if (mass.override === 'auto') throw controlError('control.mass_is_auto', 'auto is nothing that can be taken back');
    const told = (await toldMeters(tx, marketId, massId)).map(({ meterId }) => meterId);
    await lockMeters(tx, marketId, told);
    const queued = new Set(await lockQueued(tx, marketId, told));
    const meterIds = (await selectMassRows(tx, marketId, massId))
      .filter((row) => queued.has(row.meterId) && mayCancel(row, mass.override))
      .map(({ meterId }) => meterId);
    if (meterIds.length === 0) return 0;
    await saveOverride(tx, marketId, meterIds, { override: 'auto', reason, by: operatorId, at, until: null });
    await markCancelled(tx, marketId, massId, meterIds, at);
    await audit(tx, at, who, 'control.cancel_mass', massId, meterIds.length, reason);
    await evaluateLocked(tx, at, marketId, meterIds, { recalled: new Set(meterIds) });
    await tx.notify('grid', marketId);
    return meterIds.length;
  });
}

/**
 * Tells those once more that did not get there, as far as that is still wanted of them. Two at once tell them once.
 * @returns how many
 * @throws control.no_such_mass, control.mass_not_executed
 */
export async function retryMass(ctx: Context, who: RuleAct, massId: string): Promise<number> {
  const at = ctx.clock.now();
  const { marketId, operatorId } = who;
  return ctx.db.tx(async (tx) => {
    await lockExecuted(tx, marketId, massId);
    const failed = (await selectMassRows(tx, marketId, massId)).filter(mayRetry).map(({ meterId }) => meterId);
    await lockMeters(tx, marketId, failed);
    const facts = await readMarket(tx, { marketId, meterIds: failed }, at);
    const orders = repeatsOf(facts, at).map((repeat) => ({ ...repeat, cause: 'retry', operatorId }));
    if (orders.length === 0) return 0;
    await orderSwitches(tx, at, marketId, facts.meters[0]?.market, orders);
    await audit(tx, at, who, 'control.retry_mass', massId, orders.length, null);
    await tx.notify('grid', marketId);
    return orders.length;
  });
}

async function lockExecuted(tx: Tx, marketId: string, massId: string): Promise<StoredMass> {
  const mass = await lockMass(tx, marketId, massId);
  if (!mass) throw noSuchMass(massId);
  if (mass.executedAt === null) throw controlError('control.mass_not_executed', 'nothing of it was done yet');
  return mass;
}

const audit = (
  tx: Tx,
  at: Date,
  who: RuleAct,
  action: AuditAction,
  massId: string,
  meters: number,
  reason: string | null,
): Promise<void> => recordAudit(tx, { ...who, at, action, subject: `mass:${massId}`, reason, after: { meters } });
