import type { ApprovalFacts, MassPreview, MassRequest, MassSelect, MassSkip } from '@openprepay/contract';
import { availableFen, calendarAt } from '@openprepay/domain';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import type { RuleAct } from './calendar.ts';
import { controlError } from './errors.ts';
import { listHashOf, type MassOrder, modeNow, skipOf, warningsOf } from './mass-plan.ts';
import {
  insertMass,
  insertMassMeters,
  lockMass,
  type MeterPlace,
  markExecuted,
  type StoredMass,
  saveSkips,
  selectMeters,
  toldMeters,
} from './mass-store.ts';
import type { MeterFacts } from './plan.ts';
import { evaluateLocked, readMarket, requireEnd } from './service.ts';
import { lockMeters, saveOverride } from './store.ts';

/*
 * Many meters at once. What is executed is what was previewed: the list is stored with the request, and whatever may not be
 * told any more by then is skipped; nothing is added. A cut waits for a second person, whose approval has the mass's own id.
 */

interface Sighted {
  readonly place: MeterPlace;
  readonly facts: MeterFacts | null;
  readonly skip: MassSkip | null;
}

/**
 * Which meters would be told, and which not and why. Nothing is written.
 * @throws control.no_such_meter, control.override_end_is_past, control.auto_has_no_end
 */
export async function previewMass(
  { db, clock }: Context,
  marketId: string,
  select: MassSelect,
  order: MassOrder,
): Promise<MassPreview> {
  const at = clock.now();
  requireEnd(order, at);
  const { sighted, calendarOf } = await sight(db, at, marketId, select, order);
  const told = sighted.filter(({ skip }) => skip === null).map(({ place }) => place.meterId);
  return {
    at: at.toISOString(),
    listHash: listHashOf(told, order),
    told: told.length,
    skipped: sighted.length - told.length,
    rows: sighted.map(({ place: { isRetired: _, ...place }, facts, skip }) => ({
      ...place,
      override: facts ? modeNow(facts, at) : 'auto',
      availableFen: facts?.account ? Number(availableFen(facts.account)) : null,
      skip,
      warnings:
        facts && skip === null
          ? [
              ...warningsOf(facts, calendarOf(facts.stallType), order, at),
              ...(place.online ? [] : ['offline' as const]),
            ]
          : [],
    })),
  };
}

async function sight(db: Queryable, at: Date, marketId: string, select: MassSelect, order: MassOrder) {
  const places = await selectMeters(db, marketId, select);
  if ('meterIds' in select && places.length < new Set(select.meterIds).size) {
    throw controlError('control.no_such_meter', 'a meter of the list is not in this market');
  }
  const { meters, calendar } = await readMarket(db, { marketId, meterIds: places.map(({ meterId }) => meterId) }, at);
  const factsOf = new Map(meters.map((meter) => [meter.meterId, meter]));
  const calendarOf = calendarAt(calendar, at);
  const sighted = places.map((place): Sighted => {
    const facts = factsOf.get(place.meterId) ?? null;
    return { place, facts, skip: facts ? skipOf(facts, calendarOf(facts.stallType), order, at) : 'retired' };
  });
  return { sighted, calendarOf };
}

/**
 * Stores what was previewed. What supplies is done at once; a cut waits for its approval. The same request sent again is
 * done once.
 * @throws control.no_such_meter, control.override_end_is_past, control.auto_has_no_end, control.list_changed,
 *   control.mass_reused
 */
export async function startMass(ctx: Context, { marketId, operatorId }: RuleAct, request: MassRequest): Promise<void> {
  const at = ctx.clock.now();
  const { massId, override, includeProtected, listHash, reason } = request;
  const until = request.until === null ? null : new Date(request.until);
  const mass: StoredMass = {
    massId,
    override,
    until,
    includeProtected,
    reason,
    operatorId,
    listHash,
    executedAt: null,
  };
  await ctx.db.tx(async (tx) => {
    const earlier = await lockMass(tx, marketId, massId);
    if (earlier) return assertSame(earlier, mass);
    requireEnd(mass, at);
    // Before the list is looked at: what the same request did meanwhile is no change of the list.
    const isNew = await insertMass(tx, marketId, mass, at);
    if (!isNew) return assertSame(await lockMass(tx, marketId, massId), mass);
    await insertMassMeters(tx, marketId, massId, await listAsSeen(tx, at, marketId, request, mass));
    if (override !== 'forced_off') await execute(tx, at, marketId, mass);
    await tx.notify('grid', marketId);
  });
}

