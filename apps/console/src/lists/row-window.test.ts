import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK, wholeBlocks, windowAt } from './row-window.ts';

const NONE = new Map<number, number>();

test('what is on the screen is drawn, whatever the heights, and blank and drawn together are the whole list', () => {
  const heights = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 100, max: 3_000 })), { maxLength: 40 })
    .map((pairs) => new Map(pairs));
  const place = fc.record({
    count: fc.integer({ min: 1, max: 1_000 }),
    topPx: fc.integer({ min: -2_000, max: 60_000 }),
    screenPx: fc.integer({ min: 200, max: 2_000 }),
    heights,
  });
  fc.assert(
    fc.property(place, (given) => {
      const { first, last, beforePx, afterPx } = windowAt(given);
      expect(first % BLOCK).toBe(0);
      expect(first).toBeLessThan(last);
      expect(last).toBeLessThanOrEqual(given.count);
      expect(last % BLOCK === 0 || last === given.count).toBe(true);
      // Nothing blank before the end of the margin above the screen, unless the list is over there.
      if (last - first > BLOCK) expect(beforePx).toBeLessThanOrEqual(Math.max(0, given.topPx));
      expect(first === 0).toBe(beforePx === 0);
      expect(last === given.count).toBe(afterPx === 0);
    }),
  );
});

test('of ten thousand rows some dozens are drawn', () => {
  const { first, last } = windowAt({ count: 10_000, topPx: 150_000, screenPx: 900, heights: NONE });
  expect(first).toBeGreaterThan(3_000);
  expect(last - first).toBeLessThan(100);
});

test('rows come and go by whole blocks', () => {
  expect(wholeBlocks(40, 65)).toEqual([
    { block: 4, from: 40, to: 50 },
    { block: 5, from: 50, to: 60 },
  ]);
});
