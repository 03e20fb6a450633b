import type { NewAccount, Operator, RouteName } from '@openprepay/contract';
import { type CallInput, call } from '@openprepay/contract/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOf } from '../../test-support/callers.ts';
import { minute } from '../../test-support/market.ts';
import { handlers } from '../handlers.ts';
import { buildHttp } from '../platform/http.ts';
import { SESSION_COOKIE } from '../platform/http-guard.ts';
import { codeOf, openTenancies, type Tenancies } from './test-support/world.ts';

let world: Tenancies;
let app: Awaited<ReturnType<typeof buildHttp>>;

beforeAll(async () => {
  world = await openTenancies({ meters: 6 });
  const staff = [world.ann, world.finance, world.manager];
  const operatorOf = async (_: unknown, token: string) => {
    const operator = staff.find(({ login }) => login === token);
    return operator ? callerOf(operator) : null;
  };
  app = await buildHttp(world.ctx, {
    handlers: { ...handlers, operatorOf },
    consoleDir: null,
    version: 'test',
    clockSpeed: 1,
  });
});
afterAll(() => app.close());

/** A call as the console makes it, in the name of an operator; what is answered has passed the contract's schema. */
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

const refusal = (work: Promise<unknown>) =>
  codeOf(
    work.catch((error: { problem: { code: string } }) => Promise.reject(Object.assign(new Error(), error.problem))),
  );
const ofAccount = (index: number) => ({ marketId: world.marketId, accountId: world.accountId(index) });

test('a tenant moves out, the next one moves in, and the list says who has what', async () => {
  const { marketId, manager, ann, finance } = world;
  const params = { marketId };
  await world.read(0, [0, 10_000], [120, 14_000]);
  const { stallId } = world.meter(0);
  const next = world.newAccount('B1', { customerName: '王 100%', phone: '13900000002' });
  const moved = await as(ann, 'transferStalls', {
    params: ofAccount(0),
    body: { moveOutId: world.id(), stallIds: [stallId], to: next, note: 'new tenant' },
  });
  expect(moved.statement?.meters).toMatchObject([{ use: 4_000, chargedFen: 341 }]);
  expect(await as(finance, 'moveOuts', { params: ofAccount(0) })).toEqual([moved]);
  expect(await as(ann, 'account', { params: { marketId, accountId: next.accountId } })).toMatchObject({
    number: 'B1',
    purses: { utility: 0 },
    stalls: [{ code: 'S0', building: 'Hall', meters: [{ serial: 'S0', lastTotal: 14_000, onHold: false }] }],
  });

  const closing = await as(ann, 'closeAccount', { params: ofAccount(0), body: { note: 'moved out' } });
  expect(closing).toMatchObject({ state: 'open', balanceFen: -341 });
  const owed = await as(manager, 'accounts', { params, query: { sort: 'utility' } });
  expect(owed).toMatchObject({
    total: 7,
    accounts: [{ number: 'A0', stalls: [], purses: { utility: -341 } }, {}, {}, {}, {}, {}, {}],
  });
  await as(ann, 'topUp', { params: ofAccount(0), body: { requestId: world.id(), amountFen: 341, method: 'cash' } });
  expect(await as(ann, 'closeAccount', { params: ofAccount(0), body: { note: 'moved out' } })).toMatchObject({
    state: 'closed',
  });
  expect(await as(manager, 'accounts', { params, query: { state: 'closed' } })).toMatchObject({
    total: 1,
    accounts: [{ number: 'A0' }],
  });

  const found = async (text: string) =>
    (await as(ann, 'accounts', { params, query: { text } })).accounts.map(({ number }) => number);
  expect(await found('100%')).toEqual(['B1']);
  expect(await found('0%')).toEqual(['B1']);
  expect(await found('1390000')).toEqual(['B1']);
  expect(await found('S0')).toEqual(['B1']);
  const paged = await as(ann, 'accounts', { params, query: { page: 2, pageSize: 2, descending: true } });
  expect(paged.accounts.map(({ number }) => number)).toEqual(['A4', 'A3']);
});

