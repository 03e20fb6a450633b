import { expect, test } from 'vitest';
import { barsOf } from './bars.ts';

const row = (key: string, topUpFen: number, refundFen = 0, reversalFen = 0) => ({
  key,
  label: key,
  topUps: 1,
  topUpFen,
  deposits: 0,
  depositFen: 0,
  refunds: 0,
  refundFen,
  reversals: 0,
  reversalFen,
  netFen: topUpFen + refundFen + reversalFen,
});

test('the greatest sale and what was given back share the height, and all bars have one scale', () => {
  expect(barsOf([row('a', 300), row('b', 150, -50, -50)])).toEqual({
    bars: [
      { key: 'a', up: 75, down: 0 },
      { key: 'b', up: 37.5, down: 25 },
    ],
    lineAt: 75,
  });
});

test('nothing sold is no bar at all', () => {
  expect(barsOf([])).toEqual({ bars: [], lineAt: 0 });
  expect(barsOf([row('a', 0)]).bars).toEqual([{ key: 'a', up: 0, down: 0 }]);
});
