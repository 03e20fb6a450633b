import type { ApprovalState, Operator } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { lockOut } from '../control/lockout.ts';
import { cancelMass, massDetail } from '../control/mass-follow.ts';
import type { MassOrder } from '../control/mass-plan.ts';
import { previewMass, startMass } from '../control/mass-switch.ts';
import { evaluate, setOverride } from '../control/service.ts';
import { newWorld, type World } from '../control/test-support/world.ts';
import { decideApproval, requestApproval, withdrawApproval } from './service.ts';

const person = (n: number, role: Operator['role']): Operator => {
  return { operatorId: `00000000-0000-7000-8000-00000000000${n}`, login: role, name: role, role };
};
const [manager, admin, cashier] = [person(1, 'manager'), person(2, 'admin'), person(3, 'cashier')];
const refused = (code: string) => expect.objectContaining({ code });
const CUT: MassOrder = { override: 'forced_off', until: null, includeProtected: false };

/** Stalls with money, supplied; C is protected. */
async function supplied(): Promise<World> {
  const world = await newWorld([
    { code: 'A', balanceFen: 10_000 },
    { code: 'B', balanceFen: 10_000 },
    { code: 'C', balanceFen: 10_000, protected: true },
  ]);
  for (const code of ['A', 'B', 'C']) await world.read(code);
  await evaluate(world.ctx, world);
  for (const code of ['A', 'B', 'C']) {
    await world.report(code, 'on');
    await world.endCommand(code, 'confirmed');
  }
  world.clock.advance(60_000);
  return world;
}

/** Previewed and stored; nobody is asked yet. @returns its id */
async function stored(world: World, order = CUT): Promise<string> {
  const { rows, listHash } = await previewMass(world.ctx, world.marketId, { filter: {} }, order);
  const massId = uuidV7(world.clock.now());
  const ids = (isTold: boolean) => rows.filter(({ skip }) => (skip === null) === isTold).map(({ meterId }) => meterId);
  await startMass(
    world.ctx,
    { marketId: world.marketId, operatorId: manager.operatorId },
    {
      ...order,
      massId,
      meterIds: ids(true),
      skippedIds: ids(false),
      until: order.until?.toISOString() ?? null,
      listHash,
      reason: 'works on the busbar',
    },
  );
  return massId;
}

const ask = (world: World, requestId: string, confirmation: string, by = manager) =>
  requestApproval(
    world.ctx,
    world.marketId,
    { requestId, act: { kind: 'mass_cut', confirmation }, reason: 'works on the busbar' },
    by,
  );
const decide = (world: World, massId: string, decision: 'approve' | 'reject', by = admin) =>
  decideApproval(world.ctx, world.marketId, massId, { decision }, by);

async function overrides(world: World): Promise<string[]> {
  return Promise.all(['A', 'B', 'C'].map(async (code) => (await world.control(code)).override));
}
async function stateOf(world: World, massId: string): Promise<Record<string, string>> {
  const { rows } = await massDetail(world.ctx, world.marketId, massId);
  return Object.fromEntries(rows.map(({ stallCode, state }) => [stallCode ?? '', state]));
}

test('a cut of many is stored, and done only when a second person agrees', async () => {
  const world = await supplied();
  const massId = await stored(world);
  expect(await stateOf(world, massId)).toEqual({ A: 'asked', B: 'asked', C: 'skipped' });
  await expect(ask(world, massId, '2', cashier)).rejects.toThrow(refused('approvals.role_not_enough'));
  await expect(ask(world, massId, '3')).rejects.toThrow(refused('control.confirmation_differs'));
  const asked = await ask(world, massId, '2');
  expect(asked.subject).toBe(`mass:${massId}`);
  expect(asked.facts).toEqual({
    meters: 2,
    electricityMeters: 2,
    waterMeters: 0,
    buildings: 'Hall 1',
    metersWithBalance: 2,
    includeProtected: false,
    until: null,
  });
  await expect(decide(world, massId, 'approve', manager)).rejects.toThrow(refused('approvals.own_request'));
  expect(await overrides(world)).toEqual(['auto', 'auto', 'auto']);

  const done = await decide(world, massId, 'approve');
  expect(done).toMatchObject({ state: 'approved', result: { meters: 2 } });
  await decide(world, massId, 'approve');
  expect(await overrides(world)).toEqual(['forced_off', 'forced_off', 'auto']);
  expect((await world.commands('A')).slice(1)).toEqual(['off forced_off queued']);
  const detail = await massDetail(world.ctx, world.marketId, massId);
  expect(detail).toMatchObject({ state: 'executed', told: 2, skipped: 1, counts: { queued: 2, skipped: 1 } });
  expect(detail.rows.find(({ stallCode }) => stallCode === 'C')?.skip).toBe('protected');

  await world.topUp('A', 50_000);
  expect(await evaluate(world.ctx, world)).toBe(0);
  const who = { marketId: world.marketId, operatorId: manager.operatorId };
  expect(await cancelMass(world.ctx, who, massId, 'not needed any more')).toBe(2);
  expect(await overrides(world)).toEqual(['auto', 'auto', 'auto']);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'balance_available' });
});

