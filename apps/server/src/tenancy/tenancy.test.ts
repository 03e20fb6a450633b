import { fen } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { MINUTE_MS, minute } from '../../test-support/market.ts';
import { takeDeposit } from '../counter/deposit.ts';
import { refundCash } from '../counter/index.ts';
import { chargeSilentMeters } from '../settlement/index.ts';
import { openOne } from './open.ts';
import { codeOf, openTenancies, type Tenancies } from './test-support/world.ts';

// 2 March, 8:00 in the market is minute 0; one kWh costs 0.8532 yuan.
let world: Tenancies;

beforeEach(async () => {
  world = await openTenancies({ meters: 4 });
});

const chargesOf = (accountId: string) =>
  world.ctx.db.query(
    `select from_value, to_value, amount_fen from charge where market_id = $1 and account_id = $2 order by from_value`,
    [world.marketId, accountId],
  );

/** A stall that its account gave back at minute 130, with the register at 12 kWh. */
async function vacate(index: number): Promise<void> {
  await world.read(index, [0, 10_000], [130, 12_000]);
  const { balanceFen } = await world.close(world.accountId(index));
  await world.sell(index, -balanceFen);
  await world.close(world.accountId(index));
}

test('each kWh belongs to the tenant of its date: a hand-over splits use at one typed reading', async () => {
  await world.read(0, [0, 10_000], [120, 14_000]);
  await world.settle();
  world.clock.set(minute(150));
  const from = world.accountId(0);
  const to = world.newAccount('B1');
  const { stallId } = world.meter(0);
  const moved = await world.transfer({ accountId: from, stallIds: [stallId], to, readings: [world.typed(0, '15.5')] });
  await world.read(0, [180, 16_000]);
  await world.settle();

  expect(await chargesOf(from)).toMatchObject([
    { from_value: 10_000n, to_value: 14_000n },
    { from_value: 14_000n, to_value: 15_500n },
  ]);
  expect(await chargesOf(to.accountId)).toMatchObject([{ from_value: 15_500n, to_value: 16_000n, amount_fen: 43n }]);
  expect(moved).toMatchObject({
    nextAccountId: to.accountId,
    at: minute(150).toISOString(),
    statement: {
      accountNumber: 'A0',
      stalls: ['S0'],
      meters: [
        {
          from: { readAt: minute(0).toISOString(), total: 10_000, estimated: false },
          to: { readAt: minute(150).toISOString(), total: 15_500, estimated: false },
          use: 5_500,
          chargedFen: 469,
        },
      ],
      movements: [{ kind: 'charge', amountFen: -469 }],
      purses: { utility: -469, fees: 0, deposit: 0, debt: 0 },
    },
  });
  await world.expectProved();
});

test('nobody typed anything: the hand-over is at the newest reading, and a meter not read then stands where it stood', async () => {
  const [one, other] = [world.meter(0), world.meter(1)];
  await world.ctx.db.query('update tenancy set account_id = $2 where market_id = $1 and stall_id = $3', [
    world.marketId,
    one.accountId,
    other.stallId,
  ]);
  await world.read(0, [0, 1_000], [110, 2_000]);
  await world.read(1, [0, 5_000], [130, 6_000]);
  world.clock.set(minute(140));
  const { at, statement } = await world.transfer({
    accountId: one.accountId,
    stallIds: [one.stallId, other.stallId],
    to: { accountId: world.accountId(2) },
  });
  expect(at).toBe(minute(130).toISOString());
  expect(statement?.meters.map(({ to }) => to)).toEqual([
    { readAt: at, total: 2_000, estimated: true },
    { readAt: at, total: 6_000, estimated: false },
  ]);
  await world.read(0, [160, 2_500]);
  await world.read(1, [160, 6_100]);
  await world.settle();
  expect(await chargesOf(one.accountId)).toMatchObject([{ to_value: 2_000n }, { to_value: 6_000n }]);
  expect(await chargesOf(world.accountId(2))).toMatchObject([
    { from_value: 2_000n, to_value: 2_500n },
    { from_value: 6_000n, to_value: 6_100n },
  ]);
  const estimated = await world.ctx.db.query(
    `select total from reading where market_id = $1 and origin = 'estimated'`,
    [world.marketId],
  );
  expect(estimated).toEqual([{ total: 2_000n }]);
  await world.expectProved();
});