test('accounts open in a list, a prepared one with a click, and a vacant stall is offered with its meters', async () => {
  const { marketId, ann } = world;
  const params = { marketId };
  await world.read(1, [0, 500], [150, 500]);
  await as(ann, 'closeAccount', { params: ofAccount(1), body: { note: 'moved out' } });
  const vacant = await as(ann, 'vacantStalls', { params });
  expect(vacant).toMatchObject([{ code: 'S1', meters: [{ serial: 'S1' }] }]);
  const stallIds = vacant.map((stall) => stall.stallId);
  const accounts: NewAccount[] = [world.newAccount('C1', { stallIds }), world.newAccount('A2')];
  const body = { accounts, prepare: true, note: 'next month' };
  expect(await as(ann, 'openAccounts', { params, body })).toMatchObject([
    { state: 'prepared', problem: null },
    { state: null, problem: { code: 'accounts.number_taken' } },
  ]);
  const accountId = accounts[0]?.accountId ?? '';
  expect(await as(ann, 'account', { params: { marketId, accountId } })).toMatchObject({ stalls: [{ code: 'S1' }] });
  world.clock.set(minute(160));
  const opened = await as(ann, 'openPrepared', {
    params: { marketId, accountId },
    body: { readings: [world.typed(1, '0.6')], note: 'moved in' },
  });
  expect(opened).toMatchObject({ state: 'open', from: minute(160).toISOString() });
  await world.expectProved();
});

test('terms of an account: credit that ends, emergency credit once, own plans, mode, and an old debt', async () => {
  const { manager, ann, market } = world;
  const params = ofAccount(2);
  const reason = 'agreed';
  const until = minute(10_000).toISOString();
  expect(await as(manager, 'setCredit', { params, body: { limitFen: 500, until, reason } })).toMatchObject({
    creditLimitFen: 500,
    creditLimitUntil: until,
  });
  const over = { limitFen: 500, until: minute(0).toISOString(), reason };
  expect(await refusal(as(manager, 'setCredit', { params, body: over }))).toBe('accounts.credit_over_already');

  const take = () => as(ann, 'takeEmergencyCredit', { params, body: { reason } });
  expect(await refusal(take())).toBe('accounts.no_emergency_credit');
  await as(manager, 'setEmergencyCredit', { params, body: { limitFen: 1_000, reason } });
  expect((await take()).emergencyTakenAt).toBe(world.clock.now().toISOString());
  expect(await refusal(take())).toBe('accounts.emergency_credit_taken');

  const plans = { electricityPlanId: market.planId, waterPlanId: null, reason };
  expect(await as(manager, 'setAccountPlans', { params, body: plans })).toMatchObject({
    electricityPlanId: market.planId,
  });
  const wrong = { ...plans, waterPlanId: market.planId };
  expect(await refusal(as(manager, 'setAccountPlans', { params, body: wrong }))).toBe('accounts.no_such_plan');

  await world.read(2, [0, 0], [165, 10_000]);
  const mode = (to: 'prepaid' | 'postpaid', owedAsDebt = false) =>
    as(manager, 'setAccountMode', { params, body: { mode: to, owedAsDebt, reason } });
  expect(await mode('postpaid')).toMatchObject({ mode: 'postpaid' });
  expect(await mode('prepaid', true)).toMatchObject({ mode: 'prepaid' });
  expect((await as(ann, 'account', { params })).purses).toEqual({ utility: 0, fees: 0, deposit: 0, debt: -853 });
  const requestId = world.id();
  const debt = { requestId, amountFen: 1, reason };
  expect(await refusal(as(manager, 'moveToDebt', { params, body: debt }))).toBe('tenancy.not_owed');
  expect(await as(manager, 'accounts', { params, query: { debt: true } })).toMatchObject({ total: 1 });
  const audited = await world.ctx.db.query<{ action: string }>(
    'select action from audit where subject = $1 order by audit_id',
    [`account:${params.accountId}`],
  );
  expect(new Set(audited.map(({ action }) => action))).toEqual(
    new Set([
      'accounts.set_credit',
      'accounts.grant_emergency',
      'accounts.take_emergency',
      'accounts.set_plans',
      'accounts.set_mode',
      'tenancy.move_to_debt',
    ]),
  );
});

