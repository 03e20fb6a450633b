import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { markSent, type OpenCommand, openCommandOf, requeue } from '../commands/index.ts';
import { protectStallType, putFriendlyHours, putHoliday } from './calendar.ts';
import { evaluate, setOverride } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const START = new Date('2026-03-02T02:00:00Z');
const WITHDRAWN = 'off balance_used_up superseded';

/** Its balance is used up, and the order to cut it waits for the meter to be reached. */
async function toBeCut(): Promise<World> {
  const world = await newWorld([{ code: 'A', balanceFen: 100 }]);
  await world.read('A');
  await evaluate(world.ctx, world);
  await world.report('A', 'on');
  await world.endCommand('A', 'confirmed');
  await world.charge('A', 100);
  expect(await evaluate(world.ctx, world)).toBe(1);
  return world;
}

const actOf = (world: World) => ({ marketId: world.marketId, operatorId: OPERATOR });

async function openOff(world: World): Promise<OpenCommand> {
  const command = await openCommandOf(world.ctx.db, world.marketId, await world.meterOf('A'));
  if (!command) throw new Error('no open command');
  return command;
}

const send = (world: World, command: OpenCommand) =>
  markSent(world.ctx.db, command, {
    at: world.clock.now(),
    frame: { protocol: 'acrel4g', bytes: Uint8Array.of(1) },
    from: ['queued', 'sent', 'acknowledged'],
    nextAttemptAt: world.clock.now(),
    expectedAt: null,
  });

const outcomes = async ({ ctx, marketId }: World) =>
  ctx.db.query<{ outcome: string | null; attempts: number }>(
    `select outcome, attempts from command where market_id = $1 and wanted = 'off' order by created_at`,
    [marketId],
  );

const REASONS: readonly (readonly [reason: string, appears: (world: World) => Promise<unknown>])[] = [
  [
    'friendly_hours',
    (world) =>
      putFriendlyHours(world.ctx, actOf(world), uuidV7(START), {
        stallType: null,
        weekdays: [1],
        from: '09:00',
        to: '11:00',
      }),
  ],
  [
    'holiday',
    (world) =>
      putHoliday(world.ctx, actOf(world), uuidV7(START), {
        stallType: null,
        name: 'fair',
        firstDay: '2026-03-02',
        lastDay: '2026-03-02',
      }),
  ],
  ['protected_stall', (world) => protectStallType(world.ctx, actOf(world), 'fish')],
  ['stale_data', async (world) => world.clock.advance(3 * 3_600_000 + 1_000)],
  [
    'below_restore_minimum',
    async (world) => {
      await world.ctx.db.query('update market set restore_minimum_fen = 1000 where market_id = $1', [world.marketId]);
      await world.topUp('A', 5);
    },
  ],
];

test.each(REASONS)('a queued off is withdrawn when there is a reason not to cut: %s', async (reason, appears) => {
  const world = await toBeCut();
  const off = await openOff(world);
  await appears(world);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.commands('A')).at(-1)).toBe(WITHDRAWN);
  expect(await outcomes(world)).toEqual([{ outcome: 'withdrawn', attempts: 0 }]);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason, seq: 3n });
  expect(await send(world, off)).toBeNull();
});

test('a notice that has to be given anew withdraws it as well', async () => {
  const world = await toBeCut();
  await world.ctx.db.query('update market set final_notice_wait_s = 1800 where market_id = $1', [world.marketId]);
  await world.ctx.db.query(`update notice set closed_at = $2 where market_id = $1 and stage = 'final'`, [
    world.marketId,
    world.clock.now(),
  ]);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.commands('A')).at(-1)).toBe(WITHDRAWN);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'notice_waiting' });
  world.clock.advance(1_800_000);
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('a top-up, and a balance after an override is taken off, order on instead of off', async () => {
  const world = await toBeCut();
  await world.topUp('A', 500);
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect((await world.commands('A')).slice(-2)).toEqual([WITHDRAWN, 'on balance_available queued']);
  const order = { marketId: world.marketId, meterId: await world.meterOf('A'), reason: 'as agreed', until: null };
  await setOverride(world.ctx, { ...order, override: 'forced_off', operatorId: OPERATOR });
  const off = await openOff(world);
  await setOverride(world.ctx, { ...order, override: 'auto', operatorId: OPERATOR });
  expect(await send(world, off)).toBeNull();
  expect((await world.commands('A')).slice(-2)).toEqual(['off forced_off superseded', 'on balance_available queued']);
});

