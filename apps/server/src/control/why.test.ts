import { SWITCH_RULES, type SwitchWhy } from '@openprepay/contract';
import { SWITCH_REASONS } from '@openprepay/domain';
import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { putFriendlyHours } from './calendar.ts';
import { evaluate, setOverride } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';
import { switchWhy } from './why.ts';

const why = async (world: World) => switchWhy(world.ctx, world.marketId, await world.meterOf('A'));
const factsOf = ({ rules }: SwitchWhy, name: string) => rules.find(({ rule }) => rule === name)?.facts;

test('the contract names the rules as they are', () => {
  expect([...SWITCH_RULES]).toEqual([...SWITCH_REASONS]);
});

test('it says what decides, what the rules looked at, and what was wanted before', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 100, creditLimitFen: 50 }]);
  await world.read('A');
  await evaluate(world.ctx, world);
  await world.report('A', 'on');
  await world.endCommand('A', 'confirmed');
  world.clock.advance(60_000);
  const supplied = await why(world);
  expect(supplied).toMatchObject({ decision: 'on', reason: 'balance_available', wanted: 'on', switchState: 'on' });
  expect(factsOf(supplied, 'balance_available')).toEqual({
    availableFen: 150,
    utilityFen: 100,
    creditLimitFen: 50,
    emergencyLeftFen: 0,
  });
  expect(factsOf(supplied, 'stale_data')).toEqual({
    lastReadAt: '2026-03-02T02:00:00.000Z',
    ageS: 60,
    staleAfterS: 10_800,
  });

  await world.charge('A', 170);
  await evaluate(world.ctx, world);
  const hours = { stallType: 'fish', weekdays: [1], from: '09:30', to: '10:30' };
  await putFriendlyHours(world.ctx, { ...world, operatorId: OPERATOR }, uuidV7(world.clock.now()), hours);
  await evaluate(world.ctx, world);
  const spared = await why(world);
  expect(spared).toMatchObject({ decision: 'leave', reason: 'friendly_hours', wanted: 'on' });
  expect(factsOf(spared, 'friendly_hours')).toEqual({ fromMinute: 570, toMinute: 630, stallType: 'fish' });
  expect(spared.rules.filter(({ holds }) => holds).map(({ rule }) => rule)).toEqual([
    'friendly_hours',
    'balance_used_up',
  ]);
  const at = '2026-03-02T02:01:00.000Z';
  expect(spared.changes).toEqual([
    { at, wanted: 'on', reason: 'friendly_hours', operatorName: null, availableFen: -20 },
    { at, wanted: 'off', reason: 'balance_used_up', operatorName: null, availableFen: -20 },
    {
      at: '2026-03-02T02:00:00.000Z',
      wanted: 'on',
      reason: 'balance_available',
      operatorName: null,
      availableFen: 150,
    },
  ]);
});

test('what a person ordered is told with his name', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 100 }]);
  await world.ctx.db.query(
    `insert into operator (operator_id, login, name, password_hash, role, created_at)
     values ($1, 'fitter', 'The fitter', 'x', 'technician', $2) on conflict do nothing`,
    [OPERATOR, world.clock.now()],
  );
  const until = new Date('2026-03-02T04:00:00Z');
  await setOverride(world.ctx, {
    marketId: world.marketId,
    meterId: await world.meterOf('A'),
    override: 'forced_off',
    reason: 'works',
    until,
    operatorId: OPERATOR,
  });
  const told = await why(world);
  expect(factsOf(told, 'forced_off')).toEqual({ override: 'forced_off', untilAt: until.toISOString() });
  expect(told.changes).toMatchObject([{ wanted: 'off', reason: 'forced_off', operatorName: 'The fitter' }]);
});

test('at a past instant it says what was wanted then and why, how far its order was, and what the tenant had been told', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 100 }]);
  const start = world.clock.now();
  const at = (seconds: number) => new Date(start.getTime() + seconds * 1000);
  world.clock.advance(10_000);
  await world.read('A');
  await evaluate(world.ctx, world);
  await world.report('A', 'on');
  world.clock.advance(10_000);
  await world.endCommand('A', 'confirmed');
  world.clock.advance(10_000);
  await world.charge('A', 150);
  await evaluate(world.ctx, world);
  world.clock.advance(10_000);
  await world.topUp('A', 5_000);
  await evaluate(world.ctx, world);
  world.clock.advance(10_000);

  const meterId = await world.meterOf('A');
  const then = async (seconds: number) => (await switchWhy(world.ctx, world.marketId, meterId, at(seconds))).past;
  expect(await then(5)).toEqual({ at: at(5).toISOString(), change: null, order: null, notices: [] });
  expect(await then(15)).toMatchObject({
    change: { wanted: 'on', reason: 'balance_available', availableFen: 100 },
    order: { wanted: 'on', confirmedAt: null },
    notices: [{ stage: 'low_balance', balanceFen: 100 }],
  });
  expect((await then(25))?.order?.confirmedAt).toBe(at(20).toISOString());
  const cut = await then(35);
  expect(cut?.change).toEqual({
    at: at(30).toISOString(),
    wanted: 'off',
    reason: 'balance_used_up',
    operatorName: null,
    availableFen: -50,
  });
  expect(cut?.notices).toEqual([
    { stage: 'low_balance', deliveredAt: at(10).toISOString(), balanceFen: 100 },
    { stage: 'final', deliveredAt: at(30).toISOString(), balanceFen: -50 },
  ]);
  expect(await then(45)).toMatchObject({ change: { wanted: 'on', availableFen: 4_950 }, notices: [] });
  expect((await switchWhy(world.ctx, world.marketId, meterId)).past).toBeNull();
});

test('whatever the sweep decides, the explanation says the same', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 0 }, { code: 'B' }, { code: 'C', balanceFen: 0 }], {
    finalNoticeWaitS: 600,
  });
  await world.read('A');
  for (const code of ['A', 'B', 'C']) {
    await world.report(code, 'on');
    const before = await switchWhy(world.ctx, world.marketId, await world.meterOf(code));
    expect([code, before.decision]).toEqual([code, 'leave']);
  }
  await evaluate(world.ctx, world);
  world.clock.advance(600_000);
  const said = await why(world);
  await evaluate(world.ctx, world);
  expect(await world.control('A')).toMatchObject({ wanted: said.decision, reason: said.reason });
});

test('another market’s meter is not explained', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 100 }]);
  const other = await newWorld([{ code: 'A', balanceFen: 100 }]);
  await expect(switchWhy(world.ctx, world.marketId, await other.meterOf('A'))).rejects.toMatchObject({
    code: 'control.no_such_meter',
  });
});
