import { fen, uuidV7 } from '@openprepay/kernel';
import { beforeAll, expect, test } from 'vitest';
import { minute, seedMarket } from '../../test-support/market.ts';
import { ledgerLines } from '../ledger/index.ts';
import { listReceipts, receiptOf, reprint } from './receipts.ts';
import { type Counter, openCounter } from './test-support/world.ts';
import { takeNumber } from './till.ts';
import { topUp } from './top-up.ts';

let counter: Counter;

beforeAll(async () => {
  counter = await openCounter();
});

test('a top-up moves money from the till into the utility purse and names who sold it', async () => {
  const before = await counter.balance(0);
  const done = await topUp(counter.ctx, counter.saleOf(0, 12_345, { method: 'pos', memo: 'card' }));
  expect(done).toMatchObject({ balanceFen: before + 12_345n, repeated: false });
  const [line] = await ledgerLines(counter.ctx.db, counter.market.marketId, counter.accountId(0), 1);
  expect(line).toEqual({
    txId: done.txId,
    kind: 'top_up',
    at: counter.ctx.clock.now().toISOString(),
    purse: 'utility',
    amountFen: 12_345,
    memo: 'card',
    operatorName: 'Ann',
    charge: null,
    correction: null,
    provisional: null,
  });
  const audit = await counter.ctx.db.query(`select action, operator_id, after from audit where after->>'txId' = $1`, [
    done.txId,
  ]);
  expect(audit).toEqual([
    {
      action: 'counter.top_up',
      operator_id: counter.ann.operatorId,
      after: { txId: done.txId, amountFen: '12345', method: 'pos', debtFen: '0' },
    },
  ]);
});

test('the same sale sent again answers as the first time, and takes the money once', async () => {
  const once = counter.saleOf(1, 500);
  const first = await topUp(counter.ctx, once);
  expect(await topUp(counter.ctx, once)).toEqual({ ...first, repeated: true });
  expect(await counter.balance(1)).toBe(500n);
});

test.each([
  ['amount', { amountFen: fen(501) }],
  ['account', { accountId: 'another' }],
  ['method', { method: 'bank' as const }],
])('a request id that comes back with another %s is refused and moves nothing', async (_, other) => {
  const once = counter.saleOf(2, 500);
  await topUp(counter.ctx, once);
  const before = await counter.balance(2);
  const again = { ...once, ...other, ...('accountId' in other && { accountId: counter.accountId(3) }) };
  await expect(topUp(counter.ctx, again)).rejects.toMatchObject({ code: 'counter.request_reused' });
  expect(await counter.balance(2)).toBe(before);
});

test('nothing is sold to an account that is not there or not open, but a sale made before still answers', async () => {
  const before = counter.saleOf(7, 100);
  await topUp(counter.ctx, before);
  await counter.ctx.db.query(
    `update account set state = 'prepared', opened_at = null where market_id = $1 and account_id = $2`,
    [counter.market.marketId, counter.accountId(7)],
  );
  await expect(topUp(counter.ctx, counter.saleOf(7, 100))).rejects.toMatchObject({ code: 'accounts.not_open' });
  await expect(topUp(counter.ctx, counter.saleOf(7, 100, { accountId: uuidV7(minute(0)) }))).rejects.toMatchObject({
    code: 'accounts.not_found',
  });
  expect(await topUp(counter.ctx, before)).toMatchObject({ repeated: true });
});

test('a sale sent by many tills at once is made once, 100 times over', async () => {
  for (let round = 0; round < 100; round++) {
    const before = await counter.balance(4);
    const once = counter.saleOf(4, 700);
    const answers = await Promise.all([topUp(counter.ctx, once), topUp(counter.ctx, once), topUp(counter.ctx, once)]);
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(answers.map(({ txId }) => txId)).size).toBe(1);
    expect(await counter.balance(4)).toBe(before + 700n);
  }
  await counter.expectProved();
});

test('a receipt says all that was sold, in capitals too, and a reprint is counted and says the same', async () => {
  const { ctx, market, ann } = counter;
  const { txId, receipt } = await counter.sell(3, 14_0950, { method: 'pos', memo: 'card' });
  expect(receipt).toMatchObject({
    txId,
    kind: 'top_up',
    day: '2026-03-02',
    marketName: 'Market',
    operatorName: 'Ann',
    accountNumber: 'A3',
    customerName: '商户 3',
    stalls: ['S3'],
    method: 'pos',
    amountFen: 140_950,
    amountInCapitals: '壹仟肆佰零玖元伍角整',
    balanceFen: 140_950,
    memo: 'card',
    debtFen: 0,
    reprints: 0,
    reverses: null,
    reversedBy: null,
  });
  expect(receipt.number).toMatch(/^001-\d{8}$/);
  await ctx.db.query(`update account set customer_name = 'somebody else' where market_id = $1 and account_id = $2`, [
    market.marketId,
    counter.accountId(3),
  ]);
  await counter.sell(3, 100);
  expect(await reprint(ctx, market.marketId, txId, ann.operatorId)).toEqual({ ...receipt, reprints: 1 });
  expect(await reprint(ctx, market.marketId, txId, ann.operatorId)).toEqual({ ...receipt, reprints: 2 });
  const audit = await ctx.db.query(
    `select after from audit where action = 'counter.reprint' order by after->>'reprints'`,
  );
  expect(audit).toEqual([{ after: { reprints: 1 } }, { after: { reprints: 2 } }]);
});