test('a deposit is set off when the account closes: what is left of it is given back, and the statement says so', async () => {
  await world.read(0, [0, 10_000], [130, 12_000]);
  const accountId = world.accountId(0);
  await takeDeposit(world.ctx, world.saleOf(0, 50_000));
  const { balanceFen } = await world.close(accountId);
  expect(balanceFen).toBe(50_000 - 171);
  expect(await world.purse(accountId, 'deposit')).toBe(0n);
  await world.ctx.db.tx((tx) =>
    refundCash(tx, {
      marketId: world.marketId,
      accountId,
      amountFen: fen(balanceFen),
      refundId: world.id(),
      operatorId: world.ann.operatorId,
      reason: 'moved out',
      at: world.clock.now(),
    }),
  );
  const { state, moveOut } = await world.close(accountId);
  expect(state).toBe('closed');
  expect(moveOut.statement?.movements).toEqual([
    { kind: 'charge', amountFen: -171 },
    { kind: 'deposit', amountFen: 50_000 },
    { kind: 'refund', amountFen: 171 - 50_000 },
  ]);
  await world.expectProved();
});

test('who laid a deposit down and never moved in gets it back', async () => {
  const account = world.newAccount('N1');
  await world.open([account], { prepare: true });
  const { accountId } = account;
  await takeDeposit(world.ctx, world.saleOf(0, 30_000, { accountId }));
  expect(await world.close(accountId)).toMatchObject({ state: 'open', balanceFen: 30_000 });
  await world.ctx.db.tx((tx) =>
    refundCash(tx, {
      marketId: world.marketId,
      accountId,
      amountFen: fen(30_000),
      refundId: world.id(),
      operatorId: world.ann.operatorId,
      reason: 'never came',
      at: world.clock.now(),
    }),
  );
  expect(await world.close(accountId)).toMatchObject({ state: 'closed' });
  expect(await codeOf(takeDeposit(world.ctx, world.saleOf(0, 1, { accountId })))).toBe('accounts.not_open');
  await world.expectProved();
});

test('a reading of long ago hands nothing over', async () => {
  await world.read(0, [0, 1_000]);
  world.clock.advance(37 * 60 * MINUTE_MS);
  const { stallId, accountId } = world.meter(0);
  const handOver = { accountId, stallIds: [stallId], to: { accountId: world.accountId(1) } };
  expect(await codeOf(world.transfer(handOver))).toBe('tenancy.reading_too_old');
  expect(await codeOf(world.transfer({ ...handOver, readings: [world.typed(0, '3')] }))).toBe('no refusal');
});

test('a hand-over sent again answers as the first time; its id stands for no other', async () => {
  await world.read(0, [0, 1_000], [130, 2_000]);
  const handOver = {
    moveOutId: world.id(),
    accountId: world.accountId(0),
    stallIds: [world.meter(0).stallId],
    to: { accountId: world.accountId(1) },
  };
  const first = await world.transfer(handOver);
  expect(await world.transfer(handOver)).toEqual(first);
  const other = { ...handOver, to: { accountId: world.accountId(2) } };
  expect(await codeOf(world.transfer(other))).toBe('tenancy.request_reused');
  expect(await codeOf(world.transfer({ ...handOver, moveOutId: world.id() }))).toBe('tenancy.not_its_stall');
  const own = { ...handOver, moveOutId: world.id(), to: { accountId: world.accountId(0) } };
  expect(await codeOf(world.transfer(own))).toBe('tenancy.same_account');
  expect(await world.ctx.db.query('select from move_out where market_id = $1', [world.marketId])).toHaveLength(1);
});

test('a held reading keeps a stall where it is until a person has decided', async () => {
  await world.read(0, [0, 10_000], [30, 9_000]);
  const { accountId, stallId } = world.meter(0);
  expect(await codeOf(world.close(accountId))).toBe('tenancy.meter_on_hold');
  const handOver = { accountId, stallIds: [stallId], to: { accountId: world.accountId(1) } };
  expect(await codeOf(world.transfer(handOver))).toBe('tenancy.meter_on_hold');
  expect(
    await world.ctx.db.query('select from tenancy where market_id = $1 and to_at is not null', [world.marketId]),
  ).toEqual([]);
});

test('what cannot be priced is not handed over', async () => {
  await world.read(0, [0, 1_000], [130, 2_000]);
  await world.ctx.db.query('update price_plan set market_default = false where market_id = $1', [world.marketId]);
  expect(await codeOf(world.close(world.accountId(0)))).toBe('settlement.no_plan');
});