test('a market’s terms are set by its heads, and hold from the next top-up on', async () => {
  const { marketId, manager, finance, ann } = world;
  const params = { marketId };
  const terms = {
    topUpMinimumFen: 1_000,
    topUpMaximumFen: 9_000,
    emergencyCreditFen: 700,
    depositFen: 20_000,
    postpaidAllowed: false,
    debtSharePercent: 50,
    debtCapFen: 300,
  };
  const set = (operator: Operator, over = {}) =>
    as(operator, 'setMarketTerms', { params, body: { ...terms, ...over, reason: 'agreed' } });
  expect(await refusal(set(finance))).toBe('http.forbidden');
  expect(await refusal(set(manager, { topUpMinimumFen: 9_001 }))).toBe('accounts.minimum_above_maximum');
  expect(await set(manager)).toEqual(terms);
  expect(await as(finance, 'marketTerms', { params })).toEqual(terms);
  const sale = (amountFen: number) =>
    as(ann, 'topUp', { params: ofAccount(3), body: { requestId: world.id(), amountFen, method: 'cash' } });
  expect(await refusal(sale(999))).toBe('counter.top_up_too_small');
  expect((await sale(1_000)).receipt.debtFen).toBe(0);
  const granted = await as(manager, 'setEmergencyCredit', { params: ofAccount(3), body: { reason: 'agreed' } });
  expect(granted.emergencyLimitFen).toBe(700);

  const body = { mode: 'postpaid' as const, reason: 'agreed' };
  const refused = as(manager, 'setAccountMode', { params: ofAccount(3), body });
  expect(await refusal(refused)).toBe('accounts.postpaid_not_allowed');
  const accounts = [world.newAccount('D1'), world.newAccount('D2', { mode: 'postpaid' })];
  expect(await as(manager, 'openAccounts', { params, body: { accounts, note: 'new' } })).toMatchObject([
    { state: 'open' },
    { problem: { code: 'accounts.postpaid_not_allowed' } },
  ]);
  const opened = { marketId, accountId: accounts[0]?.accountId ?? '' };
  expect(await as(ann, 'account', { params: opened })).toMatchObject({ depositFen: 20_000, purses: { deposit: 0 } });
});

test.each([
  { creditLimitFen: 1 },
  { mode: 'postpaid' },
  { depositFen: 0 },
  { waterPlanId: crypto.randomUUID() },
] as const)('a cashier opens accounts, but grants none of them %j', async (granted) => {
  const { marketId, ann } = world;
  const to = world.newAccount('G1', granted);
  const body = { accounts: [to], note: 'new' };
  expect(await refusal(as(ann, 'openAccounts', { params: { marketId }, body }))).toBe('tenancy.terms_need_manager');
  const { stallId } = world.meter(5);
  const transfer = { moveOutId: world.id(), stallIds: [stallId], to, note: 'new' };
  const handedOver = as(ann, 'transferStalls', { params: ofAccount(5), body: transfer });
  expect(await refusal(handedOver)).toBe('tenancy.terms_need_manager');
});

test('another market’s account, and who may not, are refused', async () => {
  const { ann, marketId } = world;
  const params = { marketId, accountId: world.id() };
  const names = ['account', 'moveOuts'] as const;
  for (const name of names) expect(await refusal(as(ann, name, { params }))).toBe('accounts.not_found');
  const body = { note: 'gone' };
  expect(await refusal(as(ann, 'closeAccount', { params, body }))).toBe('accounts.not_found');
  const credit = { limitFen: 1, until: null, reason: 'please' };
  expect(await refusal(as(ann, 'setCredit', { params: ofAccount(4), body: credit }))).toBe('http.forbidden');
});
