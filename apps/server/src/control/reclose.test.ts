import { expect, test } from 'vitest';
import { electricityMeter, type TestStall, waterMeter } from '../sites/test-support/site.ts';
import { cutSite, liftLockout, lockOut, restoreSite } from './lockout.ts';
import { setSwitchingRules, switchingRules } from './rules.ts';
import { evaluate, setOverride } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const SECOND_MS = 1_000;
const codes = (count: number) => Array.from({ length: count }, (_, n) => `S${n}`);
const actOf = ({ marketId }: World) => ({ marketId, operatorId: OPERATOR });

async function setRate(world: World, reclosePerS: number | null): Promise<void> {
  const rules = await switchingRules(world.ctx, world.marketId);
  await setSwitchingRules(world.ctx, actOf(world), { ...rules, reclosePerS });
}

/** Stalls that are supplied, in a market that closes `perS` relays a second. */
async function supplied(stalls: readonly TestStall[], perS: number | null, market = {}): Promise<World> {
  const world = await newWorld(stalls, market);
  for (const { code } of stalls) await world.read(code);
  await evaluate(world.ctx, world);
  for (const { code } of stalls) {
    await world.report(code, 'on');
    await world.endCommand(code, 'confirmed');
  }
  await setRate(world, perS);
  world.clock.advance(60 * SECOND_MS);
  return world;
}

const withMoney = (count: number): TestStall[] => codes(count).map((code) => ({ code, balanceFen: 10_000 }));

async function emergency(world: World, what: typeof cutSite): Promise<void> {
  const [market] = await world.ctx.db.query<{ name: string }>('select name from market where market_id = $1', [
    world.marketId,
  ]);
  await what(world.ctx, actOf(world), { reason: 'fire in hall 2', confirmation: market?.name ?? '' });
}

/** How long after now the open orders of a kind are due, in milliseconds, soonest first. */
async function dueInMs(world: World, wanted: 'on' | 'off'): Promise<number[]> {
  const rows = await world.ctx.db.query<{ due_at: Date }>(
    `select next_attempt_at as due_at from command
     where market_id = $1 and wanted = $2 and finished_at is null order by next_attempt_at`,
    [world.marketId, wanted],
  );
  return rows.map((row) => row.due_at.getTime() - world.clock.now().getTime());
}

async function dueOf(world: World, code: string): Promise<number> {
  const [row] = await world.ctx.db.query<{ due_at: Date }>(
    'select next_attempt_at as due_at from command where market_id = $1 and meter_id = $2 and finished_at is null',
    [world.marketId, await world.meterOf(code)],
  );
  return (row?.due_at.getTime() ?? Number.NaN) - world.clock.now().getTime();
}

test('an emergency cuts everything at once; when it is over, relays close at the market’s rate', async () => {
  const world = await supplied(withMoney(6), 2);
  await emergency(world, cutSite);
  expect(await dueInMs(world, 'off')).toEqual([0, 0, 0, 0, 0, 0]);
  await emergency(world, restoreSite);
  expect(await dueInMs(world, 'on')).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500]);
  const [order] = await world.ctx.db.query<{ valid_s: number }>(
    `select max(extract(epoch from expires_at - next_attempt_at))::int as valid_s from command
     where market_id = $1 and wanted = 'on' and finished_at is null`,
    [world.marketId],
  );
  expect(order?.valid_s).toBe(172_800);
});

test('a market without a rate closes all of them at once', async () => {
  const world = await supplied(withMoney(3), null);
  await emergency(world, cutSite);
  await emergency(world, restoreSite);
  expect(await dueInMs(world, 'on')).toEqual([0, 0, 0]);
});

test('whoever pays never waits behind the others', async () => {
  const world = await supplied(withMoney(5), 1);
  await world.charge('S0', 10_000);
  await evaluate(world.ctx, world);
  await emergency(world, cutSite);
  await emergency(world, restoreSite);
  expect(await dueInMs(world, 'on')).toEqual([0, 1_000, 2_000, 3_000]);
  await world.topUp('S0', 100);
  await evaluate(world.ctx, { marketId: world.marketId, accountIds: [await world.accountOf('S0')] });
  expect(await dueOf(world, 'S0')).toBe(0);
});

test('nor does one that an emergency left off because nothing was available', async () => {
  const world = await supplied(withMoney(4), 1, { finalNoticeWaitS: 3_600 });
  await world.charge('S0', 10_000);
  await evaluate(world.ctx, world);
  expect(await world.control('S0')).toMatchObject({ wanted: 'on', reason: 'notice_waiting' });
  await emergency(world, cutSite);
  await world.report('S0', 'off');
  await world.endCommand('S0', 'confirmed');
  await emergency(world, restoreSite);
  expect(await world.control('S0')).toMatchObject({ wanted: 'off', reason: 'balance_used_up' });
  await world.topUp('S0', 100);
  await evaluate(world.ctx, world);
  expect(await world.control('S0')).toMatchObject({ wanted: 'on', reason: 'balance_available' });
  expect(await dueOf(world, 'S0')).toBe(0);
});

