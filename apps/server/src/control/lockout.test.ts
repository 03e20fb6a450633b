import { expect, test } from 'vitest';
import { cutSite, emergencyStatus, liftLockout, lockOut, restoreSite } from './lockout.ts';
import { evaluate, setOverride } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const actOf = (world: World) => ({ marketId: world.marketId, operatorId: OPERATOR });
const refused = (code: string) => expect.objectContaining({ code });

async function supplied(...codes: string[]): Promise<World> {
  const world = await newWorld(codes.map((code) => ({ code, balanceFen: 10_000 })));
  for (const code of codes) await world.read(code);
  await evaluate(world.ctx, world);
  for (const code of codes) {
    await world.report(code, 'on');
    await world.endCommand(code, 'confirmed');
  }
  return world;
}

test('a meter that is locked out goes off at once, and neither a top-up nor an override brings it back', async () => {
  const world = await supplied('A');
  const meterId = await world.meterOf('A');
  await lockOut(world.ctx, actOf(world), meterId, 'burnt terminal');
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'safety_lockout' });
  expect((await world.commands('A')).at(-1)).toBe('off safety_lockout queued');
  await world.topUp('A', 50_000);
  await setOverride(world.ctx, { ...actOf(world), meterId, override: 'forced_on', reason: 'please', until: null });
  await evaluate(world.ctx, world);
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'safety_lockout', override: 'forced_on' });
  await expect(lockOut(world.ctx, actOf(world), meterId, 'again')).rejects.toThrow(
    refused('control.already_locked_out'),
  );
});

test('once it is lifted, the meter goes back to what its rules say', async () => {
  const world = await supplied('A');
  const meterId = await world.meterOf('A');
  await lockOut(world.ctx, actOf(world), meterId, 'burnt terminal');
  await liftLockout(world.ctx, actOf(world), meterId, 'repaired');
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'balance_available' });
  await expect(liftLockout(world.ctx, actOf(world), meterId, 'again')).rejects.toThrow(
    refused('control.not_locked_out'),
  );
});

test('an emergency takes the whole site off at once, protected stalls too, and lifting it brings back what has a balance', async () => {
  const world = await supplied('A', 'B');
  await world.ctx.db.query(`update stall set protected = true where market_id = $1 and code = 'B'`, [world.marketId]);
  await world.charge('A', 20_000);
  const { name } = (
    await world.ctx.db.query<{ name: string }>('select name from market where market_id = $1', [world.marketId])
  )[0] ?? { name: '' };
  const said = { reason: 'fire in hall 2', confirmation: name };
  await expect(cutSite(world.ctx, actOf(world), { ...said, confirmation: 'yes' })).rejects.toThrow(
    refused('control.confirmation_differs'),
  );
  await cutSite(world.ctx, actOf(world), said);
  await cutSite(world.ctx, actOf(world), said);
  for (const code of ['A', 'B'])
    expect(await world.control(code)).toMatchObject({ wanted: 'off', reason: 'safety_lockout' });
  await world.report('A', 'off');
  expect(await emergencyStatus(world.ctx.db, world.marketId)).toMatchObject({
    emergency: { reason: 'fire in hall 2' },
    meters: 2,
    off: 1,
  });
  await restoreSite(world.ctx, actOf(world), { ...said, reason: 'it is out' });
  expect(await world.control('B')).toMatchObject({ wanted: 'on', reason: 'balance_available' });
  expect(await world.control('A')).toMatchObject({ wanted: 'off' });
  await expect(restoreSite(world.ctx, actOf(world), said)).rejects.toThrow(refused('control.no_emergency'));
});

test('another market is not touched by an emergency', async () => {
  const [world, other] = [await supplied('A'), await supplied('A')];
  const [market] = await world.ctx.db.query<{ name: string }>('select name from market where market_id = $1', [
    world.marketId,
  ]);
  await cutSite(world.ctx, actOf(world), { reason: 'fire', confirmation: market?.name ?? '' });
  await evaluate(other.ctx, other);
  expect(await other.control('A')).toMatchObject({ wanted: 'on' });
});

test('a credit limit keeps supply only until it ends, and emergency credit only once it is taken', async () => {
  const world = await supplied('A');
  const account = (set: string) =>
    world.ctx.db.query(`update account set ${set} where market_id = $1 and account_id = $2`, [
      world.marketId,
      accountId,
    ]);
  const accountId = await world.accountOf('A');
  const reason = async () => {
    await evaluate(world.ctx, world);
    return (await world.control('A')).reason;
  };
  await world.ctx.db.query('update market set final_notice_wait_s = 0 where market_id = $1', [world.marketId]);
  await account(`credit_limit_fen = 3000, credit_limit_until = '2026-03-02T02:10:00Z'`);
  await world.charge('A', 12_000);
  expect(await reason()).toBe('balance_available');
  world.clock.advance(10 * 60_000);
  await world.read('A');
  expect(await reason()).toBe('balance_used_up');
  await account(`emergency_limit_fen = 2500`);
  expect(await reason()).toBe('balance_used_up');
  await account(`emergency_taken_at = '2026-03-02T02:10:00Z'`);
  expect(await reason()).toBe('balance_available');
});

test('no override is accepted of a meter that has neither relay nor valve', async () => {
  const world = await supplied('A');
  const meterId = await world.meterOf('A');
  await world.ctx.db.query(`update meter set model = 'DTSD1352' where market_id = $1`, [world.marketId]);
  const order = { ...actOf(world), meterId, override: 'forced_off', reason: 'rent', until: null } as const;
  await expect(setOverride(world.ctx, order)).rejects.toThrow(refused('control.cannot_switch'));
  await expect(lockOut(world.ctx, actOf(world), meterId, 'fire')).rejects.toThrow(refused('control.cannot_switch'));
});
