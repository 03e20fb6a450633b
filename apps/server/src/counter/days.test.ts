import { fen } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { sealMarket } from '../ledger/index.ts';
import { closeDay, listDays } from './days.ts';
import { type ReportBy, salesReport } from './report.ts';
import { reverseSale } from './reversal.ts';
import { closeShift, listShifts } from './shifts.ts';
import { type Counter, openCounter } from './test-support/world.ts';

let counter: Counter;
let marketId: string;

beforeEach(async () => {
  counter = await openCounter();
  marketId = counter.market.marketId;
});

const close = (day: string) =>
  closeDay(counter.ctx, { marketId, day, note: null, operatorId: counter.finance.operatorId });

async function endShifts(): Promise<void> {
  const { shifts } = await listShifts(counter.ctx.db, marketId, { open: true });
  for (const { shiftId, expectedFen } of shifts) {
    const countedFen = fen(expectedFen);
    await closeShift(counter.ctx, { marketId, shiftId, countedFen, note: null, operator: counter.finance });
  }
}

test('a closed day stands as it was, and what comes later belongs to the next', async () => {
  const sale = await counter.sell(0, 1_000);
  await counter.sell(1, 300, { method: 'bank', operatorId: counter.ben.operatorId });
  const { txId } = await counter.sell(2, 50);
  await reverseSale(counter.ctx, { marketId, txId, operatorId: counter.ann.operatorId, reason: 'twice' });
  await sealMarket(counter.ctx.db, marketId, counter.clock.now(), 'everything');
  await endShifts();
  const closed = await close('2026-03-02');
  expect(closed).toEqual({
    day: '2026-03-02',
    totals: {
      topUps: 3,
      topUpFen: 1_350,
      deposits: 0,
      depositFen: 0,
      refunds: 0,
      refundFen: 0,
      reversals: 1,
      reversalFen: -50,
      netFen: 1_300,
    },
    takenFen: { cash: 1_000, bank: 300, pos: 0 },
    closedAt: '2026-03-02T02:00:00.000Z',
    closedByName: 'Fay',
    note: null,
    seal: { seq: 4, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const late = await counter.sell(0, 7);
  expect([sale.receipt.day, late.receipt.day]).toEqual(['2026-03-02', '2026-03-03']);
  const { total, days } = await listDays(counter.ctx.db, marketId, {});
  expect(total).toBe(2);
  expect(days.map(({ day, closedAt, totals }) => [day, closedAt === null, totals.netFen])).toEqual([
    ['2026-03-03', true, 7],
    ['2026-03-02', false, 1_300],
  ]);
  expect(days[1]).toEqual(closed);
  await counter.expectProved();
});

test('days are the market’s own, closed in order, once, and not before they begin', async () => {
  counter.clock.set('2026-03-02T15:59:59.999Z');
  await counter.sell(0, 1);
  counter.clock.set('2026-03-02T16:00:00Z');
  await counter.sell(0, 2);
  await endShifts();
  await expect(close('2026-03-03')).rejects.toMatchObject({
    code: 'counter.earlier_day_open',
    details: { day: '2026-03-02' },
  });
  await expect(close('2026-03-04')).rejects.toMatchObject({ code: 'counter.day_not_begun' });
  expect((await close('2026-03-02')).totals.netFen).toBe(1);
  await expect(close('2026-03-02')).rejects.toMatchObject({ code: 'counter.day_closed' });
  await expect(close('2026-03-01')).rejects.toMatchObject({ code: 'counter.day_closed' });
  expect((await close('2026-03-03')).totals.netFen).toBe(2);
});

test('days are filtered, sorted and paged, closed and open alike', async () => {
  await counter.sell(0, 500);
  counter.clock.set('2026-03-03T02:00:00Z');
  await counter.sell(0, 900);
  await endShifts();
  const closed = [await close('2026-03-02'), await close('2026-03-03')];
  counter.clock.set('2026-03-04T02:00:00Z');
  await counter.sell(0, 700);
  const days = async (query: Parameters<typeof listDays>[2]) => {
    const { total, days } = await listDays(counter.ctx.db, marketId, query);
    return [total, days.map(({ day }) => day.slice(-2))];
  };
  expect(await days({})).toEqual([3, ['04', '03', '02']]);
  expect(await days({ sort: 'net', descending: true })).toEqual([3, ['03', '04', '02']]);
  expect(await days({ sort: 'closed' })).toEqual([3, ['03', '02', '04']]);
  expect(await days({ open: true })).toEqual([1, ['04']]);
  expect(await days({ from: '2026-03-03', to: '2026-03-03' })).toEqual([1, ['03']]);
  expect(await days({ page: 2, pageSize: 2 })).toEqual([3, ['02']]);
  expect((await listDays(counter.ctx.db, marketId, { open: false, sort: 'day' })).days).toEqual(closed);
});

test('a day does not end over the head of a cashier who has yet to count', async () => {
  await counter.sell(0, 1_000);
  await expect(close('2026-03-02')).rejects.toMatchObject({ code: 'counter.shift_open', details: { names: 'Ann' } });
  await endShifts();
  await close('2026-03-02');
});

test('sales while a day is closed are in its totals or in the next day, never in neither', async () => {
  for (let round = 0; round < 25; round++) {
    const day = counter.clock.now().toISOString().slice(0, 10);
    await counter.sell(0, 100);
    await endShifts();
    const sellers = [counter.ann, counter.ben].map(({ operatorId }) => counter.sell(1, 10, { operatorId }));
    // Where a sale has opened a shift first the day stays open, and is closed when that is counted.
    const closing = close(day).catch(async (error: { code: string }) => {
      expect(error.code).toBe('counter.shift_open');
      await Promise.all(sellers);
      await endShifts();
      return close(day);
    });
    const sales = await Promise.all(sellers);
    const closed = await closing;
    const within = sales.filter(({ receipt }) => receipt.day === day).length;
    expect(closed.totals.netFen).toBe(100 + within * 10);
    await endShifts();
    await counter.expectProved();
    // Sales of today that came after the close are tomorrow's: go on the day after.
    counter.clock.advance(2 * 86_400_000);
    await close(new Date(counter.clock.now().getTime() - 86_400_000).toISOString().slice(0, 10));
  }
}, 60_000);

test('reports by day, month, year, operator and method add up to the same', async () => {
  await counter.sell(0, 1_000);
  await counter.sell(1, 300, { method: 'bank', operatorId: counter.ben.operatorId });
  counter.clock.set('2026-04-01T02:00:00Z');
  const { txId } = await counter.sell(2, 50);
  await reverseSale(counter.ctx, { marketId, txId, operatorId: counter.ann.operatorId, reason: 'twice' });
  const report = (by: ReportBy, to = '2026-04-30') =>
    salesReport(counter.ctx.db, marketId, { from: '2026-03-01', to, by });
  const rows = async (by: ReportBy) =>
    (await report(by)).rows.map(({ label, topUps, netFen }) => [label, topUps, netFen]);
  expect(await rows('day')).toEqual([
    ['2026-03-02', 2, 1_300],
    ['2026-04-01', 1, 0],
  ]);
  expect(await rows('month')).toEqual([
    ['2026-03', 2, 1_300],
    ['2026-04', 1, 0],
  ]);
  expect(await rows('year')).toEqual([['2026', 3, 1_300]]);
  expect(await rows('operator')).toEqual([
    ['Ann', 2, 1_000],
    ['Ben', 1, 300],
  ]);
  expect(await rows('method')).toEqual([
    ['bank', 1, 300],
    ['cash', 2, 1_000],
  ]);
  const totals = await Promise.all((['day', 'month', 'year', 'operator', 'method'] as const).map((by) => report(by)));
  for (const { total } of totals) expect(total).toEqual(totals[0]?.total);
  expect((await report('day', '2026-03-31')).total.netFen).toBe(1_300);
  await expect(report('day', '2029-03-01')).rejects.toMatchObject({ code: 'counter.range_too_long' });
});
