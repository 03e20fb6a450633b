import { expect, test, vi } from 'vitest';
import { startControl } from './jobs.ts';
import { evaluate, setOverride } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const HOUR_MS = 3_600_000;

/** A stall that is supplied, read, and has a yuan left. */
async function supplied(market: Parameters<typeof newWorld>[1] = {}, balanceFen = 100): Promise<World> {
  const world = await newWorld([{ code: 'A', balanceFen }], market);
  await world.read('A');
  await evaluate(world.ctx, world);
  await world.report('A', 'on');
  await world.endCommand('A', 'confirmed');
  world.clock.advance(60_000);
  return world;
}

const override = async (world: World, mode: 'auto' | 'forced_on' | 'forced_off', until: Date | null = null) =>
  setOverride(world.ctx, {
    marketId: world.marketId,
    meterId: await world.meterOf('A'),
    override: mode,
    reason: 'as agreed',
    until,
    operatorId: OPERATOR,
  });

test('a new market: meters with a balance are wanted on, vacant stalls are left alone', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 5_000 }, { code: 'B' }]);
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect(await world.control('A')).toEqual({ wanted: 'on', reason: 'balance_available', seq: 1n, override: 'auto' });
  expect(await world.commands('A')).toEqual(['on balance_available queued']);
  expect((await world.control('B')).wanted).toBeNull();
  expect(await world.commands('B')).toEqual([]);
  expect(await evaluate(world.ctx, world)).toBe(0);
});

test('of a meter without a relay nothing is wanted, and its account is told of its balance all the same', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 100 }]);
  await world.ctx.db.query('update meter set model = $3 where market_id = $1 and meter_id = $2', [
    world.marketId,
    await world.meterOf('A'),
    'DTSD1352',
  ]);
  await world.read('A');
  await evaluate(world.ctx, world);
  expect((await world.control('A')).wanted).toBeNull();
  expect(await world.commands('A')).toEqual([]);
  expect(await world.notices('A')).toEqual(['low_balance open']);
});

test('the balance runs out: the notice is recorded, then off is wanted and ordered; a top-up orders on', async () => {
  const world = await supplied();
  expect(await world.notices('A')).toEqual(['low_balance open']);
  await world.charge('A', 100);
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect(await world.notices('A')).toEqual(['low_balance open', 'final open']);
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'balance_used_up', seq: 2n });
  expect((await world.commands('A')).at(-1)).toBe('off balance_used_up queued');

  await world.topUp('A', 5_000);
  const accountIds = [await world.accountOf('A')];
  expect(await evaluate(world.ctx, { marketId: world.marketId, accountIds })).toBe(1);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'balance_available', seq: 3n });
  expect((await world.commands('A')).slice(-2)).toEqual([
    'off balance_used_up superseded',
    'on balance_available queued',
  ]);
  expect(await world.notices('A')).toEqual(['low_balance closed', 'final closed']);

  await world.charge('A', 4_000);
  await evaluate(world.ctx, world);
  expect(await world.notices('A')).toEqual(['low_balance closed', 'final closed', 'low_balance open']);
});

test('the waiting time after the final notice is respected, to the second', async () => {
  const world = await supplied({ finalNoticeWaitS: 1800 });
  await world.charge('A', 100);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.notices('A')).toContain('final open');
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'notice_waiting', seq: 1n });
  world.clock.advance(1_799_000);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.control('A')).wanted).toBe('on');
  world.clock.advance(1_000);
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect((await world.control('A')).wanted).toBe('off');
});

test('a top-up within the waiting time keeps the supply, and the next crossing waits anew', async () => {
  const world = await supplied({ finalNoticeWaitS: 1800 });
  await world.charge('A', 100);
  await evaluate(world.ctx, world);
  await world.topUp('A', 50);
  await evaluate(world.ctx, world);
  world.clock.advance(1_800_000);
  await world.charge('A', 50);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.notices('A')).toEqual(['low_balance open', 'final closed', 'final open']);
  expect(await world.commands('A')).toEqual(['on balance_available confirmed']);
});

test('on data older than the limit nothing is cut; a good reading later, it is', async () => {
  const world = await supplied();
  await world.charge('A', 100);
  world.clock.advance(3 * HOUR_MS);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'stale_data' });
  await world.read('A');
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('a protected stall is not cut', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: -500, protected: true }]);
  await world.read('A');
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.notices('A')).toEqual(['low_balance open', 'final open']);
});

test('forced on is not cut when the balance runs out; back to auto it is', async () => {
  const world = await supplied();
  await override(world, 'forced_on');
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'forced_on', seq: 1n, override: 'forced_on' });
  await world.charge('A', 100);
  expect(await evaluate(world.ctx, world)).toBe(0);
  await override(world, 'auto');
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'balance_used_up' });
  expect(await world.commands('A')).toEqual(['on balance_available confirmed', 'off balance_used_up queued']);
});

test('forced off is ordered at once and not closed by a top-up; back to auto it follows the balance', async () => {
  const world = await supplied();
  await override(world, 'forced_off');
  expect((await world.commands('A')).at(-1)).toBe('off forced_off queued');
  await world.topUp('A', 50_000);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.control('A')).wanted).toBe('off');
  await override(world, 'auto');
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'balance_available' });
  expect((await world.commands('A')).at(-1)).toBe('on balance_available queued');
});

test('an override ends by itself, and the audit has its beginning and its end', async () => {
  const world = await supplied();
  await override(world, 'forced_off', new Date(world.clock.now().getTime() + HOUR_MS));
  world.clock.advance(HOUR_MS);
  await evaluate(world.ctx, world);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', override: 'auto' });
  const audit = await world.ctx.db.query(
    `select action, operator_id, reason, after ->> 'override' as override from audit
     where market_id = $1 and action like 'control.%' order by at`,
    [world.marketId],
  );
  expect(audit).toEqual([
    { action: 'control.set_override', operator_id: OPERATOR, reason: 'as agreed', override: 'forced_off' },
    { action: 'control.override_ended', operator_id: null, reason: null, override: null },
  ]);
});

