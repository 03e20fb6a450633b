import type { MassDetail, MassPreview, MassSelect } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { markSent, openCommandOf } from '../commands/index.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { waterMeter } from '../sites/test-support/site.ts';
import { protectStallType } from './calendar.ts';
import { lockOut } from './lockout.ts';
import { cancelMass, listMasses, massDetail, retryMass } from './mass-follow.ts';
import type { MassOrder } from './mass-plan.ts';
import { previewMass, startMass } from './mass-switch.ts';
import { setSwitchingRules, switchingRules } from './rules.ts';
import { evaluate, setOverride } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const actOf = ({ marketId }: World) => ({ marketId, operatorId: OPERATOR });
const refused = (code: string) => expect.objectContaining({ code });
const EVERYTHING = { filter: {} };
const order = (override: MassOrder['override'], change: Partial<MassOrder> = {}): MassOrder => {
  return { override, until: null, includeProtected: false, ...change };
};

/** Stalls without money, off for it. */
async function cutOff(...codes: string[]): Promise<World> {
  const world = await newWorld(codes.map((code) => ({ code, balanceFen: 0 })));
  for (const code of codes) await world.read(code);
  await evaluate(world.ctx, world);
  for (const code of codes) {
    await world.report(code, 'off');
    await world.endCommand(code, 'confirmed');
  }
  world.clock.advance(60_000);
  return world;
}

const preview = (world: World, given: MassOrder, select: MassSelect = EVERYTHING) =>
  previewMass(world.ctx, world.marketId, select, given);

const requestOf = (world: World, { rows, listHash }: MassPreview, given: MassOrder) => ({
  ...given,
  massId: uuidV7(world.clock.now()),
  meterIds: rows.filter(({ skip }) => skip === null).map(({ meterId }) => meterId),
  skippedIds: rows.filter(({ skip }) => skip !== null).map(({ meterId }) => meterId),
  until: given.until?.toISOString() ?? null,
  listHash,
  reason: 'market day',
});

/** Previews and does it. @returns its id */
async function done(world: World, given: MassOrder): Promise<string> {
  const request = requestOf(world, await preview(world, given), given);
  await startMass(world.ctx, actOf(world), request);
  return request.massId;
}

const statesOf = ({ rows }: MassDetail) => Object.fromEntries(rows.map(({ stallCode, state }) => [stallCode, state]));
const detail = (world: World, massId: string) => massDetail(world.ctx, world.marketId, massId);

async function send(world: World, code: string): Promise<void> {
  const command = await openCommandOf(world.ctx.db, world.marketId, await world.meterOf(code));
  if (!command) throw new Error(`no open command of ${code}`);
  await markSent(world.ctx.db, command, {
    at: world.clock.now(),
    frame: { protocol: 'acrel4g', bytes: Uint8Array.of(1) },
    from: ['queued'],
    nextAttemptAt: world.clock.now(),
    expectedAt: null,
  });
}

test('a preview says of each meter whether it is told, why not, and what to mind; nothing is written', async () => {
  const world = await newWorld([
    { code: 'A', balanceFen: 5_000 },
    { code: 'B', balanceFen: 0, protected: true },
    { code: 'C' },
    { code: 'D', balanceFen: 0, meters: [waterMeter('78330000000009')] },
  ]);
  await lockOut(world.ctx, actOf(world), await world.meterOf('C'), 'burnt terminal');
  await world.ctx.db.query(`update meter_state set online = true where market_id = $1 and meter_id = $2`, [
    world.marketId,
    await world.meterOf('A'),
  ]);
  const seen = await preview(world, order('forced_off'));
  expect(seen).toMatchObject({ told: 2, skipped: 2 });
  expect(seen.rows.map(({ stallCode, skip, warnings }) => [stallCode, skip, warnings])).toEqual([
    ['A', null, ['has_balance']],
    ['B', 'protected', []],
    ['C', 'locked_out', []],
    ['D', null, ['offline']],
  ]);
  expect(seen.rows[0]).toMatchObject({
    customerName: 'Trader A',
    building: 'Hall 1',
    availableFen: 5_000,
    override: 'auto',
  });
  const all = await preview(world, order('forced_off', { includeProtected: true }));
  expect(all.told).toBe(3);
  expect(all.listHash).not.toBe(seen.listHash);
  expect((await preview(world, order('forced_off'), { filter: { kind: 'water' } })).rows).toHaveLength(1);
  expect((await preview(world, order('forced_off'), { filter: { building: 'Hall 2' } })).rows).toEqual([]);
  const stallIds = [seen.rows[0]?.stallId ?? ''];
  expect((await preview(world, order('forced_off'), { stallIds })).rows.map(({ stallCode }) => stallCode)).toEqual([
    'A',
  ]);
  expect((await listMasses(world.ctx, world.marketId, {})).masses).toEqual([]);
});

