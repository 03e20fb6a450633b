import type { Caller, DataScope, Operator, RouteName } from '@openprepay/contract';
import { type CallInput, call } from '@openprepay/contract/client';
import { fen } from '@openprepay/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOf } from '../test-support/callers.ts';
import { topUp } from './counter/top-up.ts';
import { handlers } from './handlers.ts';
import { buildHttp } from './platform/http.ts';
import { SESSION_COOKIE } from './platform/http-guard.ts';
import { openTenancies, type Tenancies } from './tenancy/test-support/world.ts';

/*
 * Who looks after one building of a market, and tries by its id whatever lies in the other. Stalls 0 to 2 and 6, 7 are in his;
 * account 2 has stall 5, of the other building, too.
 */

const MINE = [0, 1, 2, 6, 7];
const BOTH = 2;
const THEIRS = 3;
const OUT = 'http.out_of_scope';

let world: Tenancies;
let app: Awaited<ReturnType<typeof buildHttp>>;
let staff: Caller[];
let seller: Caller;
let manager: Caller;
/** Sales that somebody of the whole market made, by account. */
const sales = new Map<number, string>();

beforeAll(async () => {
  world = await openTenancies({ meters: 8 });
  const { ctx, marketId, id, meter } = world;
  const [mine, theirs] = [id(), id()];
  await ctx.db.query(
    `insert into building (market_id, building_id, name) select $1, id, id from unnest($2::uuid[]) as t (id)`,
    [marketId, [mine, theirs]],
  );
  await ctx.db.query(
    `update stall set building_id = case when stall_id = any($4) then $2::uuid else $3::uuid end where market_id = $1`,
    [marketId, mine, theirs, MINE.map((index) => meter(index).stallId)],
  );
  // Stall 5 goes to account 2, stalls 6 (mine) and 4 (theirs) become vacant.
  await ctx.db.query(`update tenancy set account_id = $3 where market_id = $1 and stall_id = $2`, [
    marketId,
    meter(5).stallId,
    meter(BOTH).accountId,
  ]);
  await ctx.db.query(`delete from tenancy where market_id = $1 and stall_id = any($2)`, [
    marketId,
    [meter(6).stallId, meter(4).stallId],
  ]);
  const scope: DataScope = { kind: 'buildings', marketId, buildingIds: [mine] };
  seller = callerOf(world.ann, { scope });
  manager = callerOf(world.manager, { scope });
  staff = [seller, manager, callerOf(world.ben)];
  const operatorOf = async (_: unknown, token: string) => staff.find(({ login }) => login === token) ?? null;
  app = await buildHttp(ctx, { handlers: { ...handlers, operatorOf }, consoleDir: null, version: '1', clockSpeed: 1 });
  for (let index = 0; index < 8; index++) await world.read(index, [0, 10_000], [60, 10_000]);
  await as(world.ben, 'openShift', { params: { marketId }, body: { floatFen: 0 } });
  for (const index of [0, BOTH, THEIRS]) {
    const sale = { requestId: id(), amountFen: fen(1_000), method: 'cash', memo: null } as const;
    const { receipt } = await topUp(ctx, { ...of(index), ...sale, operatorId: world.ben.operatorId });
    sales.set(index, receipt.txId);
  }
});
afterAll(() => app.close());

const of = (index: number) => ({ marketId: world.marketId, accountId: world.meter(index).accountId });
const saleOf = (index: number) => ({ marketId: world.marketId, txId: sales.get(index) ?? '' });

function as<N extends RouteName>(operator: Operator, name: N, input: CallInput<N>) {
  return call(name, input, async (url, init) => {
    const { statusCode, body } = await app.inject({
      method: (init?.method ?? 'GET') as 'GET',
      url: String(url),
      cookies: { [SESSION_COOKIE]: operator.login },
      ...(init?.body ? { payload: String(init.body), headers: { 'content-type': 'application/json' } } : {}),
    });
    return new Response(statusCode === 204 ? null : body, { status: statusCode });
  });
}

/** The code of a refusal; `done` where there was none. */
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { problem: { code: string } }) => error.problem.code,
  );