test('an account is closed in steps: stalls back and settled, purses joined, money back, end', async () => {
  const accountId = world.accountId(0);
  await world.sell(0, 10_000);
  await world.give(accountId, 'deposit', 5_000);
  await world.read(0, [0, 10_000], [130, 20_000]);
  await world.sell(0, 700);
  world.clock.advance(10 * MINUTE_MS);

  const first = await world.close(accountId, [world.typed(0, '21')]);
  // 11 kWh are 9.39 yuan; the deposit is on top.
  expect(first).toMatchObject({ state: 'open', balanceFen: 10_700 - 939 + 5_000, moveOut: { statement: null } });
  expect(await world.close(accountId)).toEqual(first);
  expect(await world.purse(accountId, 'deposit')).toBe(0n);
  const refund = { marketId: world.marketId, accountId, amountFen: await world.purse(accountId) };
  await world.ctx.db.tx((tx) =>
    refundCash(tx, {
      ...refund,
      refundId: world.id(),
      operatorId: world.ann.operatorId,
      reason: 'closed',
      at: world.clock.now(),
    }),
  );
  const last = await world.close(accountId);
  expect(last).toMatchObject({
    state: 'closed',
    balanceFen: 0,
    moveOut: {
      moveOutId: first.moveOut.moveOutId,
      nextAccountId: null,
      statement: {
        stalls: ['S0'],
        meters: [{ use: 11_000, chargedFen: 939 }],
        movements: [
          { kind: 'charge', amountFen: -939 },
          { kind: 'opening_balance', amountFen: 5_000 },
          { kind: 'refund', amountFen: -14_761 },
          { kind: 'top_up', amountFen: 10_700 },
        ],
        purses: { utility: 0, fees: 0, deposit: 0, debt: 0 },
      },
    },
  });
  expect(await world.close(accountId)).toEqual(last);
  expect(await codeOf(world.sell(0, 100))).toBe('accounts.not_open');
  await world.expectProved();
});

test('what runs after an account gave its stall back is not kept back from its refund', async () => {
  const accountId = world.accountId(0);
  await world.sell(0, 1_000);
  await world.read(0, [0, 0], [130, 1_000]);
  const { balanceFen } = await world.close(accountId);
  expect(balanceFen).toBe(915);
  await world.read(0, [160, 3_000], [190, 4_000]);
  const refund = { marketId: world.marketId, accountId, amountFen: fen(balanceFen), refundId: world.id() };
  const by = { operatorId: world.ann.operatorId, reason: 'closed', at: world.clock.now() };
  expect(await codeOf(world.ctx.db.tx((tx) => refundCash(tx, { ...refund, ...by })))).toBe('no refusal');
  expect((await world.close(accountId)).state).toBe('closed');
  await world.expectProved();
});

test('a meter that is charged by its average is handed over only by what it shows', async () => {
  const midnight = (day: number) => 960 + day * 1_440;
  await world.ctx.db.query('update market set provisional_after_s = 86400 where market_id = $1', [world.marketId]);
  const { accountId, stallId } = world.meter(0);
  for (let day = 0; day <= 8; day++) await world.read(0, [midnight(day), day * 1_000]);
  await world.settle();
  world.clock.set(minute(midnight(9) + 5));
  expect(await chargeSilentMeters(world.ctx, world.marketId)).toMatchObject({ charges: 1 });
  const handOver = { accountId, stallIds: [stallId], to: { accountId: world.accountId(1) } };
  expect(await codeOf(world.transfer(handOver))).toBe('tenancy.reading_too_old');
  const { statement } = await world.transfer({ ...handOver, readings: [world.typed(0, '8.5')] });
  // 8.5 kWh are 7.25 yuan; the average of a day is taken back.
  expect(statement).toMatchObject({ meters: [{ use: 8_500, chargedFen: 725 }], purses: { utility: -725 } });
  await world.expectProved();
});

test('who closes and owes pays exactly that, less than the least top-up though it be', async () => {
  const accountId = world.accountId(0);
  await world.ctx.db.query('update market set top_up_minimum_fen = 1000 where market_id = $1', [world.marketId]);
  await world.read(0, [0, 0], [130, 1_000]);
  await world.settle();
  await world.debt(accountId, 50);
  const { state, balanceFen } = await world.close(accountId);
  expect({ state, balanceFen }).toEqual({ state: 'open', balanceFen: -85 });
  expect(await codeOf(world.sell(0, 84))).toBe('counter.top_up_too_small');
  await world.sell(0, 85);
  expect((await world.close(accountId)).state).toBe('closed');
  await world.expectProved();
});

test('what is posted to a closed account opens it again, for that money and nothing else', async () => {
  const accountId = world.accountId(0);
  await world.read(0, [0, 0], [130, 0]);
  await world.close(accountId);
  world.clock.advance(MINUTE_MS);
  await world.give(accountId, 'utility', 500);
  await world.expectProved();
  const again = await world.close(accountId);
  expect(again).toMatchObject({ state: 'open', balanceFen: 500 });
  expect(
    await codeOf(
      world.transfer({ accountId, stallIds: [world.meter(0).stallId], to: { accountId: world.accountId(1) } }),
    ),
  ).toBe('tenancy.not_its_stall');
});