test('nor what one person orders for one meter', async () => {
  const world = await supplied(withMoney(4), 1);
  const order = { ...actOf(world), meterId: await world.meterOf('S3'), reason: 'test of the relay', until: null };
  await setOverride(world.ctx, { ...order, override: 'forced_off' });
  await emergency(world, cutSite);
  await emergency(world, restoreSite);
  expect(await dueInMs(world, 'on')).toEqual([0, 1_000, 2_000]);
  await setOverride(world.ctx, { ...order, override: 'auto' });
  expect(await dueOf(world, 'S3')).toBe(0);
});

test('evaluations that overlap share one rate, and those that follow queue up behind them', async () => {
  const world = await supplied(withMoney(8), 4);
  const meterIds = await Promise.all(codes(8).map(world.meterOf));
  for (const meterId of meterIds) await lockOut(world.ctx, actOf(world), meterId, 'flood in the cellar');
  await Promise.all(meterIds.slice(0, 6).map((id) => liftLockout(world.ctx, actOf(world), id, 'it is dry')));
  expect(await dueInMs(world, 'on')).toEqual([0, 250, 500, 750, 1_000, 1_250]);
  world.clock.advance(SECOND_MS);
  await liftLockout(world.ctx, actOf(world), meterIds[6] ?? '', 'it is dry');
  expect((await dueInMs(world, 'on')).at(-1)).toBe(500);
});

test('a relay that has just closed counts, although its order does not wait any more', async () => {
  const world = await supplied(withMoney(2), 1);
  const meterIds = await Promise.all(codes(2).map(world.meterOf));
  for (const meterId of meterIds) await lockOut(world.ctx, actOf(world), meterId, 'flood in the cellar');
  await liftLockout(world.ctx, actOf(world), meterIds[0] ?? '', 'it is dry');
  await world.endCommand('S0', 'confirmed');
  world.clock.advance(300);
  await liftLockout(world.ctx, actOf(world), meterIds[1] ?? '', 'it is dry');
  expect(await dueOf(world, 'S1')).toBe(700);
});

test('turns that were called back are free again: a second emergency does not make the next one wait', async () => {
  const world = await supplied(withMoney(5), 1);
  await emergency(world, cutSite);
  await emergency(world, restoreSite);
  world.clock.advance(SECOND_MS);
  await emergency(world, cutSite);
  world.clock.advance(10 * SECOND_MS);
  await emergency(world, restoreSite);
  expect(Math.max(...(await dueInMs(world, 'on')))).toBeLessThanOrEqual(5_000);
});

test('after an outage relays that report themselves open are told in turn; valves take no inrush and do not wait', async () => {
  const meters = (code: string) => [electricityMeter(`E-${code}`)];
  const world = await supplied(
    [
      ...codes(3).map((code) => ({ code, balanceFen: 10_000, meters: meters(code) })),
      { code: 'W0', balanceFen: 10_000, meters: [waterMeter('78330000000001')] },
      { code: 'W1', balanceFen: 10_000, meters: [waterMeter('78330000000002')] },
    ],
    1,
  );
  for (const code of ['S0', 'S1', 'S2', 'W0', 'W1']) await world.report(code, 'off');
  await evaluate(world.ctx, world);
  expect(await dueInMs(world, 'on')).toEqual([0, 0, 0, 1_000, 2_000]);
  expect([await dueOf(world, 'W0'), await dueOf(world, 'W1')]).toEqual([0, 0]);
});

test('a market that was just imported takes its turns, and keeps them over evaluations that come after', async () => {
  const world = await newWorld(withMoney(4));
  await setRate(world, 2);
  await evaluate(world.ctx, world);
  world.clock.advance(SECOND_MS);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await dueInMs(world, 'on')).toEqual([-1_000, -500, 0, 500]);
});

test('another market’s turns are its own', async () => {
  const [world, other] = [await supplied(withMoney(3), 1), await supplied(withMoney(2), 1)];
  await emergency(world, cutSite);
  await emergency(world, restoreSite);
  await emergency(other, cutSite);
  await emergency(other, restoreSite);
  expect(await dueInMs(other, 'on')).toEqual([0, 1_000]);
});

test('the rules are set as a whole, and the audit says what they were', async () => {
  const world = await newWorld([{ code: 'A' }]);
  const rules = {
    restoreMinimumFen: 500,
    reclosePerS: 10,
    staleAfterS: 7_200,
    notOpenIsOff: true,
    commandLimitS: 7_200,
  };
  await setSwitchingRules(world.ctx, actOf(world), rules);
  expect(await switchingRules(world.ctx, world.marketId)).toEqual(rules);
  const audit = await world.ctx.db.query(
    `select before, after, operator_id from audit where market_id = $1 and action = 'control.set_switching_rules'`,
    [world.marketId],
  );
  const before = {
    commandLimitS: 172_800,
    restoreMinimumFen: 1,
    reclosePerS: null,
    staleAfterS: 10_800,
    notOpenIsOff: false,
  };
  expect(audit).toEqual([{ before, after: rules, operator_id: OPERATOR }]);
});