test('lists hold what is in the building, and what has one foot in it', async () => {
  const params = { marketId: world.marketId };
  const { accounts, total } = await as(seller, 'accounts', { params, query: {} });
  expect(accounts.map(({ number }) => number).sort()).toEqual(['A0', 'A1', 'A2', 'A7']);
  expect(total).toBe(4);
  const found = async (text: string) =>
    (await as(seller, 'customers', { params, query: { text } })).map(({ number }) => number);
  expect(await found('A0')).toEqual(['A0']);
  expect(await found('A3')).toEqual([]);
  expect((await as(seller, 'vacantStalls', { params })).map(({ code }) => code)).toEqual(['S6']);
  const list = await as(seller, 'receipts', { params, query: {} });
  expect(list.receipts.map(({ txId }) => txId).sort()).toEqual([sales.get(0), sales.get(BOTH)].sort());
  expect([list.total, list.netFen]).toEqual([2, 2_000]);
  const ledger = await as(manager, 'ledger', { params, query: { kind: 'top_up' } });
  expect(ledger.entries.map(({ txId }) => txId).sort()).toEqual([sales.get(0), sales.get(BOTH)].sort());
  expect(ledger.total).toBe(2);
  // Those of the market see all of it.
  expect((await as(world.ben, 'receipts', { params, query: {} })).total).toBe(3);
});

test('charges, notices, the registers and what was done to many meters hold what is in the building', async () => {
  const { ctx, marketId, id, meter } = world;
  const params = { marketId };
  await world.settle();
  const days = { from: '2026-02-20', to: '2026-04-10' };
  const charged = async (who: Caller) =>
    new Set((await as(who, 'charges', { params, query: days })).charges.map(({ accountNumber }) => accountNumber));
  expect([...(await charged(manager))].sort()).toEqual(['A0', 'A1', 'A2', 'A7']);
  expect((await charged(callerOf(world.ben))).has('A3')).toBe(true);

  for (const index of [0, THEIRS]) {
    await ctx.db.query(
      `insert into notice (market_id, notice_id, account_id, stage, balance_fen, raised_at, channel)
       values ($1, $2, $3, 'low_balance', 1, $4, 'console')`,
      [marketId, id(), meter(index).accountId, ctx.clock.now()],
    );
  }
  const { total, notices } = await as(manager, 'notices', { params, query: {} });
  expect([total, notices.map(({ accountNumber }) => accountNumber)]).toEqual([1, ['A0']]);

  const register = await as(manager, 'stalls', { params, query: {} });
  expect(register.stalls.map(({ code }) => code)).toEqual(MINE.map((index) => `S${index}`));
  const [building, ...others] = await as(manager, 'buildings', { params });
  expect([building?.stalls, others, register.buildings]).toEqual([MINE.length, [], [building?.name]]);

  // Of a batch over both buildings there is, to him, what is in his.
  const [both, theirs] = [id(), id()];
  for (const [batchId, indexes] of [
    [both, [0, THEIRS]],
    [theirs, [THEIRS]],
  ] as const) {
    await ctx.db.query('insert into read_batch (market_id, batch_id, operator_id, at) values ($1, $2, $3, $4)', [
      marketId,
      batchId,
      world.ben.operatorId,
      ctx.clock.now(),
    ]);
    await ctx.db.query(
      `insert into read_batch_meter (market_id, batch_id, meter_id, state) select $1, $2, unnest($3::uuid[]), 'queued'`,
      [marketId, batchId, indexes.map((index) => meter(index).meterId)],
    );
  }
  const { batches } = await as(manager, 'readBatches', { params, query: {} });
  expect(batches.map(({ batchId, counts }) => [batchId, counts])).toEqual([[both, { queued: 1 }]]);
  const { rows } = await as(manager, 'readBatch', { params: { marketId, batchId: both }, query: {} });
  expect(rows.map(({ meterId }) => meterId)).toEqual([meter(0).meterId]);
  expect(await refusal(as(manager, 'readBatch', { params: { marketId, batchId: theirs }, query: {} }))).toBe(
    'collection.no_such_batch',
  );
  const admin = callerOf({ ...world.manager, role: 'admin' }, { scope: manager.scope });
  staff = [...staff.filter(({ login }) => login !== admin.login), admin];
  expect(await as(admin, 'cancelRead', { params: { marketId, batchId: both } })).toEqual({ meters: 1 });
  staff = [...staff.filter(({ login }) => login !== manager.login), manager];
});

