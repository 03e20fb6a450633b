import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STEP_KEYS, stepFrom } from './roving.ts';

/** Two buildings: a row of three and a row of two, then a row of three and a row of one. */
const ROWS = { counts: [5, 4], columns: 3 };

test('left and right follow the reading order, from row to row and from building to building', () => {
  expect(stepFrom(0, 'ArrowRight', ROWS)).toBe(1);
  expect(stepFrom(2, 'ArrowRight', ROWS)).toBe(3);
  expect(stepFrom(5, 'ArrowLeft', ROWS)).toBe(4);
});

test('up and down keep the column as well as they can', () => {
  expect(stepFrom(1, 'ArrowDown', ROWS)).toBe(4);
  expect(stepFrom(2, 'ArrowDown', ROWS)).toBe(4);
  expect(stepFrom(4, 'ArrowDown', ROWS)).toBe(6);
  expect(stepFrom(7, 'ArrowDown', ROWS)).toBe(8);
  expect(stepFrom(8, 'ArrowUp', ROWS)).toBe(5);
  expect(stepFrom(6, 'ArrowUp', ROWS)).toBe(4);
});

test('home and end lead to the first and the last', () => {
  expect(stepFrom(4, 'Home', ROWS)).toBe(0);
  expect(stepFrom(4, 'End', ROWS)).toBe(8);
});

test('at the edge the card stays, and no key leads off the grid', () => {
  expect(stepFrom(0, 'ArrowLeft', ROWS)).toBe(0);
  expect(stepFrom(1, 'ArrowUp', ROWS)).toBe(1);
  expect(stepFrom(8, 'ArrowDown', ROWS)).toBe(8);
  expect(stepFrom(8, 'ArrowRight', ROWS)).toBe(8);
  const counts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      counts,
      fc.integer({ min: 1, max: 8 }),
      fc.nat(),
      fc.constantFrom(...STEP_KEYS),
      (all, columns, n, key) => {
        const total = all.reduce((sum, count) => sum + count, 0);
        const to = stepFrom(n % total, key, { counts: all, columns });
        expect(to).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThan(total);
      },
    ),
  );
});
