import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, STEP_KEYS, stepFrom } from './roving.ts';

/** Two buildings: a row of three and a row of two, then a row of two and a row of one. */
const PLACES: readonly Place[] = [
  { left: 0, top: 10 },
  { left: 200, top: 10 },
  { left: 400, top: 10 },
  { left: 0, top: 110 },
  { left: 200, top: 110 },
  { left: 0, top: 260 },
  { left: 200, top: 260 },
  { left: 0, top: 360 },
];

test('left and right follow the reading order, from row to row and from building to building', () => {
  expect(stepFrom(0, 'ArrowRight', PLACES)).toBe(1);
  expect(stepFrom(2, 'ArrowRight', PLACES)).toBe(3);
  expect(stepFrom(5, 'ArrowLeft', PLACES)).toBe(4);
});

test('up and down keep the column as well as they can', () => {
  expect(stepFrom(1, 'ArrowDown', PLACES)).toBe(4);
  expect(stepFrom(2, 'ArrowDown', PLACES)).toBe(4);
  expect(stepFrom(4, 'ArrowDown', PLACES)).toBe(6);
  expect(stepFrom(6, 'ArrowDown', PLACES)).toBe(7);
  expect(stepFrom(7, 'ArrowUp', PLACES)).toBe(5);
});

test('home and end lead to the first and the last', () => {
  expect(stepFrom(4, 'Home', PLACES)).toBe(0);
  expect(stepFrom(4, 'End', PLACES)).toBe(7);
});

test('at the edge the card stays, and no key leads off the grid', () => {
  expect(stepFrom(0, 'ArrowLeft', PLACES)).toBe(0);
  expect(stepFrom(1, 'ArrowUp', PLACES)).toBe(1);
  expect(stepFrom(7, 'ArrowDown', PLACES)).toBe(7);
  expect(stepFrom(7, 'ArrowRight', PLACES)).toBe(7);
  const places = fc.array(fc.record({ left: fc.nat(5), top: fc.nat(5) }), { minLength: 1 });
  fc.assert(
    fc.property(places, fc.nat(), fc.constantFrom(...STEP_KEYS), (all, some, key) => {
      const to = stepFrom(some % all.length, key, all);
      expect(all[to]).toBeDefined();
    }),
  );
});