test('an override that makes no sense is refused by name and changes nothing', async () => {
  const world = await supplied();
  const order = { marketId: world.marketId, reason: 'test', operatorId: OPERATOR, until: null };
  const meterId = await world.meterOf('A');
  await expect(setOverride(world.ctx, { ...order, meterId: OPERATOR, override: 'forced_on' })).rejects.toMatchObject({
    code: 'control.no_such_meter',
  });
  await expect(
    setOverride(world.ctx, { ...order, meterId, override: 'forced_on', until: world.clock.now() }),
  ).rejects.toMatchObject({ code: 'control.override_end_is_past' });
  await expect(
    setOverride(world.ctx, { ...order, meterId, override: 'auto', until: new Date('2030-01-01T00:00:00Z') }),
  ).rejects.toMatchObject({ code: 'control.auto_has_no_end' });
  expect(await world.control('A')).toMatchObject({ override: 'auto' });
});

test('many evaluators at once give one notice of each stage and one command', async () => {
  const world = await supplied();
  await world.charge('A', 100);
  const queued = await Promise.all(Array.from({ length: 8 }, () => evaluate(world.ctx, world)));
  expect(queued.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(await world.commands('A')).toEqual(['on balance_available confirmed', 'off balance_used_up queued']);
  expect(await world.notices('A')).toEqual(['low_balance open', 'final open']);
  expect((await world.control('A')).seq).toBe(2n);
});

test('a meter that says it is not what is wanted is told again, and one on the exception list only after a pause', async () => {
  const world = await supplied();
  const openException = `insert into device_exception (market_id, exception_id, meter_id, kind, opened_at, detail)
    values ($1, $2, $3, 'switch_not_confirmed', $4, '{"wanted":"off","readBack":"on","writes":3}')`;
  await world.report('A', 'off');
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.commands('A')).at(-1)).toBe('on reconcile queued');

  await world.endCommand('A', 'failed');
  await world.ctx.db.query(openException, [
    world.marketId,
    crypto.randomUUID(),
    await world.meterOf('A'),
    world.clock.now(),
  ]);
  world.clock.advance(60_000);
  await world.report('A', 'off');
  expect(await evaluate(world.ctx, world)).toBe(0);
  world.clock.advance(1_740_000);
  expect(await evaluate(world.ctx, world)).toBe(1);

  await world.endCommand('A', 'confirmed');
  await world.report('A', 'on');
  expect(await evaluate(world.ctx, world)).toBe(0);
  const open = 'select 1 from device_exception where market_id = $1 and closed_at is null';
  expect(await world.ctx.db.query(open, [world.marketId])).toEqual([]);
});

test('a cut is not repeated while the rules would not cut now', async () => {
  const world = await supplied();
  await world.charge('A', 100);
  await evaluate(world.ctx, world);
  await world.report('A', 'off');
  await world.endCommand('A', 'confirmed');
  world.clock.advance(4 * HOUR_MS);
  await world.report('A', 'on');
  expect(await evaluate(world.ctx, world)).toBe(0);
  await world.read('A');
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect((await world.commands('A')).at(-1)).toBe('off reconcile queued');
});

test('after a cut, supply comes back only from the restore minimum on', async () => {
  const world = await supplied();
  await world.ctx.db.query('update market set restore_minimum_fen = 1000 where market_id = $1', [world.marketId]);
  await world.charge('A', 100);
  await evaluate(world.ctx, world);
  await world.report('A', 'off');
  await world.endCommand('A', 'confirmed');
  await world.topUp('A', 999);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'below_restore_minimum' });
  await world.charge('A', 100);
  expect(await evaluate(world.ctx, world)).toBe(0);
  await world.topUp('A', 100);
  await world.topUp('A', 1);
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('two markets: what happens in one is never decided in the name of the other', async () => {
  const world = await supplied();
  const { marketId } = await newWorld([{ code: 'B', balanceFen: 100 }]);
  await world.charge('A', 100);
  const ofOther = { marketId, meterIds: [await world.meterOf('A')], accountIds: [await world.accountOf('A')] };
  expect(await evaluate(world.ctx, ofOther)).toBe(0);
  expect((await world.control('A')).wanted).toBe('on');
  const order = {
    marketId,
    meterId: await world.meterOf('A'),
    override: 'forced_off',
    reason: 'x',
    until: null,
  } as const;
  await expect(setOverride(world.ctx, { ...order, operatorId: OPERATOR })).rejects.toMatchObject({
    code: 'control.no_such_meter',
  });
});

test('the loop orders supply back within the second of a top-up, and finds a lost signal on its sweep', async () => {
  const world = await supplied();
  await world.charge('A', 100);
  const loop = startControl(world.ctx);
  await vi.waitFor(async () => expect((await world.control('A')).wanted).toBe('off'), { timeout: 5_000 });

  const paidAt = performance.now();
  await world.topUp('A', 5_000);
  await vi.waitFor(async () => expect((await world.control('A')).wanted).toBe('on'), { interval: 5, timeout: 5_000 });
  expect(performance.now() - paidAt).toBeLessThan(1_000);

  // No signal tells of this.
  await world.ctx.db.query(`update meter_control set wanted = 'off' where market_id = $1`, [world.marketId]);
  await vi.waitFor(async () => expect((await world.control('A')).wanted).toBe('on'), { timeout: 5_000 });
  await loop.stop();
});
