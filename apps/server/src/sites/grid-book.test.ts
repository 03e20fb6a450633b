import type { Grid } from '@openprepay/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newGridBook } from './grid-book.ts';

const STALLS = ['a', 'b', 'c'];

/** Balances of three stalls; the rest of a cell does not matter here. */
const gridOf = (balances: readonly number[], openHolds = 0): Grid => ({
  at: `2026-03-02T02:00:${String(balances[0] ?? 0).padStart(2, '0')}.000Z`,
  summary: {
    stalls: 3,
    meters: 0,
    metersOnline: 0,
    metersRead: 0,
    openHolds,
    openExceptions: 0,
    unclaimedDevices: 0,
    todayChargedFen: 0,
    todayToppedUpFen: 0,
  },
  stalls: STALLS.map((stallId, i) => ({
    stallId,
    code: stallId,
    building: 'Hall 1',
    stallType: 'fish',
    state: 'normal',
    customerName: null,
    balanceFen: balances[i] ?? 0,
    todayWh: 0,
    todayLitres: 0,
    meters: [],
  })),
});

const read = (change: string | null): Grid | null => (change === null ? null : JSON.parse(change));

test('a reader of nothing is given all, a reader of the last page nothing, others what changed since', () => {
  const book = newGridBook();
  book.add(gridOf([1, 2, 3]));
  expect(read(book.changesSince(0))).toEqual(gridOf([1, 2, 3]));
  expect(book.changesSince(1)).toBeNull();
  book.add(gridOf([1, 5, 3]));
  book.add(gridOf([1, 5, 9]));
  expect(read(book.changesSince(1))?.stalls.map((stall) => stall.stallId)).toEqual(['b', 'c']);
  expect(read(book.changesSince(2))?.stalls.map((stall) => stall.stallId)).toEqual(['c']);
  expect(book.changesSince(3)).toBeNull();
});

test('a stall that is no more is told to whoever has seen it, until it is there again', () => {
  const book = newGridBook();
  const whole = gridOf([1, 2, 3]);
  const without = { ...whole, stalls: whole.stalls.filter(({ stallId }) => stallId !== 'b') };
  book.add(whole);
  book.add(without);
  expect(JSON.parse(book.changesSince(1) ?? 'null')).toMatchObject({ stalls: [], gone: ['b'] });
  expect(read(book.changesSince(0))).toEqual(without);
  expect(book.changesSince(2)).toBeNull();
  book.add(whole);
  expect(JSON.parse(book.changesSince(1) ?? 'null').gone).toBeUndefined();
  expect(read(book.changesSince(2))?.stalls.map(({ stallId }) => stallId)).toEqual(['b']);
});

test('a summary that changed alone is told alone', () => {
  const book = newGridBook();
  book.add(gridOf([1, 2, 3]));
  book.add(gridOf([1, 2, 3], 1));
  expect(read(book.changesSince(1))).toMatchObject({ summary: { openHolds: 1 }, stalls: [] });
});

test('whatever pages a reader misses, what he has pieced together is the last grid', () => {
  const pages = fc.array(fc.record({ grid: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)), isRead: fc.boolean() }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(pages, (steps) => {
      const book = newGridBook();
      const known = new Map<string, unknown>();
      let readPage = 0;
      const take = () => {
        for (const stall of read(book.changesSince(readPage))?.stalls ?? []) known.set(stall.stallId, stall);
        readPage = book.page();
      };
      for (const { grid, isRead } of steps) {
        book.add(gridOf(grid));
        if (isRead) take();
      }
      take();
      expect([...known.values()]).toEqual(gridOf(steps.at(-1)?.grid ?? []).stalls);
    }),
  );
});
