import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOTHING_DRAWN, rowsNear, runsOf } from './card-window.ts';

test('what is on the screen is drawn, wherever the group stands and whatever was drawn before', () => {
  const place = fc.record({
    rows: fc.integer({ min: 1, max: 2_000 }),
    topPx: fc.integer({ min: -200_000, max: 200_000 }),
    screenPx: fc.integer({ min: 200, max: 2_000 }),
    stepPx: fc.integer({ min: 90, max: 200 }),
  });
  const drawn = fc.tuple(fc.nat(2_000), fc.nat(40)).map(([first, of]) => ({ first, last: first + of }));
  fc.assert(
    fc.property(place, drawn, (given, before) => {
      const { first, last } = rowsNear(given, before);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first).toBeLessThanOrEqual(last);
      expect(last).toBeLessThanOrEqual(given.rows);
      for (const row of [0, first - 1, first, last - 1, last, given.rows - 1]) {
        if (row < 0 || row >= given.rows) continue;
        const topPx = given.topPx + row * given.stepPx;
        const isSeen = topPx < given.screenPx && topPx + given.stepPx > 0;
        if (isSeen) expect(row >= first && row < last).toBe(true);
      }
    }),
  );
});

test('of two thousand rows some dozens are drawn', () => {
  const { first, last } = rowsNear({ rows: 2_000, topPx: -100_000, screenPx: 900, stepPx: 104 }, NOTHING_DRAWN);
  expect(first).toBeGreaterThan(900);
  expect(last - first).toBeLessThan(30);
});

test('scrolling slowly draws one more row with a picture, and keeps some on the other side', () => {
  let before = rowsNear({ rows: 2_000, topPx: 0, screenPx: 900, stepPx: 104 }, NOTHING_DRAWN);
  for (let topPx = 0; topPx > -20_000; topPx -= 90) {
    const now = rowsNear({ rows: 2_000, topPx, screenPx: 900, stepPx: 104 }, before);
    expect(now.last - before.last).toBeLessThanOrEqual(1);
    before = now;
  }
  expect(before.first * 104).toBeLessThan(20_000 - 200);
});

test('drawn and blank runs together are all rows in order, and the kept row is drawn', () => {
  const given = fc.record({
    rows: fc.integer({ min: 1, max: 300 }),
    first: fc.nat(400),
    more: fc.nat(50),
    kept: fc.option(fc.nat(400)),
  });
  fc.assert(
    fc.property(given, ({ rows, first, more, kept }) => {
      const runs = runsOf(rows, { first, last: first + more }, kept);
      const all = runs.flatMap((run) => Array.from({ length: run.last - run.first }, (_, i) => run.first + i));
      expect(all).toEqual(Array.from({ length: rows }, (_, row) => row));
      const isDrawn = (row: number) => runs.some((run) => run.isDrawn && run.first <= row && row < run.last);
      for (let row = 0; row < rows; row += 1) {
        expect(isDrawn(row)).toBe((row >= first && row < first + more) || row === kept);
      }
    }),
  );
});
