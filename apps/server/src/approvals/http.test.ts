import type { Operator, RouteName } from '@openprepay/contract';
import { type CallInput, call } from '@openprepay/contract/client';
import { uuidV7 } from '@openprepay/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callerOf } from '../../test-support/callers.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { handlers } from '../handlers.ts';
import { sealMarket } from '../ledger/index.ts';
import { buildHttp } from '../platform/http.ts';
import { SESSION_COOKIE } from '../platform/http-guard.ts';

let counter: Counter;
let app: Awaited<ReturnType<typeof buildHttp>>;

beforeAll(async () => {
  counter = await openCounter();
  const staff = [counter.ann, counter.ben, counter.finance, counter.manager];
  const operatorOf = async (_: unknown, token: string) => {
    const operator = staff.find(({ login }) => login === token);
    return operator ? callerOf(operator) : null;
  };
  app = await buildHttp(counter.ctx, {
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

test('a day at the counter, call by call', async () => {
  const { ann, ben, finance, manager, market, clock } = counter;
  const { marketId } = market;
  const params = { marketId };
  const accountId = counter.accountId(0);
  const id = () => uuidV7(clock.now());
  const sell = (amountFen: number, operator = ann) =>
    as(operator, 'topUp', {
      params: { marketId, accountId },
      body: { requestId: id(), amountFen, method: 'cash', memo: 'at noon' },
    });

  expect(await as(ann, 'currentShift', { params })).toEqual({ shift: null });
  const shift = await as(ann, 'openShift', { params, body: { floatFen: 20_000 } });
  const first = await sell(10_000);
  expect(first.receipt).toMatchObject({ number: '001-00000001', amountInCapitals: '壹佰元整' });
  const txId = first.txId;
  expect(await as(ann, 'receipt', { params: { marketId, txId } })).toEqual(first.receipt);
  expect((await as(ann, 'reprintReceipt', { params: { marketId, txId } })).reprints).toBe(1);

  const wrong = await sell(777);
  const reason = 'wrong stall';
  const back = await as(ann, 'reverseSale', { params: { marketId, txId: wrong.txId }, body: { reason } });
  expect(back).toMatchObject({ kind: 'reversal', reverses: wrong.receipt.number, amountFen: -777 });
  const others = as(ben, 'reverseSale', { params: { marketId, txId }, body: { reason } });
  await expect(others).rejects.toMatchObject({ problem: { status: 409, code: 'counter.needs_approval' } });

  const act = { kind: 'refund_cash', accountId, amountFen: 4_000 } as const;
  const asked = await as(ann, 'requestApproval', { params, body: { requestId: id(), act, reason: 'moves out' } });
  const ofApproval = { marketId, approvalId: asked.approvalId };
  expect((await as(finance, 'approvals', { params, query: { state: 'pending' } })).approvals).toEqual([
    { ...asked, mayDecide: true },
  ]);
  const decision = { decision: 'approve' } as const;
  const byCashier = as(ben, 'decideApproval', { params: ofApproval, body: decision });
  await expect(byCashier).rejects.toMatchObject({ problem: { status: 403, code: 'http.forbidden' } });
  const done = await as(finance, 'decideApproval', { params: ofApproval, body: decision });
  expect(await as(ann, 'approval', { params: ofApproval })).toEqual({ ...done, mayDecide: false });
  const spare = await as(ann, 'requestApproval', { params, body: { requestId: id(), act, reason: 'moves out' } });
  const { state } = await as(ann, 'withdrawApproval', { params: { marketId, approvalId: spare.approvalId } });
  expect(state).toBe('withdrawn');

  const { receipts } = await as(manager, 'receipts', { params, query: { from: '2026-03-02', limit: 10 } });
  expect(receipts.map(({ amountFen }) => amountFen).toSorted((a, b) => a - b)).toEqual([-4_000, -777, 777, 10_000]);
  await sealMarket(counter.ctx.db, marketId, clock.now(), 'everything');

  expect((await as(ann, 'currentShift', { params })).shift?.expectedFen).toBe(26_000);
  const ended = await as(ann, 'closeShift', {
    params: { marketId, shiftId: shift.shiftId },
    body: { countedFen: 25_990, note: 'ten fen short' },
  });
  expect(ended).toMatchObject({ differenceFen: -10, takenFen: { cash: 6_000, bank: 0, pos: 0 } });
  expect((await as(finance, 'shifts', { params, query: { open: false } })).shifts).toEqual([ended]);
  const day = await as(finance, 'closeDay', { params: { marketId, day: '2026-03-02' }, body: {} });
  expect(day).toMatchObject({ totals: { netFen: 6_000, topUps: 2, refunds: 1, reversals: 1 }, seal: { seq: 4 } });
  expect(await as(manager, 'counterDays', { params, query: {} })).toEqual({ total: 1, days: [day] });
  const report = await as(finance, 'salesReport', {
    params,
    query: { from: '2026-03-01', to: '2026-03-31', by: 'operator' },
  });
  expect(report.rows).toEqual([{ key: ann.operatorId, label: 'Ann', ...day.totals }]);

  const found = await as(ben, 'accountStatement', {
    params: { marketId, accountId },
    query: { from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' },
  });
  expect(found).toMatchObject({ openingFen: 0, inFen: 10_777, outFen: -4_777, closingFen: 6_000 });
  expect(found.lines.map(({ receiptNumber }) => receiptNumber)).toContain(back.number);
  const balance = await as(ben, 'accountBalance', { params: { marketId, accountId }, query: {} });
  expect(balance.purses).toEqual({ utility: 6_000, fees: 0, deposit: 0, debt: 0 });
  await counter.expectProved();
});

test('a day that is none, and an amount that is none, are refused before anything is asked', async () => {
  const { finance, ann, market } = counter;
  const { marketId } = market;
  const bad = { problem: { status: 400, code: 'http.invalid_request' } };
  await expect(as(finance, 'closeDay', { params: { marketId, day: '2026-02-30' }, body: {} })).rejects.toMatchObject(
    bad,
  );
  const params = { marketId, accountId: counter.accountId(0) };
  for (const amountFen of [0, -1, 1.5]) {
    const body = { requestId: uuidV7(counter.clock.now()), amountFen, method: 'cash' } as const;
    await expect(as(ann, 'topUp', { params, body })).rejects.toMatchObject(bad);
  }
});
