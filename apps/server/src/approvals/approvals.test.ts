import type { ApprovalAct, Operator } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { minute, seedMarket } from '../../test-support/market.ts';
import { receiptOf } from '../counter/receipts.ts';
import { type Counter, openCounter } from '../counter/test-support/world.ts';
import { decideApproval, listApprovals, requestApproval, withdrawApproval } from './service.ts';

let counter: Counter;
let marketId: string;

beforeEach(async () => {
  counter = await openCounter();
  marketId = counter.market.marketId;
  await counter.sell(0, 10_000);
});

const id = () => uuidV7(counter.clock.now());
const refundOf = (amountFen: number): ApprovalAct => ({
  kind: 'refund_cash',
  accountId: counter.accountId(0),
  amountFen,
});
const request = (act: ApprovalAct, operator: Operator = counter.ann, requestId = id()) =>
  requestApproval(counter.ctx, marketId, { requestId, act, reason: 'moves out' }, operator);
const decide = (approvalId: string, operator: Operator, decision: 'approve' | 'reject' = 'approve') =>
  decideApproval(counter.ctx, marketId, approvalId, { decision, note: 'seen' }, operator);

test('a refund waits for a second person, and is paid from the till of the one who asked', async () => {
  const asked = await request(refundOf(4_000));
  expect(asked).toMatchObject({
    act: refundOf(4_000),
    subject: `account:${counter.accountId(0)}`,
    facts: { accountNumber: 'A0', customerName: '商户 0', amountFen: 4_000, balanceFen: 10_000, owedFen: 0 },
    state: 'pending',
    requestedBy: { name: 'Ann' },
    expiresAt: '2026-03-09T02:00:00.000Z',
    decidedBy: null,
    result: null,
    mayDecide: false,
  });
  expect(await counter.balance(0)).toBe(10_000n);
  const done = await decide(asked.approvalId, counter.finance);
  expect(done).toMatchObject({ state: 'approved', decidedBy: { name: 'Fay' }, note: 'seen' });
  expect(await counter.balance(0)).toBe(6_000n);
  const receipt = await receiptOf(counter.ctx.db, marketId, String(done.result?.txId));
  expect(receipt).toMatchObject({ kind: 'refund', amountFen: -4_000, operatorName: 'Ann', memo: 'moves out' });
  const audit = await counter.ctx.db.query<{ action: string; operator_id: string }>(
    `select action, operator_id from audit where subject = $1 order by action desc`,
    [`approval:${asked.approvalId}`],
  );
  expect(audit.map(({ action, operator_id }) => [action, operator_id])).toEqual([
    ['approvals.request', counter.ann.operatorId],
    ['approvals.approve', counter.finance.operatorId],
  ]);
  await counter.expectProved();
});

test('a reversal that a cashier may not make alone', async () => {
  const { txId } = await counter.sell(1, 500);
  const asked = await request({ kind: 'reversal', txId }, counter.ben);
  const done = await decide(asked.approvalId, counter.manager);
  expect(await counter.balance(1)).toBe(0n);
  const receipt = await receiptOf(counter.ctx.db, marketId, String(done.result?.txId));
  expect(receipt).toMatchObject({ kind: 'reversal', operatorName: 'Ben', number: '002-00000001' });
  await expect(request({ kind: 'reversal', txId })).rejects.toMatchObject({ code: 'counter.already_reversed' });
});

test('nobody decides his own request, whatever his role, and the table would refuse it too', async () => {
  const { approvalId } = await request(refundOf(1), counter.finance);
  await expect(decide(approvalId, counter.finance)).rejects.toMatchObject({ code: 'approvals.own_request' });
  const forced = counter.ctx.db.query(
    `update approval set state = 'rejected', decided_by = requested_by, decided_at = requested_at where approval_id = $1`,
    [approvalId],
  );
  await expect(forced).rejects.toThrow(/check constraint/);
  expect((await decide(approvalId, counter.manager)).state).toBe('approved');
});

