import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK, NOTHING_DRAWN, rowsOfBlock, windowAt } from './row-window.ts';

const place = fc.record({
  count: fc.integer({ min: 1, max: 1_000 }),
  topPx: fc.integer({ min: -2_000, max: 60_000 }),
  screenPx: fc.integer({ min: 200, max: 2_000 }),
  heights: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 100, max: 1_500 })), { maxLength: 40 })
    .map((pairs) => new Map(pairs)),
  rowPx: fc.integer({ min: 20, max: 300 }),
});
const drawn = fc.tuple(fc.nat({ max: 250 }), fc.nat({ max: 40 })).map(([first, of]) => ({ first, last: first + of }));

test('what is on the screen is drawn, whatever was before, and blank and drawn together are the whole list', () => {
  fc.assert(
    fc.property(place, drawn, (given, before) => {
      const blocks = Math.ceil(given.count / BLOCK);
      const px = (block: number) => {
        const { from, to } = rowsOfBlock(block, given.count);
        return given.heights.get(block) ?? (to - from) * given.rowPx;
      };
      const { first, last, beforePx, afterPx } = windowAt(given, before);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first).toBeLessThan(last);
      expect(last).toBeLessThanOrEqual(blocks);
      let allPx = 0;
      for (let block = 0; block < blocks; block++) {
        const isOnScreen = allPx + px(block) > given.topPx && allPx < given.topPx + given.screenPx;
        if (isOnScreen) expect(block >= first && block < last).toBe(true);
        allPx += px(block);
      }
      let drawnPx = 0;
      for (let block = first; block < last; block++) drawnPx += px(block);
      expect(beforePx + drawnPx + afterPx).toBe(allPx);
    }),
  );
});

test('a list that is scrolled slowly gets one block a picture on the side it goes to, and keeps some on the other', () => {
  const at = (topPx: number) => ({ count: 10_000, topPx, screenPx: 900, heights: new Map(), rowPx: 37 });
  let before = windowAt(at(0), NOTHING_DRAWN);
  for (let topPx = 0; topPx < 30_000; topPx += 90) {
    const now = windowAt(at(topPx), before);
    expect(now.last - before.last).toBeLessThanOrEqual(1);
    expect(now.last - now.first).toBeLessThan(100 / BLOCK);
    before = now;
  }
  expect(before.first).toBeGreaterThan(100);
});

test('a list that stands still is drawn on both sides, block by block, and is done', () => {
  const at = { count: 10_000, topPx: 150_000, screenPx: 900, heights: new Map(), rowPx: 37 };
  const first = windowAt(at, NOTHING_DRAWN);
  let [before, now] = [first, windowAt(at, first)];
  let steps = 0;
  while (now.first !== before.first || now.last !== before.last) {
    expect(now.first).toBeGreaterThanOrEqual(before.first - 1);
    [before, now] = [now, windowAt(at, now)];
    expect(++steps).toBeLessThan(10);
  }
  expect(now.first).toBeLessThan(first.first);
  expect(now.last).toBeGreaterThan(first.last);
});