test('a list is forced on at once, and each meter is followed from its order to its read-back', async () => {
  const world = await cutOff('A', 'B', 'C');
  const rules = await switchingRules(world.ctx, world.marketId);
  await setSwitchingRules(world.ctx, actOf(world), { ...rules, reclosePerS: 1 });
  const massId = await done(world, order('forced_on', { until: new Date('2026-03-02T12:00:00Z') }));
  expect(statesOf(await detail(world, massId))).toEqual({ A: 'queued', B: 'waiting', C: 'waiting' });
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'forced_on', override: 'forced_on' });
  world.clock.advance(1_000);
  await send(world, 'A');
  expect(statesOf(await detail(world, massId))).toEqual({ A: 'sent', B: 'queued', C: 'waiting' });
  await world.endCommand('A', 'confirmed');
  await world.endCommand('B', 'failed');
  const seen = await detail(world, massId);
  expect(seen).toMatchObject({
    state: 'executed',
    told: 3,
    skipped: 0,
    counts: { confirmed: 1, failed: 1, waiting: 1 },
    cancellable: 1,
    retriable: 1,
    reason: 'market day',
  });
  const audit = await world.ctx.db.query(
    `select operator_id, reason, after from audit where market_id = $1 and action = 'control.mass_switch'`,
    [world.marketId],
  );
  const after = {
    override: 'forced_on',
    until: '2026-03-02T12:00:00.000Z',
    includeProtected: false,
    told: 3,
    skipped: 0,
  };
  expect(audit).toEqual([{ operator_id: OPERATOR, reason: 'market day', after }]);
});

test('the same request again, or two at once, do it once; another under its id is refused', async () => {
  const world = await cutOff('A', 'B');
  const given = order('forced_on');
  const request = requestOf(world, await preview(world, given), given);
  const start = (change = {}) => startMass(world.ctx, actOf(world), { ...request, ...change });
  await Promise.all([start(), start(), start()]);
  await start();
  expect((await world.commands('A')).filter((line) => line.startsWith('on'))).toEqual(['on forced_on queued']);
  expect((await listMasses(world.ctx, world.marketId, {})).masses).toHaveLength(1);
  const cut = order('forced_off');
  const asked = requestOf(world, await preview(world, cut), cut);
  await startMass(world.ctx, actOf(world), { ...asked, reason: 'a cut_off' });
  const found = async (query: Parameters<typeof listMasses>[2]) => {
    const { total, masses } = await listMasses(world.ctx, world.marketId, query);
    expect(total).toBe(masses.length);
    return masses.map(({ override, state }) => `${override} ${state}`);
  };
  expect((await found({})).toSorted()).toEqual(['forced_off asked', 'forced_on executed']);
  expect(await found({ override: 'forced_off' })).toEqual(['forced_off asked']);
  expect(await found({ state: 'executed' })).toEqual(['forced_on executed']);
  expect(await found({ text: 'CUT_' })).toEqual(['forced_off asked']);
  expect(await found({ to: '2000-01-01' })).toEqual([]);
  const { total, masses } = await listMasses(world.ctx, world.marketId, { page: 2, pageSize: 1 });
  expect([total, masses.length]).toEqual([2, 1]);
  await expect(start({ reason: 'another one' })).rejects.toThrow(refused('control.mass_reused'));
});

test('a list that is not what was previewed is refused, and nothing is done', async () => {
  const world = await cutOff('A', 'B');
  const given = order('forced_on');
  const request = requestOf(world, await preview(world, given), given);
  await lockOut(world.ctx, actOf(world), await world.meterOf('B'), 'burnt terminal');
  const start = (change = {}) => startMass(world.ctx, actOf(world), { ...request, ...change });
  await expect(start()).rejects.toThrow(refused('control.list_changed'));
  await expect(start({ meterIds: request.meterIds.slice(0, 1) })).rejects.toThrow(refused('control.list_changed'));
  await expect(start({ includeProtected: true })).rejects.toThrow(refused('control.list_changed'));
  expect(await world.control('A')).toMatchObject({ override: 'auto' });
});

test('back to auto they follow their balances: what has none stays off and is told nothing', async () => {
  const world = await cutOff('A', 'B');
  await done(world, order('forced_on'));
  for (const code of ['A', 'B']) {
    await world.report(code, 'on');
    await world.endCommand(code, 'confirmed');
  }
  await world.topUp('A', 500);
  world.clock.advance(1_000);
  const massId = await done(world, order('auto'));
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'balance_available', override: 'auto' });
  expect(await world.control('B')).toMatchObject({ wanted: 'off', override: 'auto' });
  expect(statesOf(await detail(world, massId))).toEqual({ A: 'unchanged', B: 'queued' });
  await expect(cancelMass(world.ctx, actOf(world), massId, 'no')).rejects.toThrow(refused('control.mass_is_auto'));
});