const numbers = async (operatorId: string) =>
  (
    await counter.ctx.db.query<{ number: bigint }>(
      'select number from receipt where market_id = $1 and operator_id = $2 order by number',
      [counter.market.marketId, operatorId],
    )
  ).map(({ number }) => Number(number));

test('numbers have no gap, whatever fails and however many sell at once, and each cashier has a series', async () => {
  const { ann, ben, ctx } = counter;
  const closed = { accountId: uuidV7(minute(0)) };
  const sales = Array.from({ length: 60 }, (_, n) => {
    const { operatorId } = n % 2 === 0 ? ann : ben;
    return topUp(ctx, counter.saleOf(n % 6, 100 + n, { operatorId, ...(n % 5 === 0 && closed) }));
  });
  const settled = await Promise.allSettled(sales);
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(12);
  for (const { operatorId } of [ann, ben]) {
    const found = await numbers(operatorId);
    expect(found.length).toBeGreaterThan(20);
    expect(found).toEqual(found.map((_, index) => index + 1));
  }
  await counter.expectProved();
});

test('a sale that comes to nothing after its number was taken gives the number back', async () => {
  const { ctx, market, ann } = counter;
  const before = await numbers(ann.operatorId);
  const failing = ctx.db.tx(async (tx) => {
    await takeNumber(tx, market.marketId, ann.operatorId, ctx.clock.now());
    throw new Error('the printer is on fire');
  });
  await expect(failing).rejects.toThrow('on fire');
  await counter.sell(0, 100);
  expect(await numbers(ann.operatorId)).toEqual([...before, before.length + 1]);
});

test('a cashier does not wait for another’s sale under way', async () => {
  const { ctx, market, ann, ben } = counter;
  await ctx.db.tx(async (tx) => {
    await takeNumber(tx, market.marketId, ann.operatorId, ctx.clock.now());
    await counter.sell(1, 100, { operatorId: ben.operatorId });
  });
  // The number taken above was used for nothing, by hand and on purpose.
  await ctx.db.query('update till set last_number = last_number - 1 where market_id = $1 and operator_id = $2', [
    market.marketId,
    ann.operatorId,
  ]);
});

test('receipts are found by number, day, cashier, kind and account, page by page', async () => {
  const { ctx, market, ben } = counter;
  const { receipt } = await counter.sell(6, 4_321, { operatorId: ben.operatorId, method: 'bank' });
  const list = (filter: Parameters<typeof listReceipts>[2]) => listReceipts(ctx.db, market.marketId, filter);
  expect((await list({ text: receipt.number })).receipts).toEqual([receipt]);
  const found = await list({ accountId: counter.accountId(6), method: 'bank', kind: 'top_up', from: receipt.day });
  expect(found.receipts).toEqual([receipt]);
  for (const text of [` ${receipt.customerName} `, receipt.accountNumber.toLowerCase(), receipt.stalls[0] ?? '']) {
    expect((await list({ text, operatorId: ben.operatorId, method: 'bank' })).receipts).toContainEqual(receipt);
  }
  expect((await list({ to: '2026-03-01' })).receipts).toEqual([]);
  const all = await list({ operatorId: ben.operatorId });
  expect(all.total).toBe(all.receipts.length);
  expect(all.netFen).toBe(all.receipts.reduce((sum, { amountFen }) => sum + amountFen, 0));
  const second = await list({ operatorId: ben.operatorId, limit: 2, offset: 2 });
  expect(second).toMatchObject({ receipts: all.receipts.slice(2, 4), total: all.total, netFen: all.netFen });
  const seen: string[] = [];
  for (let before: string | null | undefined; before !== null; ) {
    const page = await list({ operatorId: ben.operatorId, limit: 7, ...(before && { before }) });
    seen.push(...page.receipts.map(({ number }) => number));
    before = page.nextBefore;
  }
  expect(seen).toHaveLength((await numbers(ben.operatorId)).length);
  expect(new Set(seen).size).toBe(seen.length);
});

test('another market’s receipt is not found', async () => {
  const other = await seedMarket(counter.ctx.db);
  const { txId } = await counter.sell(0, 100);
  const refusal = { code: 'counter.no_such_receipt' };
  await expect(receiptOf(counter.ctx.db, other.marketId, txId)).rejects.toMatchObject(refusal);
  await expect(reprint(counter.ctx, other.marketId, txId, counter.ann.operatorId)).rejects.toMatchObject(refusal);
});
