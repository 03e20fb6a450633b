import type { SetUp } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { isSetUp, STEPS, stepsOf } from './steps.ts';

const EMPTY: SetUp = {
  buildings: 0,
  stalls: 0,
  meters: 0,
  metersRead: 0,
  withoutPrice: [],
  firstPrices: true,
  accounts: 0,
  topUps: 0,
  suppliedStallId: null,
  firstStallId: null,
};
const nextOf = (setUp: SetUp | null) => stepsOf(setUp).find(({ state }) => state === 'next')?.name;

test('one step after the other, each from what there is', () => {
  const order = [
    null,
    EMPTY,
    { ...EMPTY, buildings: 1 },
    { ...EMPTY, buildings: 1, stalls: 3 },
    { ...EMPTY, buildings: 1, stalls: 3, meters: 1, metersRead: 1, withoutPrice: ['electricity' as const] },
    { ...EMPTY, buildings: 1, stalls: 3, meters: 1, metersRead: 1 },
    { ...EMPTY, buildings: 1, stalls: 3, meters: 1, metersRead: 1, accounts: 1 },
    { ...EMPTY, buildings: 1, stalls: 3, meters: 1, metersRead: 1, accounts: 1, topUps: 1 },
  ];
  expect(order.map(nextOf)).toEqual([...STEPS]);
  const all = {
    ...EMPTY,
    buildings: 1,
    stalls: 1,
    meters: 1,
    metersRead: 1,
    accounts: 1,
    topUps: 1,
    suppliedStallId: 'x',
  };
  expect(nextOf(all)).toBeUndefined();
  expect(isSetUp(all)).toBe(true);
});

test('a market that came from a file is not told how to begin', () => {
  expect(isSetUp({ ...EMPTY, buildings: 1, stalls: 9, meters: 9, accounts: 9 })).toBe(true);
  expect(isSetUp({ ...EMPTY, buildings: 1, stalls: 9 })).toBe(false);
});