test('a building is set by who looks after it, and no other', async () => {
  const { marketId, id } = world;
  const [mine] = await as(manager, 'buildings', { params: { marketId } });
  const [others] = (await as(world.ben, 'buildings', { params: { marketId } })).filter(
    ({ name }) => name !== mine?.name,
  );
  const body = { readingIntervalS: 900, settlementPeriod: 'daily' as const, settlementTimes: ['07:30'] };
  const set = (buildingId = id()) =>
    refusal(as(manager, 'setBuildingTimes', { params: { marketId, buildingId }, body }));
  expect([await set(mine?.buildingId), await set(others?.buildingId), await set()]).toEqual(['done', OUT, OUT]);
  const lock = (index: number) =>
    refusal(
      as(manager, 'lockOut', { params: { marketId, meterId: world.meter(index).meterId }, body: { reason: 'smoke' } }),
    );
  expect([await lock(0), await lock(THEIRS)]).toEqual(['done', OUT]);
  expect(
    await refusal(
      as(manager, 'setAlarmLadder', {
        params: { marketId },
        body: { lowBalanceFen: 1, alarm2Fen: null, rearmFen: 0, finalNoticeWaitS: 0 },
      }),
    ),
  ).toBe(OUT);
});

test('what lies outside is not read by its id, and what has one foot inside is read whole', async () => {
  const query = { from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' };
  const reads = (index: number) =>
    Promise.all([
      refusal(as(manager, 'account', { params: of(index) })),
      refusal(as(manager, 'moveOuts', { params: of(index) })),
      refusal(as(manager, 'accountStatement', { params: of(index), query })),
      refusal(as(seller, 'receipt', { params: saleOf(index) })),
      refusal(as(manager, 'proof', { params: saleOf(index) })),
    ]);
  expect(new Set(await reads(0))).toEqual(new Set(['done']));
  expect(new Set(await reads(BOTH))).toEqual(new Set(['done']));
  expect(new Set(await reads(THEIRS))).toEqual(new Set([OUT]));
  const { stalls } = await as(manager, 'account', { params: of(BOTH) });
  expect(stalls.map(({ code }) => code)).toEqual(['S2', 'S5']);
  const nowhere = { marketId: world.marketId, txId: world.id() };
  expect(await refusal(as(seller, 'receipt', { params: nowhere }))).toBe(OUT);
});

test('a photo is seen where its meter is', async () => {
  const { ctx, marketId, id, meter } = world;
  const photoOf = async (index: number) => {
    const photoId = id();
    await ctx.db.query(
      `insert into photo (market_id, photo_id, taken_at, operator_id, media_type, bytes) values ($1, $2, $3, $2, 'image/png', 'x')`,
      [marketId, photoId, ctx.clock.now()],
    );
    await ctx.db.query('update reading set photo_id = $3 where market_id = $1 and meter_id = $2', [
      marketId,
      meter(index).meterId,
      photoId,
    ]);
    return { marketId, photoId };
  };
  expect(await refusal(as(seller, 'readingPhoto', { params: await photoOf(0) }))).toBe('done');
  expect(await refusal(as(seller, 'readingPhoto', { params: await photoOf(THEIRS) }))).toBe(OUT);
  expect(await refusal(as(seller, 'readingPhoto', { params: { marketId, photoId: id() } }))).toBe(OUT);
});

test('a cashier of a building sells there, in his own shift, and takes back his own sale', async () => {
  const params = { marketId: world.marketId };
  const shift = await as(seller, 'openShift', { params, body: { floatFen: 0 } });
  const sell = (index: number) =>
    as(seller, 'topUp', { params: of(index), body: { requestId: world.id(), amountFen: 700, method: 'cash' } });
  const { receipt } = await sell(0);
  expect(await refusal(sell(BOTH))).toBe('done');
  expect(await refusal(sell(THEIRS))).toBe(OUT);
  const deposit = { requestId: world.id(), amountFen: 700, method: 'cash' } as const;
  expect(await refusal(as(seller, 'takeDeposit', { params: of(THEIRS), body: deposit }))).toBe(OUT);
  expect(await refusal(as(seller, 'reprintReceipt', { params: saleOf(THEIRS) }))).toBe(OUT);
  const reason = 'typed wrongly';
  expect(await refusal(as(seller, 'reverseSale', { params: saleOf(THEIRS), body: { reason } }))).toBe(OUT);
  const { txId } = receipt;
  expect(await refusal(as(seller, 'reverseSale', { params: { ...params, txId }, body: { reason } }))).toBe('done');

  const { shifts } = await as(manager, 'shifts', { params, query: {} });
  expect(shifts).toEqual([]);
  const own = await as(seller, 'shifts', { params, query: { operatorId: world.ben.operatorId } });
  expect(own.shifts.map(({ shiftId }) => shiftId)).toEqual([shift.shiftId]);
  const [others] = (await as(world.ben, 'shifts', { params, query: { operatorId: world.ben.operatorId } })).shifts;
  const close = (who: Operator, shiftId: string | undefined, countedFen: number) =>
    refusal(as(who, 'closeShift', { params: { ...params, shiftId: shiftId ?? '' }, body: { countedFen } }));
  expect(await close(manager, others?.shiftId, 3_000)).toBe(OUT);
  expect(await close(seller, others?.shiftId, 3_000)).toBe(OUT);
  expect(await close(seller, shift.shiftId, 700)).toBe('done');
});

test('what changes a whole account takes all of its stalls', async () => {
  const body = { limitFen: 100, until: null, reason: 'regular payer' };
  const mode = { mode: 'postpaid', reason: 'regular payer' } as const;
  const acts = (index: number) =>
    Promise.all([
      refusal(as(manager, 'setCredit', { params: of(index), body })),
      refusal(as(manager, 'setDeposit', { params: of(index), body: { depositFen: 100, reason: 'agreed' } })),
      refusal(as(manager, 'setAccountMode', { params: of(index), body: mode })),
      refusal(as(manager, 'takeEmergencyCredit', { params: of(index), body: { reason: 'asked' } })),
      refusal(as(manager, 'closeAccount', { params: of(index), body: { note: 'moved out' } })),
    ]);
  expect(await acts(BOTH)).toEqual([OUT, OUT, OUT, OUT, OUT]);
  expect(await acts(THEIRS)).toEqual([OUT, OUT, OUT, OUT, OUT]);
  expect(await refusal(as(manager, 'setCredit', { params: of(7), body }))).toBe('done');
  expect(await refusal(as(manager, 'setAccountMode', { params: of(7), body: mode }))).toBe('done');
  expect(await refusal(as(manager, 'closeAccount', { params: of(7), body: { note: 'moved out' } }))).toBe('done');
});

test('accounts are opened at stalls of the building, with readings of its meters, and in the name of no other', async () => {
  const { marketId, meter, newAccount } = world;
  const open = (account: ReturnType<typeof newAccount>, over: { prepare?: boolean; readings?: [] | [object] } = {}) =>
    refusal(
      as(manager, 'openAccounts', {
        params: { marketId },
        body: { accounts: [account], note: 'new tenant', ...over } as never,
      }),
    );
  expect(await open(newAccount('B1', { stallIds: [meter(4).stallId] }))).toBe(OUT);
  expect(await open(newAccount('B1', { stallIds: [meter(6).stallId, meter(4).stallId] }))).toBe(OUT);
  const taken = newAccount('B1', { stallIds: [meter(6).stallId], accountId: meter(THEIRS).accountId });
  expect(await open(taken)).toBe(OUT);
  const account = newAccount('B1', { stallIds: [meter(6).stallId] });
  expect(await open(account, { readings: [{ meterId: meter(4).meterId, value: '10.00' }] })).toBe(OUT);
  expect(await open(account, { prepare: true })).toBe('done');
  const { accountId } = account;
  expect(await as(seller, 'account', { params: { marketId, accountId } })).toMatchObject({ state: 'prepared' });
  expect(
    await refusal(as(seller, 'openPrepared', { params: { marketId, accountId }, body: { note: 'moves in' } })),
  ).toBe('done');
});

test('a stall is handed over only inside the building', async () => {
  const { marketId, meter, newAccount, id } = world;
  const hand = (index: number, stall: number, to: { accountId: string } | ReturnType<typeof newAccount>) =>
    refusal(
      as(manager, 'transferStalls', {
        params: of(index),
        body: { moveOutId: id(), stallIds: [meter(stall).stallId], to, note: 'hand-over' },
      }),
    );
  expect(await hand(BOTH, 5, newAccount('C1'))).toBe(OUT);
  expect(await hand(1, 1, { accountId: meter(THEIRS).accountId })).toBe(OUT);
  expect(await hand(THEIRS, THEIRS, { accountId: meter(1).accountId })).toBe(OUT);
  expect(await hand(BOTH, BOTH, newAccount('C2'))).toBe('done');
  // With its last stall here gone, the account is none of his.
  expect(await refusal(as(manager, 'account', { params: of(BOTH) }))).toBe(OUT);
  expect(
    await refusal(
      as(manager, 'salesReport', { params: { marketId }, query: { from: '2026-03-01', to: '2026-03-31', by: 'day' } }),
    ),
  ).toBe(OUT);
});