/** The list with the reasons of those left out; refused where it is not what the person saw. */
async function listAsSeen(tx: Tx, at: Date, marketId: string, request: MassRequest, order: MassOrder) {
  const meterIds = [...request.meterIds, ...request.skippedIds];
  const { sighted } = await sight(tx, at, marketId, { meterIds }, order);
  const wanted = new Set(request.meterIds);
  const told = sighted.filter(({ place, skip }) => skip === null && wanted.has(place.meterId));
  const hash = listHashOf(
    told.map(({ place }) => place.meterId),
    order,
  );
  if (told.length < wanted.size || hash !== request.listHash) {
    throw controlError('control.list_changed', 'the list is not what was previewed: look at it again');
  }
  return sighted.map(({ place: { meterId }, skip }) => {
    return { meterId, skip: wanted.has(meterId) ? null : (skip ?? ('left_out' as const)) };
  });
}

function assertSame(earlier: StoredMass | null, mass: StoredMass): void {
  if (earlier?.listHash !== mass.listHash || earlier.reason !== mass.reason || earlier.operatorId !== mass.operatorId) {
    throw controlError('control.mass_reused', 'this id stands for another mass switch');
  }
}

/** Sets the meters that may still be told, decides and orders, all in one: a thousand meters are no loop. */
async function execute(tx: Tx, at: Date, marketId: string, mass: StoredMass): Promise<number> {
  const { massId, override, until, includeProtected, reason, operatorId } = mass;
  const listed = (await toldMeters(tx, marketId, massId)).map(({ meterId }) => meterId);
  await lockMeters(tx, marketId, listed);
  const { sighted } = await sight(tx, at, marketId, { meterIds: listed }, mass);
  const skips = new Map(sighted.flatMap(({ place, skip }) => (skip ? [[place.meterId, skip] as const] : [])));
  const told = listed.filter((meterId) => !skips.has(meterId));
  await saveSkips(tx, marketId, massId, skips);
  await saveOverride(tx, marketId, told, { override, reason, by: operatorId, at, until });
  await recordAudit(tx, {
    at,
    marketId,
    operatorId,
    action: 'control.mass_switch',
    subject: `mass:${massId}`,
    reason,
    after: { override, until, includeProtected, told: told.length, skipped: skips.size },
  });
  await evaluateLocked(tx, at, marketId, told);
  await markExecuted(tx, marketId, massId, at);
  await tx.notify('grid', marketId);
  return told.length;
}

const MAX_NAMED_BUILDINGS = 5;

/**
 * What a second person is asked for: refused early where it cannot be done, or where the number of meters was not typed.
 * @throws control.no_such_mass, control.mass_executed, control.override_end_is_past, control.confirmation_differs
 */
export async function prepareMassCut(
  tx: Tx,
  at: Date,
  marketId: string,
  massId: string,
  confirmation: string,
): Promise<ApprovalFacts> {
  const mass = await requireCut(tx, at, marketId, massId);
  const listed = (await toldMeters(tx, marketId, massId)).map(({ meterId }) => meterId);
  if (confirmation.trim() !== String(listed.length)) {
    throw controlError('control.confirmation_differs', `type ${listed.length} to confirm`);
  }
  const { sighted, calendarOf } = await sight(tx, at, marketId, { meterIds: listed }, mass);
  const buildings = [...new Set(sighted.flatMap(({ place }) => place.building ?? []))].toSorted();
  const named = buildings.slice(0, MAX_NAMED_BUILDINGS).join(', ');
  const countOf = (isIt: (one: Sighted) => boolean) => sighted.filter(isIt).length;
  return {
    meters: listed.length,
    electricityMeters: countOf(({ place }) => place.kind === 'electricity'),
    waterMeters: countOf(({ place }) => place.kind === 'water'),
    buildings: buildings.length > MAX_NAMED_BUILDINGS ? `${named} … (${buildings.length})` : named,
    metersWithBalance: countOf(
      ({ facts }) => facts !== null && warningsOf(facts, calendarOf(facts.stallType), mass, at).includes('has_balance'),
    ),
    includeProtected: mass.includeProtected,
    until: mass.until?.toISOString() ?? null,
  };
}

/** @throws control.no_such_mass, control.mass_executed, control.override_end_is_past */
export async function executeMassCut(
  tx: Tx,
  at: Date,
  marketId: string,
  massId: string,
  operatorId: string,
): Promise<ApprovalFacts> {
  const mass = await requireCut(tx, at, marketId, massId);
  return { meters: await execute(tx, at, marketId, { ...mass, operatorId }) };
}

async function requireCut(tx: Tx, at: Date, marketId: string, massId: string): Promise<StoredMass> {
  const mass = await lockMass(tx, marketId, massId);
  if (mass?.override !== 'forced_off') throw noSuchMass(massId);
  if (mass.executedAt !== null) throw controlError('control.mass_executed', 'this was done already');
  requireEnd(mass, at);
  return mass;
}

export const noSuchMass = (massId: string) =>
  controlError('control.no_such_mass', `no mass switch ${massId} in this market`);
