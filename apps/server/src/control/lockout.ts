import { uuidV7 } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { controlError } from './errors.ts';
import { evaluateLocked, noSuchMeter, requireSwitch } from './service.ts';
import { lockOverride, saveLockout } from './store.ts';

/*
 * Off for safety's sake, above every other rule: one meter, or all of a site at once. Only a person lifts it.
 */

interface Who {
  readonly marketId: string;
  readonly operatorId: string;
}

/** @throws control.no_such_meter, control.cannot_switch, control.already_locked_out */
export async function lockOut(ctx: Context, who: Who, meterId: string, reason: string): Promise<void> {
  const at = ctx.clock.now();
  const { marketId, operatorId } = who;
  await ctx.db.tx(async (tx) => {
    const meter = await lockOverride(tx, marketId, meterId);
    if (!meter) throw noSuchMeter(meterId);
    requireSwitch(meter.model);
    if (meter.lockoutAt) throw controlError('control.already_locked_out', `it was: ${meter.lockoutReason}`);
    const lockout = { reason, by: operatorId, at };
    await saveLockout(tx, marketId, meterId, lockout);
    await recordAudit(tx, {
      ...who,
      at,
      action: 'control.lock_out',
      subject: `meter:${meterId}`,
      reason,
      after: lockout,
    });
    await evaluateLocked(tx, at, marketId, [meterId]);
  });
}

/** @throws control.no_such_meter, control.not_locked_out */
export async function liftLockout(ctx: Context, who: Who, meterId: string, reason: string): Promise<void> {
  const at = ctx.clock.now();
  const { marketId } = who;
  await ctx.db.tx(async (tx) => {
    const meter = await lockOverride(tx, marketId, meterId);
    if (!meter) throw noSuchMeter(meterId);
    if (!meter.lockoutAt) throw controlError('control.not_locked_out', 'the meter is not locked out');
    const { lockoutReason, lockoutBy, lockoutAt } = meter;
    await saveLockout(tx, marketId, meterId, null);
    await recordAudit(tx, {
      ...who,
      at,
      action: 'control.lift_lockout',
      subject: `meter:${meterId}`,
      reason,
      before: { reason: lockoutReason, by: lockoutBy, at: lockoutAt },
    });
    await evaluateLocked(tx, at, marketId, [meterId]);
  });
}

export interface SiteEmergency {
  readonly emergencyId: string;
  readonly reason: string;
  readonly cutByName: string | null;
  readonly cutAt: Date;
}

/** What is on, and how many meters of the market can be switched and say they are off. */
export async function emergencyStatus(
  db: Queryable,
  marketId: string,
): Promise<{ emergency: SiteEmergency | null; meters: number; off: number }> {
  const [emergency = null] = await db.query<SiteEmergency & Record<string, unknown>>(
    `select emergency_id as "emergencyId", reason, operator.name as "cutByName", cut_at as "cutAt"
     from site_emergency left join operator on operator.operator_id = site_emergency.cut_by
     where market_id = $1 and lifted_at is null`,
    [marketId],
  );
  const [count] = await db.query<{ meters: bigint; off: bigint }>(
    `select count(*) as meters, count(*) filter (where state.switch_state = 'off') as off
     from meter
     join meter_control control using (market_id, meter_id)
     left join meter_state state using (market_id, meter_id)
     where meter.market_id = $1 and meter.retired_at is null and control.wanted is not null`,
    [marketId],
  );
  return { emergency, meters: Number(count?.meters ?? 0), off: Number(count?.off ?? 0) };
}

/**
 * Everything of the site off, at once and by one person: fire and flood do not wait for a second. Once more changes nothing.
 * @throws control.no_such_market, control.confirmation_differs
 */
export async function cutSite(ctx: Context, who: Who, said: { reason: string; confirmation: string }): Promise<void> {
  const at = ctx.clock.now();
  const { marketId, operatorId } = who;
  await ctx.db.tx(async (tx) => {
    await confirmMarket(tx, marketId, said.confirmation);
    const [cut] = await tx.query(
      `insert into site_emergency (market_id, emergency_id, reason, cut_by, cut_at) values ($1, $2, $3, $4, $5)
       on conflict (market_id) where lifted_at is null do nothing returning emergency_id`,
      [marketId, uuidV7(at), said.reason, operatorId, at],
    );
    if (!cut) return;
    await recordAudit(tx, {
      ...who,
      at,
      action: 'control.cut_site',
      subject: `market:${marketId}`,
      reason: said.reason,
    });
    await evaluateAll(tx, at, marketId);
  });
}

/**
 * The site is safe again: every meter goes back to what its own rules say.
 * @throws control.no_such_market, control.confirmation_differs, control.no_emergency
 */
export async function restoreSite(
  ctx: Context,
  who: Who,
  said: { reason: string; confirmation: string },
): Promise<void> {
  const at = ctx.clock.now();
  const { marketId, operatorId } = who;
  await ctx.db.tx(async (tx) => {
    await confirmMarket(tx, marketId, said.confirmation);
    const [lifted] = await tx.query<{ reason: string; cut_at: Date }>(
      `update site_emergency set lifted_by = $2, lifted_at = $3 where market_id = $1 and lifted_at is null
       returning reason, cut_at`,
      [marketId, operatorId, at],
    );
    if (!lifted) throw controlError('control.no_emergency', 'the site is not cut');
    await recordAudit(tx, {
      ...who,
      at,
      action: 'control.restore_site',
      subject: `market:${marketId}`,
      reason: said.reason,
      before: lifted,
    });
    await evaluateAll(tx, at, marketId);
  });
}

/** The market's name typed out shows that it is this site that is meant. The row keeps cut and restore apart. */
async function confirmMarket(tx: Tx, marketId: string, confirmation: string): Promise<void> {
  const [market] = await tx.query<{ name: string }>('select name from market where market_id = $1 for update', [
    marketId,
  ]);
  if (!market) throw controlError('control.no_such_market', 'there is no such market');
  if (market.name !== confirmation.trim()) {
    throw controlError('control.confirmation_differs', `type ${market.name} to confirm`);
  }
}

async function evaluateAll(tx: Tx, at: Date, marketId: string): Promise<void> {
  const meters = await tx.query<{ meter_id: string }>(
    'select meter_id from meter where market_id = $1 and retired_at is null order by meter_id',
    [marketId],
  );
  await evaluateLocked(
    tx,
    at,
    marketId,
    meters.map((meter) => meter.meter_id),
  );
}