test('the rest is taken back: what is sent goes on, what is queued follows its rules and closes no relay', async () => {
  const world = await cutOff('A', 'B', 'C');
  await protectStallType(world.ctx, actOf(world), 'fish');
  const massId = await done(world, order('forced_on'));
  world.clock.advance(1_000);
  await send(world, 'A');
  const meterId = await world.meterOf('C');
  await setOverride(world.ctx, { ...actOf(world), meterId, override: 'forced_on', reason: 'mine', until: null });
  expect(await cancelMass(world.ctx, actOf(world), massId, 'the breaker trips')).toBe(1);
  expect(await cancelMass(world.ctx, actOf(world), massId, 'the breaker trips')).toBe(0);
  expect(statesOf(await detail(world, massId))).toEqual({ A: 'sent', B: 'cancelled', C: 'queued' });
  expect(await world.control('A')).toMatchObject({ override: 'forced_on', wanted: 'on' });
  expect(await world.control('B')).toMatchObject({ override: 'auto', wanted: null });
  expect((await world.commands('B')).at(-1)).toBe('on forced_on superseded');
  expect(await world.control('C')).toMatchObject({ override: 'forced_on', wanted: 'on' });
});

test('a sending and a cancel at once: a meter is one of the two, never both', async () => {
  for (let round = 0; round < 10; round += 1) {
    const world = await cutOff('A');
    await protectStallType(world.ctx, actOf(world), 'fish');
    const massId = await done(world, order('forced_on'));
    const cancel = () => cancelMass(world.ctx, actOf(world), massId, 'the breaker trips');
    const sending = () => send(world, 'A').catch(() => undefined);
    await Promise.all(round % 2 === 0 ? [cancel(), sending()] : [sending(), cancel()]);
    const { A: state } = statesOf(await detail(world, massId));
    const { override } = await world.control('A');
    expect([
      ['cancelled', 'auto'],
      ['sent', 'forced_on'],
    ]).toContainEqual([state, override]);
  }
});

test('those that failed are told once more, by two at once only once; what is done or ordered otherwise is not', async () => {
  const world = await cutOff('A', 'B', 'C');
  const massId = await done(world, order('forced_on'));
  await world.endCommand('A', 'failed');
  await world.endCommand('B', 'failed');
  await world.endCommand('C', 'confirmed');
  await world.report('C', 'on');
  const meterId = await world.meterOf('B');
  await setOverride(world.ctx, { ...actOf(world), meterId, override: 'forced_off', reason: 'mine', until: null });
  expect((await detail(world, massId)).retriable).toBe(1);
  const retry = () => retryMass(world.ctx, actOf(world), massId);
  expect((await Promise.all([retry(), retry()])).toSorted()).toEqual([0, 1]);
  expect((await world.commands('A')).at(-1)).toBe('on retry queued');
  expect(statesOf(await detail(world, massId))).toEqual({ A: 'queued', B: 'failed', C: 'confirmed' });
});

test('another market’s meters and masses are not there', async () => {
  const [world, other] = [await cutOff('A'), await cutOff('A')];
  const massId = await done(world, order('forced_on'));
  const meterIds = [await other.meterOf('A')];
  await expect(preview(world, order('forced_on'), { meterIds })).rejects.toThrow(refused('control.no_such_meter'));
  await expect(detail(other, massId)).rejects.toThrow(refused('control.no_such_mass'));
  await expect(retryMass(other.ctx, actOf(other), massId)).rejects.toThrow(refused('control.no_such_mass'));
  expect(await other.control('A')).toMatchObject({ override: 'auto' });
});

/** The statements that a preview, an order and a look at it take for so many meters. */
async function statementsFor(count: number): Promise<number> {
  const codes = Array.from({ length: count }, (_, n) => `S${String(n).padStart(4, '0')}`);
  const world = await newWorld(codes.map((code) => ({ code, balanceFen: 0 })));
  let statements = 0;
  const counted = <Q extends Queryable>(db: Q): Q => ({
    ...db,
    query(sql: string, values?: readonly unknown[]) {
      statements += 1;
      return db.query(sql, values);
    },
  });
  const { db } = world.ctx;
  const ctx = {
    ...world.ctx,
    db: { ...counted(db), tx: <T>(work: (tx: Tx) => Promise<T>) => db.tx((tx) => work(counted(tx))) },
  };
  const given = order('forced_on');
  const request = requestOf(world, await previewMass(ctx, world.marketId, EVERYTHING, given), given);
  await startMass(ctx, actOf(world), request);
  const { counts } = await massDetail(ctx, world.marketId, request.massId);
  expect(counts).toEqual({ queued: count });
  return statements;
}

test('a thousand meters take as many statements as three', async () => {
  expect(await statementsFor(1_000)).toBe(await statementsFor(3));
}, 120_000);