test('a forced off taken back where nothing may be cut is withdrawn', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: -100, protected: true }]);
  await world.read('A');
  await world.report('A', 'on');
  const order = { marketId: world.marketId, meterId: await world.meterOf('A'), reason: 'as agreed', until: null };
  await setOverride(world.ctx, { ...order, override: 'forced_off', operatorId: OPERATOR });
  await setOverride(world.ctx, { ...order, override: 'auto', operatorId: OPERATOR });
  expect(await world.commands('A')).toEqual(['off forced_off superseded']);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'protected_stall' });
});

test('when the reason is over, it is cut after all', async () => {
  const world = await toBeCut();
  const hours = { stallType: null, weekdays: [1], from: '10:00', to: '10:30' };
  await putFriendlyHours(world.ctx, actOf(world), uuidV7(START), hours);
  await evaluate(world.ctx, world);
  world.clock.advance(1_800_000);
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'balance_used_up', seq: 4n });
  expect((await world.commands('A')).slice(-2)).toEqual([WITHDRAWN, 'off balance_used_up queued']);
});

test('of a meter that does not say it is on nothing is wanted, so that it is not switched on, and cut later', async () => {
  const world = await toBeCut();
  await world.report('A', 'fault');
  const hours = { stallType: null, weekdays: [1], from: '10:00', to: '10:30' };
  await putFriendlyHours(world.ctx, actOf(world), uuidV7(START), hours);
  await evaluate(world.ctx, world);
  expect(await world.control('A')).toMatchObject({ wanted: null, reason: 'friendly_hours' });
  expect(await evaluate(world.ctx, world)).toBe(0);
  world.clock.advance(1_800_000);
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('an off that is on the wire stays; queued again after it was, it is withdrawn, and what the meter is will be seen', async () => {
  const world = await toBeCut();
  await send(world, await openOff(world));
  await protectStallType(world.ctx, actOf(world), 'fish');
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.commands('A')).at(-1)).toBe('off balance_used_up sent');
  expect(await world.control('A')).toMatchObject({ wanted: 'off', seq: 2n });
  const at = world.clock.now();
  await requeue(world.ctx.db, await openOff(world), { at, outcome: 'no_answer', undo: false });
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect((await world.commands('A')).at(-1)).toBe(WITHDRAWN);
  expect(await world.control('A')).toMatchObject({ wanted: null, reason: 'protected_stall', seq: 3n });
});

test('a sending and a withdrawal at once: it is one of the two, never both', async () => {
  for (let round = 0; round < 12; round += 1) {
    const world = await toBeCut();
    const off = await openOff(world);
    await protectStallType(world.ctx, actOf(world), 'fish');
    const inTurn = round % 2 === 0;
    const sending = () => send(world, off);
    const deciding = () => evaluate(world.ctx, world);
    const [first, second] = inTurn ? [sending, deciding] : [deciding, sending];
    const done = await Promise.all([first(), second()]);
    const sent = inTurn ? done[0] : done[1];
    const [row] = await outcomes(world);
    const { wanted } = await world.control('A');
    if (sent === null) expect([row, wanted]).toEqual([{ outcome: 'withdrawn', attempts: 0 }, 'on']);
    else expect([row, wanted]).toEqual([{ outcome: null, attempts: 1 }, 'off']);
  }
}, 60_000);
