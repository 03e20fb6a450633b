import { fen } from '@openprepay/kernel';
import { beforeEach, expect, test } from 'vitest';
import { closeShift, currentShift, listShifts, openShift } from './shifts.ts';
import { type Counter, openCounter } from './test-support/world.ts';

let counter: Counter;

beforeEach(async () => {
  counter = await openCounter();
});

const open = (floatFen: number) =>
  openShift(counter.ctx, counter.market.marketId, counter.ann.operatorId, fen(floatFen));
const close = (shiftId: string, countedFen: number, note: string | null = null, operator = counter.ann) =>
  closeShift(counter.ctx, { marketId: counter.market.marketId, shiftId, countedFen: fen(countedFen), note, operator });

test('a shift expects its float and the cash of its sales, and nothing of cards and banks', async () => {
  const { shiftId } = await open(50_000);
  await counter.sell(0, 1_000);
  await counter.sell(1, 200, { method: 'pos' });
  await counter.sell(2, 30, { method: 'bank' });
  await counter.sell(3, 7_777, { operatorId: counter.ben.operatorId });
  counter.clock.advance(3_600_000);
  expect(await close(shiftId, 51_000)).toMatchObject({
    shiftId,
    operatorName: 'Ann',
    openedAt: '2026-03-02T02:00:00.000Z',
    closedAt: '2026-03-02T03:00:00.000Z',
    floatFen: 50_000,
    receipts: 3,
    takenFen: { cash: 1_000, bank: 30, pos: 200 },
    expectedFen: 51_000,
    countedFen: 51_000,
    differenceFen: 0,
    closedByName: 'Ann',
    note: null,
  });
  await counter.expectProved();
});

test('a difference is written down with a note, or the shift stays open', async () => {
  const { shiftId } = await open(0);
  await counter.sell(0, 1_000);
  await expect(close(shiftId, 995)).rejects.toMatchObject({ code: 'counter.difference_unexplained' });
  expect(await close(shiftId, 995, 'five fen on the floor')).toMatchObject({ expectedFen: 1_000, differenceFen: -5 });
  await expect(close(shiftId, 1_000)).rejects.toMatchObject({ code: 'counter.shift_closed' });
});

test('who sells without a shift has one from then on, with an empty drawer', async () => {
  expect(await currentShift(counter.ctx.db, counter.market.marketId, counter.ann.operatorId)).toBeNull();
  await counter.sell(0, 1_000);
  const shift = await currentShift(counter.ctx.db, counter.market.marketId, counter.ann.operatorId);
  expect(shift).toMatchObject({ floatFen: 0, expectedFen: 1_000, closedAt: null });
  await expect(open(0)).rejects.toMatchObject({ code: 'counter.shift_open' });
  await close(shift?.shiftId ?? '', 1_000);
  await open(500);
  await counter.sell(0, 1_000);
  const { shifts } = await listShifts(counter.ctx.db, counter.market.marketId, {});
  expect(shifts.map(({ expectedFen, receipts }) => [expectedFen, receipts]).toSorted()).toEqual([
    [1_000, 1],
    [1_500, 1],
  ]);
});

test('a cashier ends no shift but his own; finance ends any', async () => {
  const { shiftId } = await open(0);
  await expect(close(shiftId, 0, null, counter.ben)).rejects.toMatchObject({ code: 'counter.not_own_shift' });
  expect(await close(shiftId, 0, null, counter.finance)).toMatchObject({ operatorName: 'Ann', closedByName: 'Fay' });
});

test('a sale and the end of its shift at once: it is in the count, or in the next shift', async () => {
  for (let round = 0; round < 40; round++) {
    const { shiftId } = await open(0);
    const [sale, ended] = await Promise.all([counter.sell(0, 100), close(shiftId, 0, 'counted before')]);
    const stored = await counter.ctx.db.query<{ shift_id: string }>(
      'select shift_id from receipt where market_id = $1 and tx_id = $2',
      [counter.market.marketId, sale.txId],
    );
    const isCounted = stored[0]?.shift_id === shiftId;
    expect(ended.expectedFen).toBe(isCounted ? 100 : 0);
    const next = await currentShift(counter.ctx.db, counter.market.marketId, counter.ann.operatorId);
    expect(next === null).toBe(isCounted);
    if (next) await close(next.shiftId, 100);
  }
  await counter.expectProved();
});

test('shifts are filtered, sorted and paged, each with the receipts that are its own', async () => {
  const { ann, ben, clock, ctx } = counter;
  const { marketId } = counter.market;
  const { shiftId: first } = await open(0);
  await counter.sell(0, 1_000);
  await close(first, 990, 'ten fen under the desk_');
  // 00:00 of the next day in the market, still the same day in Greenwich.
  clock.set('2026-03-02T16:00:00Z');
  await counter.sell(1, 300, { operatorId: ben.operatorId });
  const bens = await currentShift(ctx.db, marketId, ben.operatorId);
  await close(bens?.shiftId ?? '', 300, null, ben);
  clock.set('2026-03-04T02:00:00Z');
  await open(500);
  const all = await listShifts(ctx.db, marketId, {});
  expect([all.total, all.shifts.map((one) => [one.operatorName, one.receipts])]).toEqual([
    3,
    [
      ['Ann', 0],
      ['Ben', 1],
      ['Ann', 1],
    ],
  ]);
  const [current, second] = all.shifts.map(({ shiftId }) => shiftId);
  const ids = async (query: Parameters<typeof listShifts>[2]) =>
    (await listShifts(ctx.db, marketId, query)).shifts.map(({ shiftId }) => shiftId);
  expect(await ids({ operatorId: ann.operatorId })).toEqual([current, first]);
  expect(await ids({ open: true })).toEqual([current]);
  expect(await ids({ differs: true })).toEqual([first]);
  expect(await ids({ differs: false })).toEqual([second]);
  expect(await ids({ from: '2026-03-03', to: '2026-03-03' })).toEqual([second]);
  expect(await ids({ to: '2026-03-02' })).toEqual([first]);
  expect(await ids({ text: 'desk_' })).toEqual([first]);
  expect(await ids({ text: 'k%' })).toEqual([]);
  expect(await ids({ sort: 'difference' })).toEqual([first, second, current]);
  expect(await ids({ sort: 'operator', descending: true })).toEqual([second, current, first]);
  expect(await listShifts(ctx.db, marketId, { page: 2, pageSize: 2 })).toEqual({ total: 3, shifts: [all.shifts[2]] });
});