test('a role that may not ask does not ask, one that may not decide does not decide', async () => {
  const technician: Operator = { ...counter.ben, role: 'technician' };
  await expect(request(refundOf(1), technician)).rejects.toMatchObject({ code: 'approvals.role_not_enough' });
  const { approvalId } = await request(refundOf(1));
  await expect(decide(approvalId, counter.ben)).rejects.toMatchObject({ code: 'approvals.role_not_enough' });
  const seenBy = async (operator: Operator) =>
    (await listApprovals(counter.ctx, marketId, {}, operator)).approvals.map(({ mayDecide }) => mayDecide);
  expect([await seenBy(counter.ann), await seenBy(counter.ben), await seenBy(counter.manager)]).toEqual([
    [false],
    [false],
    [true],
  ]);
});

test('what cannot be done is not asked for; what cannot be done any more leaves its request pending', async () => {
  await expect(request(refundOf(10_001))).rejects.toMatchObject({ code: 'counter.refund_too_much' });
  const first = await request(refundOf(6_000));
  const second = await request(refundOf(6_000));
  await decide(first.approvalId, counter.finance);
  await expect(decide(second.approvalId, counter.finance)).rejects.toMatchObject({ code: 'counter.refund_too_much' });
  expect(await counter.balance(0)).toBe(4_000n);
  const { approvals } = await listApprovals(counter.ctx, marketId, { state: 'pending' }, counter.finance);
  expect(approvals.map(({ approvalId }) => approvalId)).toEqual([second.approvalId]);
  await counter.sell(0, 2_000);
  await decide(second.approvalId, counter.finance);
  expect(await counter.balance(0)).toBe(0n);
});

test('the same request, and the same decision, sent again have the effect of once', async () => {
  const requestId = id();
  const [one, two] = await Promise.all([1, 2].map(() => request(refundOf(100), counter.ann, requestId)));
  expect(one).toEqual(two);
  const reused = { code: 'approvals.request_reused' };
  await expect(request(refundOf(101), counter.ann, requestId)).rejects.toMatchObject(reused);
  await expect(request(refundOf(100), counter.ben, requestId)).rejects.toMatchObject(reused);
  const [first, again] = await Promise.all([1, 2].map(() => decide(requestId, counter.finance)));
  expect(first).toEqual(again);
  expect(await counter.balance(0)).toBe(9_900n);
  const refusal = { code: 'approvals.not_pending', details: { state: 'approved' } };
  await expect(decide(requestId, counter.manager)).rejects.toMatchObject(refusal);
  await expect(decide(requestId, counter.finance, 'reject')).rejects.toMatchObject(refusal);
});

test('rejected, withdrawn and expired are over, and nothing happened', async () => {
  const [rejected, withdrawn, expired] = await Promise.all([
    request(refundOf(1)),
    request(refundOf(2)),
    request(refundOf(3)),
  ]);
  expect((await decide(rejected.approvalId, counter.finance, 'reject')).state).toBe('rejected');
  const withdraw = (operator: Operator) => withdrawApproval(counter.ctx, marketId, withdrawn.approvalId, operator);
  await expect(withdraw(counter.ben)).rejects.toMatchObject({ code: 'approvals.role_not_enough' });
  expect((await withdraw(counter.ann)).state).toBe('withdrawn');
  expect((await withdraw(counter.ann)).state).toBe('withdrawn');
  counter.clock.advance(7 * 86_400_000);
  await expect(decide(expired.approvalId, counter.finance)).rejects.toMatchObject({ code: 'approvals.expired' });
  for (const { approvalId } of [rejected, withdrawn]) {
    await expect(decide(approvalId, counter.finance)).rejects.toMatchObject({ code: 'approvals.not_pending' });
  }
  const { approvals } = await listApprovals(counter.ctx, marketId, { state: 'expired' }, counter.finance);
  expect(approvals.map(({ approvalId, mayDecide }) => [approvalId, mayDecide])).toEqual([[expired.approvalId, false]]);
  expect(await counter.balance(0)).toBe(10_000n);
});

