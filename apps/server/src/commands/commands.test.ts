import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { commandNow, exceptionsOf, order, START, seedMarket, type TestMeter } from '../headend/test-support/market.ts';
import {
  confirm,
  enqueueSetting,
  expireDue,
  fail,
  markAcknowledged,
  markSent,
  type OpenCommand,
  openCommandOf,
  openSettings,
  recentCommands,
  requeue,
} from './index.ts';

const clock = testClock(START);
const ctx = await testContext(clock);
const { db } = ctx;

const OPEN = ['queued', 'sent', 'acknowledged'] as const;
const frame = { protocol: 'acrel4g', bytes: Uint8Array.of(1) };

async function oneMeter(): Promise<TestMeter> {
  const [meter] = (await seedMarket(db, { electricity: 1 })).electricity;
  if (!meter) throw new Error('no meter');
  return meter;
}

async function opened(meter: TestMeter): Promise<OpenCommand> {
  const command = await openCommandOf(db, meter.marketId, meter.meterId);
  if (!command) throw new Error('no open command');
  return command;
}

const send = (command: OpenCommand) => {
  const at = clock.now();
  return markSent(db, command, { at, frame, from: OPEN, nextAttemptAt: at, expectedAt: null });
};
const acknowledge = (command: OpenCommand) =>
  markAcknowledged(db, command, { at: clock.now(), reply: frame, nextAttemptAt: clock.now() });

test('a superseded command is never sent, acknowledged, confirmed, failed or queued again', async () => {
  const meter = await oneMeter();
  const first = await order(ctx, meter, 'off');
  const old = await opened(meter);
  await order(ctx, meter, 'on');
  expect(await send(old)).toBeNull();
  expect(await acknowledge(old)).toBe(false);
  expect(await confirm(db, old, clock.now())).toBe(false);
  expect(await fail(db, old, clock.now(), 'on')).toBe(false);
  expect(await requeue(db, old, { at: clock.now(), outcome: 'x', undo: false })).toBe(false);
  expect(await commandNow(db, first)).toMatchObject({ state: 'superseded', attempts: 0 });
  expect(await exceptionsOf(db, meter)).toEqual([]);
});

test('orders given at the same time leave exactly one open command', async () => {
  const meter = await oneMeter();
  await Promise.allSettled((['on', 'off', 'on', 'off', 'on'] as const).map((wanted) => order(ctx, meter, wanted)));
  const rows = await db.query(
    `select count(*) filter (where finished_at is null) as open from command where meter_id = $1`,
    [meter.meterId],
  );
  expect(rows).toEqual([{ open: 1n }]);
});

test('an expired command is not sent, and leaves an exception', async () => {
  const meter = await oneMeter();
  const commandId = await order(ctx, meter, 'off', 60);
  const command = await opened(meter);
  clock.advance(60_000);
  expect(await send(command)).toBeNull();
  expect(await expireDue(db, meter.marketId, clock.now())).toBe(1);
  expect(await expireDue(db, meter.marketId, clock.now())).toBe(0);
  expect(await commandNow(db, commandId)).toMatchObject({ state: 'expired' });
  expect(await exceptionsOf(db, meter)).toEqual(['command_expired']);
});

test('an exception says what was wanted, what was read back, and how often it was written', async () => {
  const details = async ({ meterId }: TestMeter) => {
    const rows = await db.query('select kind, detail from device_exception where meter_id = $1', [meterId]);
    return rows.map(({ kind, detail }) => [kind, detail]);
  };
  for (const [outcome, readBack] of [
    ['on', 'on'],
    ['read_fault', 'fault'],
    ['no_answer', null],
  ] as const) {
    const meter = await oneMeter();
    await order(ctx, meter, 'off');
    await send(await opened(meter));
    await fail(db, await opened(meter), clock.now(), outcome);
    expect(await details(meter)).toEqual([
      ['switch_not_confirmed', { command: 'switch', wanted: 'off', readBack, writes: 1 }],
    ]);
  }
  const meter = await oneMeter();
  await order(ctx, meter, 'on', 60);
  clock.advance(60_000);
  await expireDue(db, meter.marketId, clock.now());
  expect(await details(meter)).toEqual([
    ['command_expired', { command: 'switch', wanted: 'on', readBack: null, writes: 0 }],
  ]);
});

const orderSetting = async (meter: TestMeter, kind: 'clock' | 'keep_power', value: object, limitS = 3_600) => {
  const [id = ''] = await ctx.db.tx((tx) =>
    enqueueSetting(tx, [
      {
        marketId: meter.marketId,
        meterId: meter.meterId,
        kind,
        value: { ...value },
        cause: 'operator',
        operatorId: null,
        createdAt: clock.now(),
        expiresAt: new Date(clock.now().getTime() + limitS * 1000),
      },
    ]),
  );
  return id;
};