test('what may not be told any more is skipped then, and nothing is added that was not seen', async () => {
  const world = await supplied();
  const massId = await stored(world);
  await ask(world, massId, '2');
  await lockOut(
    world.ctx,
    { marketId: world.marketId, operatorId: admin.operatorId },
    await world.meterOf('A'),
    'burnt terminal',
  );
  await world.ctx.db.query('update stall set protected = false where market_id = $1', [world.marketId]);
  expect((await decide(world, massId, 'approve')).result).toEqual({ meters: 1 });
  expect(await overrides(world)).toEqual(['auto', 'forced_off', 'auto']);
  expect(await stateOf(world, massId)).toEqual({ A: 'skipped', B: 'queued', C: 'skipped' });
});

test('protected stalls and what a person keeps on are cut only where the request says so', async () => {
  const world = await supplied();
  await setOverride(world.ctx, {
    marketId: world.marketId,
    meterId: await world.meterOf('B'),
    override: 'forced_on',
    reason: 'vaccines',
    until: null,
    operatorId: admin.operatorId,
  });
  const massId = await stored(world, { ...CUT, includeProtected: true });
  expect((await ask(world, massId, '3')).facts).toMatchObject({ meters: 3, includeProtected: true });
  await decide(world, massId, 'approve');
  expect(await overrides(world)).toEqual(['forced_off', 'forced_off', 'forced_off']);
});

test('refused, taken back or too late: nothing is done, and the list says so', async () => {
  const world = await supplied();
  const [rejected, withdrawn, late] = [await stored(world), await stored(world), await stored(world)];
  for (const massId of [rejected, withdrawn, late]) await ask(world, massId, '2');
  await decide(world, rejected, 'reject');
  await withdrawApproval(world.ctx, world.marketId, withdrawn, manager);
  world.clock.advance(7 * 86_400_000);
  await expect(decide(world, late, 'approve')).rejects.toThrow(refused('approvals.expired'));
  for (const massId of [rejected, withdrawn, late]) {
    expect((await massDetail(world.ctx, world.marketId, massId)).state).toBe('refused');
  }
  expect(await overrides(world)).toEqual(['auto', 'auto', 'auto']);
});

test('an end that has passed by the time of the decision leaves the request pending and cuts nothing', async () => {
  const world = await supplied();
  const massId = await stored(world, { ...CUT, until: new Date(world.clock.now().getTime() + 3_600_000) });
  await ask(world, massId, '2');
  world.clock.advance(3_600_000);
  await expect(decide(world, massId, 'approve')).rejects.toThrow(refused('control.override_end_is_past'));
  const state: ApprovalState = (await ask(world, massId, '2')).state;
  expect(state).toBe('pending');
  expect(await overrides(world)).toEqual(['auto', 'auto', 'auto']);
});

test('nobody is asked for a mass that is not there, or supplies', async () => {
  const world = await supplied();
  await expect(ask(world, uuidV7(world.clock.now()), '2')).rejects.toThrow(refused('control.no_such_mass'));
  const massId = await stored(world, { ...CUT, override: 'forced_on' });
  await expect(ask(world, massId, '3')).rejects.toThrow(refused('control.no_such_mass'));
});