test('what is over is found by kind, outcome, who asked, who decided, day and text', async () => {
  const { ann, ben, finance, manager, clock } = counter;
  const { txId } = await counter.sell(1, 500);
  const reversal = await request({ kind: 'reversal', txId }, ben);
  const refund = await request(refundOf(1));
  const withdrawn = await request(refundOf(2));
  const expired = await request(refundOf(3), ben);
  await decide(refund.approvalId, finance, 'reject');
  clock.advance(86_400_000);
  await decide(reversal.approvalId, manager);
  await withdrawApproval(counter.ctx, marketId, withdrawn.approvalId, ann);
  clock.advance(6 * 86_400_000);
  const waiting = await request(refundOf(4));
  const found = async (query: Parameters<typeof listApprovals>[2]) => {
    const { approvals, total } = await listApprovals(counter.ctx, marketId, query, finance);
    expect(total).toBe(approvals.length);
    return approvals.map(({ approvalId }) => approvalId);
  };
  const ids = (...these: { approvalId: string }[]) => these.map(({ approvalId }) => approvalId);
  expect(await found({ over: false })).toEqual(ids(waiting));
  expect(await found({ over: true, sort: 'over' })).toEqual(ids(refund, withdrawn, reversal, expired));
  expect(await found({ over: true, kind: 'reversal' })).toEqual(ids(reversal));
  expect(await found({ state: 'expired' })).toEqual(ids(expired));
  expect(await found({ over: true, requestedBy: ben.operatorId })).toEqual(ids(expired, reversal));
  expect(await found({ decidedBy: finance.operatorId })).toEqual(ids(refund));
  expect(await found({ from: '2026-03-03', to: '2026-03-03' })).toEqual(ids(withdrawn, reversal));
  expect(await found({ from: '2026-03-04' })).toEqual(ids(expired));
  expect(await found({ over: true, text: 'top_' })).toEqual(ids(reversal));
  expect(await found({ text: '商户 0' })).toEqual(ids(waiting, expired, withdrawn, refund));
  const { requesters, deciders } = await listApprovals(counter.ctx, marketId, { pageSize: 1 }, finance);
  const names = (people: { name: string }[]) => people.map(({ name }) => name);
  expect([names(requesters), names(deciders)]).toEqual([
    ['Ann', 'Ben'],
    ['Ann', 'Fay', 'Max'],
  ]);
});

test('requests are listed newest first, page by page, and never another market’s', async () => {
  const asked: string[] = [];
  for (let n = 1; n <= 7; n++) {
    counter.clock.advance(1_000);
    asked.unshift((await request(refundOf(n))).approvalId);
  }
  const [first, second] = [
    await listApprovals(counter.ctx, marketId, { pageSize: 4 }, counter.ann),
    await listApprovals(counter.ctx, marketId, { pageSize: 4, page: 2 }, counter.ann),
  ];
  expect([...first.approvals, ...second.approvals].map(({ approvalId }) => approvalId)).toEqual(asked);
  expect([first.total, second.total]).toEqual([7, 7]);
  const other = await seedMarket(counter.ctx.db);
  const elsewhere = decideApproval(
    counter.ctx,
    other.marketId,
    asked[0] ?? '',
    { decision: 'approve' },
    counter.finance,
  );
  await expect(elsewhere).rejects.toMatchObject({ code: 'approvals.no_such_approval' });
  expect((await listApprovals(counter.ctx, other.marketId, {}, counter.ann)).total).toBe(0);
  await expect(decide(uuidV7(minute(0)), counter.finance)).rejects.toMatchObject({
    code: 'approvals.no_such_approval',
  });
});