test('a setting supersedes an open one of its own kind only, and a switch goes its own way', async () => {
  const meter = await oneMeter();
  const off = await order(ctx, meter, 'off');
  const clockSet = await orderSetting(meter, 'clock', {});
  clock.advance(1_000);
  const first = await orderSetting(meter, 'keep_power', { on: true });
  const second = await orderSetting(meter, 'keep_power', { on: false });
  expect(await commandNow(db, first)).toMatchObject({ state: 'superseded' });
  const open = await openSettings(db, meter.marketId, [meter.meterId], 10);
  expect(open.map(({ commandId, kind, value }) => [commandId, kind, value])).toEqual([
    [clockSet, 'clock', {}],
    [second, 'keep_power', { on: false }],
  ]);
  expect((await opened(meter)).commandId).toBe(off);
  expect(await openCommandOf(db, meter.marketId, meter.meterId, 'keep_power')).toMatchObject({ commandId: second });
  const on = await order(ctx, meter, 'on');
  expect((await opened(meter)).commandId).toBe(on);
  expect(await openSettings(db, meter.marketId, [meter.meterId], 10)).toHaveLength(2);
});

test('a setting that fails or expires is on the list until one of its kind is confirmed', async () => {
  const meter = await oneMeter();
  const listed = () => exceptionsOf(db, meter);
  const openOne = async (kind: 'clock' | 'keep_power') => {
    const command = await openCommandOf(db, meter.marketId, meter.meterId, kind);
    if (!command) throw new Error('no open setting');
    return command;
  };
  await orderSetting(meter, 'clock', {});
  await fail(db, await openOne('clock'), clock.now(), 'read_other');
  expect(await listed()).toEqual(['setting_not_confirmed']);
  await orderSetting(meter, 'keep_power', { on: true });
  await confirm(db, await openOne('keep_power'), clock.now());
  expect(await listed()).toEqual(['setting_not_confirmed']);
  await orderSetting(meter, 'clock', {});
  await confirm(db, await openOne('clock'), clock.now());
  expect(await listed()).toEqual([]);
  await orderSetting(meter, 'clock', {}, 60);
  clock.advance(60_000);
  await expireDue(db, meter.marketId, clock.now());
  expect(await listed()).toEqual(['setting_not_confirmed']);
});

test('a sending taken back leaves its number to the next one', async () => {
  const meter = await oneMeter();
  const commandId = await order(ctx, meter, 'off');
  expect(await send(await opened(meter))).toBe(1);
  expect(await requeue(db, await opened(meter), { at: clock.now(), outcome: 'away', undo: true })).toBe(true);
  expect(await send(await opened(meter))).toBe(1);
  expect(await requeue(db, await opened(meter), { at: clock.now(), outcome: 'no_effect', undo: false })).toBe(true);
  expect(await send(await opened(meter))).toBe(2);
  const attempts = await db.query(
    'select attempt, outcome from command_attempt where command_id = $1 order by attempt',
    [commandId],
  );
  expect(attempts).toEqual([
    { attempt: 1, outcome: 'no_effect' },
    { attempt: 2, outcome: 'sent' },
  ]);
});

test('the latest commands of each meter come newest first', async () => {
  const meters = [await oneMeter(), await oneMeter()] as const;
  for (const wanted of ['on', 'off', 'on'] as const) {
    clock.advance(1_000);
    await order(ctx, meters[0], wanted);
  }
  const rows = await recentCommands(db, meters[0].marketId, [meters[0].meterId, meters[1].meterId], 2);
  expect(rows.map((row) => [row.meterId, row.wanted, row.state])).toEqual([
    [meters[0].meterId, 'on', 'queued'],
    [meters[0].meterId, 'off', 'superseded'],
  ]);
});

test('whatever happens in whatever order, a meter has at most one open command and only the newest is sent', async () => {
  const meter = await oneMeter();
  const steps = fc.constantFrom('order', 'send', 'acknowledge', 'confirm', 'fail', 'requeue', 'stale_send');
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 3, maxLength: 15 }), async (sequence) => {
      let newest = await order(ctx, meter, 'on');
      let stale: OpenCommand = await opened(meter);
      for (const step of sequence) {
        const command = await openCommandOf(db, meter.marketId, meter.meterId);
        const at = clock.now();
        if (step === 'order') {
          stale = command ?? stale;
          newest = await order(ctx, meter, 'off');
        }
        if (step === 'stale_send' && stale.commandId !== newest) expect(await send(stale)).toBeNull();
        if (!command) continue;
        if (step === 'send') expect(command.commandId === newest && (await send(command))).toBeGreaterThan(0);
        if (step === 'acknowledge') expect(await acknowledge(command)).toBe(command.state === 'sent');
        if (step === 'confirm') expect(await confirm(db, command, at)).toBe(true);
        if (step === 'fail') expect(await fail(db, command, at, 'fault')).toBe(true);
        if (step === 'requeue') expect(await requeue(db, command, { at, outcome: 'x', undo: false })).toBe(true);
      }
      const open = await db.query<{ command_id: string }>(
        'select command_id from command where meter_id = $1 and finished_at is null',
        [meter.meterId],
      );
      expect(open.map((row) => row.command_id)).toEqual(open.length === 0 ? [] : [newest]);
    }),
    { numRuns: 40 },
  );
});