test('accounts open in a list, each by itself, and sent again each answers as the first time', async () => {
  await vacate(0);
  await vacate(1);
  world.clock.set(minute(200));
  const good = world.newAccount('N1', { stallIds: [world.meter(0).stallId], creditLimitFen: 300 });
  const rows = [
    good,
    world.newAccount('N2', { stallIds: [world.meter(2).stallId] }),
    world.newAccount('A3'),
    world.newAccount('N4', { stallIds: [world.id()] }),
    world.newAccount('N5', { electricityPlanId: world.id() }),
    world.newAccount('N6', { stallIds: [world.meter(1).stallId, world.meter(0).stallId] }),
  ];
  const opened = await world.open(rows, { readings: [world.typed(0, '12.2')] });
  expect(opened.map((row) => row.problem?.code ?? row.state)).toEqual([
    'open',
    'tenancy.stall_occupied',
    'accounts.number_taken',
    'tenancy.no_such_stall',
    'accounts.no_such_plan',
    'tenancy.stall_occupied',
  ]);
  expect(opened[0]).toMatchObject({ from: minute(200).toISOString() });
  expect((await world.open(rows))[0]).toEqual(opened[0]);
  expect((await world.open([{ ...good, number: 'N9' }]))[0]?.problem?.code).toBe('tenancy.request_reused');
  expect(await codeOf(world.open([world.newAccount('N7')], { readings: [world.typed(3, '1')] }))).toBe(
    'tenancy.not_its_meter',
  );
  await world.read(0, [240, 13_000]);
  await world.settle();
  // What ran while nobody had the stall is nobody's.
  expect(await chargesOf(good.accountId)).toMatchObject([{ from_value: 12_200n, to_value: 13_000n }]);
  await world.expectProved();
});

test('an account that was prepared is opened with one word, and takes its stalls over then', async () => {
  await vacate(0);
  const account = world.newAccount('P1', { stallIds: [world.meter(0).stallId] });
  expect(await world.open([account], { prepare: true })).toMatchObject([{ state: 'prepared', from: null }]);
  expect(await codeOf(world.sell(0, 100, { accountId: account.accountId }))).toBe('accounts.not_open');
  world.clock.set(minute(160));
  const opened = await openOne(world.ctx, world.act(), account.accountId, [world.typed(0, '12.5')]);
  expect(opened).toMatchObject({ state: 'open', from: minute(160).toISOString() });
  expect(await openOne(world.ctx, world.act(), account.accountId, [])).toEqual(opened);
  await world.read(0, [200, 13_000]);
  await world.settle();
  expect(await chargesOf(account.accountId)).toMatchObject([{ from_value: 12_500n, to_value: 13_000n }]);
  await world.expectProved();
});

test('a prepared account is given up without a stall or a fen', async () => {
  const account = world.newAccount('P2', { stallIds: [world.meter(0).stallId] });
  await world.open([account], { prepare: true });
  expect(await world.close(account.accountId)).toMatchObject({ state: 'closed', balanceFen: 0 });
  expect(await codeOf(openOne(world.ctx, world.act(), account.accountId, []))).toBe('tenancy.not_prepared');
});

test('an account becomes prepaid with all use settled, and what it owes set apart', async () => {
  const accountId = world.accountId(0);
  await world.ctx.db.query(`update building set settlement_period = 'monthly' where market_id = $1`, [world.marketId]);
  await world.mode(accountId, 'postpaid');
  await world.read(0, [0, 0], [130, 10_000]);
  await world.settle();
  expect(await world.purse(accountId)).toBe(0n);
  expect(await world.mode(accountId, 'prepaid', true)).toMatchObject({ mode: 'prepaid' });
  expect([await world.purse(accountId), await world.purse(accountId, 'debt')]).toEqual([0n, -853n]);
  await world.mode(accountId, 'prepaid', true);
  expect(await world.purse(accountId, 'debt')).toBe(-853n);
  await world.expectProved();
});

test('no more is set apart than is owed, and under one id once', async () => {
  const accountId = world.accountId(0);
  await world.read(0, [0, 0], [130, 10_000]);
  await world.settle();
  const requestId = world.id();
  expect(await codeOf(world.debt(accountId, 854))).toBe('tenancy.not_owed');
  const first = await world.debt(accountId, 600, requestId);
  expect(first.purses).toMatchObject({ utility: -253, debt: -600 });
  expect(await world.debt(accountId, 600, requestId)).toEqual(first);
  expect(await codeOf(world.debt(accountId, 200, requestId))).toBe('tenancy.request_reused');
});
