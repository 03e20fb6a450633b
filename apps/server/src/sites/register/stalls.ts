import type { StallData } from '@openprepay/contract';
import { type Act, lockRegister } from '../../devices/index.ts';
import { recordAudit } from '../../identity/audit.ts';
import type { Context } from '../../platform/context.ts';
import type { Queryable } from '../../platform/database.ts';
import { sitesError } from '../errors.ts';

export interface StallToEnter extends Omit<StallData, 'building'> {
  readonly stallId: string;
  readonly buildingId: string;
}

/**
 * Enters a stall. Sent again under the same id, it is the same stall.
 * @throws sites.no_such_building, sites.code_taken
 */
export async function createStall(ctx: Context, act: Act, stallId: string, data: StallData): Promise<void> {
  const at = ctx.clock.now();
  const { marketId } = act;
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const [known] = await tx.query('select from stall where market_id = $1 and stall_id = $2', [marketId, stallId]);
    if (known) return;
    const buildingId = await requireBuilding(tx, marketId, data.building);
    await mustBeFree(tx, marketId, data.code, stallId);
    await enterStalls(tx, marketId, [{ ...data, stallId, buildingId }], null);
    await recordAudit(tx, { ...act, at, action: 'sites.create_stall', subject: `stall:${stallId}`, after: data });
    await tx.notify('grid', marketId);
  });
}

/** @throws sites.no_such_stall, sites.no_such_building, sites.code_taken */
export async function updateStall(
  ctx: Context,
  act: Act,
  stallId: string,
  { note, ...data }: StallData & { readonly note: string },
): Promise<void> {
  const at = ctx.clock.now();
  const { marketId } = act;
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const before = await requireStall(tx, marketId, stallId);
    const buildingId = await requireBuilding(tx, marketId, data.building);
    await mustBeFree(tx, marketId, data.code, stallId);
    await tx.query(
      `update stall set code = $3, building_id = $4, stall_type = $5, area_m2 = $6, protected = $7
       where market_id = $1 and stall_id = $2`,
      [marketId, stallId, data.code, buildingId, data.stallType, data.areaM2, data.protected],
    );
    const subject = `stall:${stallId}`;
    await recordAudit(tx, { ...act, at, action: 'sites.update_stall', subject, reason: note, before, after: data });
    await tx.notify('grid', marketId);
  });
}

/**
 * Takes a stall out of the register. One that ever had a meter or a tenant stays: its past needs it.
 * @throws sites.no_such_stall, sites.stall_in_use
 */
export async function deleteStall(ctx: Context, act: Act, stallId: string): Promise<void> {
  const at = ctx.clock.now();
  const { marketId } = act;
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, marketId);
    const before = await requireStall(tx, marketId, stallId);
    const used = await firstInUse(tx, marketId, [stallId]);
    if (used !== null) throw sitesError('sites.stall_in_use', `stall ${used} has, or had, a meter or a tenant`);
    await tx.query('delete from stall where market_id = $1 and stall_id = $2', [marketId, stallId]);
    await recordAudit(tx, { ...act, at, action: 'sites.delete_stall', subject: `stall:${stallId}`, before });
    await tx.notify('grid', marketId);
  });
}

export async function enterStalls(
  tx: Queryable,
  marketId: string,
  stalls: readonly StallToEnter[],
  importId: string | null,
): Promise<void> {
  await tx.query(
    `insert into stall (market_id, import_id, stall_id, building_id, code, stall_type, area_m2, protected)
     select $1, $2, * from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::numeric[], $8::boolean[])`,
    [
      marketId,
      importId,
      stalls.map((stall) => stall.stallId),
      stalls.map((stall) => stall.buildingId),
      stalls.map((stall) => stall.code),
      stalls.map((stall) => stall.stallType),
      stalls.map((stall) => stall.areaM2),
      stalls.map((stall) => stall.protected),
    ],
  );
}

/**
 * The first by code of these stalls that a meter or a tenant came to; null where none has. The rows are locked against
 * those that would come meanwhile.
 */
export async function firstInUse(tx: Queryable, marketId: string, stallIds: readonly string[]): Promise<string | null> {
  await tx.query('select from stall where market_id = $1 and stall_id = any($2::uuid[]) order by stall_id for update', [
    marketId,
    stallIds,
  ]);
  const [used] = await tx.query<{ code: string }>(
    `select code from stall
     where market_id = $1 and stall_id = any($2::uuid[])
       and (exists (select from meter_binding where market_id = $1 and meter_binding.stall_id = stall.stall_id)
         or exists (select from tenancy where market_id = $1 and tenancy.stall_id = stall.stall_id))
     order by code limit 1`,
    [marketId, stallIds],
  );
  return used?.code ?? null;
}

async function requireStall(tx: Queryable, marketId: string, stallId: string): Promise<StallData> {
  const [stall] = await tx.query<StallData & Record<string, unknown>>(
    `select stall.code, building.name as building, stall.stall_type as "stallType", stall.area_m2::text as "areaM2",
            stall.protected
     from stall join building using (market_id, building_id)
     where stall.market_id = $1 and stall.stall_id = $2`,
    [marketId, stallId],
  );
  if (!stall) throw sitesError('sites.no_such_stall', 'this market has no such stall');
  return stall;
}

async function requireBuilding(tx: Queryable, marketId: string, name: string): Promise<string> {
  const [building] = await tx.query<{ building_id: string }>(
    'select building_id from building where market_id = $1 and name = $2',
    [marketId, name],
  );
  if (!building) throw sitesError('sites.no_such_building', `this market has no building ${name}`);
  return building.building_id;
}

async function mustBeFree(tx: Queryable, marketId: string, code: string, stallId: string): Promise<void> {
  const [other] = await tx.query('select from stall where market_id = $1 and code = $2 and stall_id <> $3', [
    marketId,
    code,
    stallId,
  ]);
  if (other) throw sitesError('sites.code_taken', `there is a stall ${code} already`);
}
