import type { NoticeQuery } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { alarmLadder, setAlarmLadder } from './alarms.ts';
import { listNotices } from './notices.ts';
import { evaluate } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const actOf = (world: World) => ({ marketId: world.marketId, operatorId: OPERATOR });
const LADDER = { lowBalanceFen: 2_000, alarm2Fen: 500, rearmFen: 100, finalNoticeWaitS: 600 };

async function withLadder(balanceFen: number): Promise<World> {
  const world = await newWorld([{ code: 'A', balanceFen }]);
  await setAlarmLadder(world.ctx, actOf(world), LADDER);
  await world.read('A');
  await evaluate(world.ctx, world);
  return world;
}

test('a new market has one alarm', async () => {
  const world = await newWorld([]);
  expect(await alarmLadder(world.ctx, world.marketId)).toEqual({ ...LADDER, alarm2Fen: null, finalNoticeWaitS: 0 });
});

test('down the ladder each stage is given once, with what was left and when it was delivered', async () => {
  const world = await withLadder(3_000);
  for (const amountFen of [1_000, 600, 900, 100, 400]) {
    await world.charge('A', amountFen);
    await evaluate(world.ctx, world);
    await evaluate(world.ctx, world);
    world.clock.advance(60_000);
  }
  const rows = await world.ctx.db.query(
    `select stage, balance_fen, channel, delivered_at = raised_at as delivered, closed_at from notice
     where market_id = $1 order by raised_at`,
    [world.marketId],
  );
  const given = { channel: 'console', delivered: true, closed_at: null };
  expect(rows).toEqual([
    { stage: 'low_balance', balance_fen: 2_000n, ...given },
    { stage: 'alarm_2', balance_fen: 500n, ...given },
    { stage: 'final', balance_fen: 0n, ...given },
  ]);

  const list = async (query: NoticeQuery) => {
    const { total, notices } = await listNotices(world.ctx.db, world.marketId, query);
    return [total, notices.map(({ stage }) => stage)];
  };
  const { notices } = await listNotices(world.ctx.db, world.marketId, { text: 'a' });
  expect(notices[0]).toMatchObject({
    stage: 'final',
    stalls: ['A'],
    balanceFen: 0,
    channel: 'console',
    closedAt: null,
  });
  const all = ['final', 'alarm_2', 'low_balance'];
  expect(await list({})).toEqual([3, all]);
  expect(await list({ sort: 'balance', descending: true })).toEqual([3, all.toReversed()]);
  expect(await list({ pageSize: 1, page: 2 })).toEqual([3, ['alarm_2']]);
  expect(await list({ stage: 'alarm_2', state: 'open', delivered: true })).toEqual([1, ['alarm_2']]);
  const day = notices[0]?.raisedAt.slice(0, 10) ?? '';
  expect(await list({ from: day, to: day })).toEqual([3, all]);
  for (const none of [{ state: 'closed' }, { delivered: false }, { to: '2020-01-01' }, { text: '%' }] as const) {
    expect(await list(none)).toEqual([0, []]);
  }
  const other = await newWorld([{ code: 'A' }]);
  expect(await listNotices(other.ctx.db, other.marketId, {})).toEqual({ total: 0, notices: [] });
});

test('an alarm is armed again well above its amount, and only then given again', async () => {
  const world = await withLadder(500);
  expect(await world.notices('A')).toEqual(['low_balance open', 'alarm_2 open']);
  await world.topUp('A', 100);
  await evaluate(world.ctx, world);
  await world.charge('A', 100);
  await evaluate(world.ctx, world);
  expect(await world.notices('A')).toEqual(['low_balance open', 'alarm_2 open']);
  await world.topUp('A', 101);
  await evaluate(world.ctx, world);
  expect(await world.notices('A')).toEqual(['alarm_2 closed', 'low_balance open']);
  world.clock.advance(1_000);
  await world.charge('A', 101);
  await evaluate(world.ctx, world);
  expect(await world.notices('A')).toEqual(['alarm_2 closed', 'low_balance open', 'alarm_2 open']);
});

test('a change is in the audit, one that makes no sense is refused, and no other market has it', async () => {
  const world = await withLadder(100);
  const other = await newWorld([{ code: 'B', balanceFen: 100 }]);
  const refused = { ...LADDER, alarm2Fen: 2_000 };
  await expect(setAlarmLadder(world.ctx, actOf(world), refused)).rejects.toMatchObject({
    code: 'control.alarm_2_not_below_alarm_1',
  });
  await expect(setAlarmLadder(world.ctx, { ...actOf(world), marketId: OPERATOR }, LADDER)).rejects.toMatchObject({
    code: 'control.no_such_market',
  });
  expect(await alarmLadder(world.ctx, world.marketId)).toEqual(LADDER);
  expect((await alarmLadder(other.ctx, other.marketId)).alarm2Fen).toBeNull();
  const audit = await world.ctx.db.query(
    `select operator_id, before ->> 'alarm2Fen' as before, after ->> 'alarm2Fen' as after from audit
     where market_id = $1 and action = 'control.set_alarm_ladder'`,
    [world.marketId],
  );
  expect(audit).toEqual([{ operator_id: OPERATOR, before: null, after: '500' }]);
});
