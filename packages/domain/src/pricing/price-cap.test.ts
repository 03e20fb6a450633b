import { type MicroYuan, parsePrice } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyRule } from '../../test/pricing-arbitraries.ts';
import { energyPrice, energyRange, type GridPrice, holdAgainstGrid, unitPrices } from './price-cap.ts';
import { parseRule } from './rule.ts';

const grid = (month: string, price: string, peak: string | null = null): GridPrice => ({
  month,
  price: parsePrice(price),
  tariffs: peak === null ? null : [null, parsePrice(peak), null, null, null],
});
const flat = (...parts: readonly (readonly [name: string, price: string])[]) =>
  parseRule({ kind: 'flat', parts: parts.map(([name, price]) => ({ name, price })) });
const from = (month: string, to: string | null = null) => ({ from: month, to });

test('what is passed on is not of the energy price; every other part is, a rebate too', () => {
  const rule = flat(['energy', '0.7'], ['loss', '0.05'], ['surcharge', '0.02'], ['common', '0.03'], ['service', '0.1']);
  expect(energyRange(rule)).toEqual({ lowest: 800_000n, highest: 800_000n });
  expect(energyPrice(unitPrices(flat(['energy', '0.7'], ['rebate', '-0.1']))[0]?.parts ?? [])).toBe(600_000n);
});

test('the range of a rule is from its lowest price to its highest, wherever they stand, and a finding says in which step', () => {
  const parts = (price: string) => [{ name: 'energy', price }];
  const rule = parseRule({
    kind: 'steps',
    period: 'month',
    steps: [{ upTo: 10, parts: parts('0.5') }, { upTo: 20, parts: parts('0.4') }, { parts: parts('0.6') }],
  });
  expect(energyRange(rule)).toEqual({ lowest: 400_000n, highest: 600_000n });
  const { over } = holdAgainstGrid(rule, from('2026-03'), [grid('2026-03', '0.45')]);
  expect(over.map(({ step, energy }) => [step, energy])).toEqual([
    [1, 500_000n],
    [3, 600_000n],
  ]);
});

test('a price is above the grid’s by a millionth of a yuan, and not where it is the same', () => {
  const noted = [grid('2026-03', '0.7')];
  expect(holdAgainstGrid(flat(['energy', '0.7'], ['loss', '9']), from('2026-03'), noted).verdict).toBe('under');
  expect(holdAgainstGrid(flat(['energy', '0.700001']), from('2026-03'), noted)).toEqual({
    verdict: 'over',
    standsIn: null,
    over: [{ month: '2026-03', step: null, tariff: null, energy: 700_001n, grid: 700_000n }],
  });
});

test('it is held against every noted month it is in force in, and no other', () => {
  const rule = flat(['energy', '0.7']);
  const noted = [grid('2026-05', '0.6'), grid('2026-02', '0.5'), grid('2026-03', '0.8'), grid('2026-04', '0.65')];
  const months = (found: ReturnType<typeof holdAgainstGrid>) => found.over.map(({ month }) => month);
  expect(months(holdAgainstGrid(rule, from('2026-03'), noted))).toEqual(['2026-04', '2026-05']);
  expect(months(holdAgainstGrid(rule, from('2026-03', '2026-04'), noted))).toEqual(['2026-04']);
});

test('where the first month’s price is not noted yet, the last one before stands in; without any nothing is known', () => {
  const rule = flat(['energy', '0.7']);
  const noted = [grid('2026-01', '0.9'), grid('2026-02', '0.6')];
  expect(holdAgainstGrid(rule, from('2026-04'), noted)).toMatchObject({ verdict: 'over', standsIn: '2026-02' });
  expect(holdAgainstGrid(rule, from('2025-12', '2025-12'), noted)).toEqual({
    verdict: 'unknown',
    standsIn: null,
    over: [],
  });
});

test('a tariff is held against the grid’s price of that tariff where it has one; what is free is no price', () => {
  const parts = (price: string) => [{ name: 'energy', price }];
  const rule = parseRule({
    kind: 'tou',
    by: 'intervals',
    calendar: {
      dayTables: {
        day: [
          { from: '00:00', to: '12:00', tariff: 'valley' },
          { from: '12:00', to: '24:00', tariff: 'peak' },
        ],
      },
      seasons: [{ from: '01-01', to: '12-31', weekday: 'day' }],
    },
    prices: { peak: parts('1.1'), valley: parts('0.65') },
    allowance: { quantity: '50', per: 'month' },
  });
  expect(energyRange(rule)).toEqual({ lowest: 650_000n, highest: 1_100_000n });
  expect(holdAgainstGrid(rule, from('2026-03'), [grid('2026-03', '0.6', '1.2')]).over).toEqual([
    { month: '2026-03', step: 2, tariff: 'valley', energy: 650_000n, grid: 600_000n },
  ]);
});

test('a rule is over exactly where its highest energy price is above a grid without times of use', () => {
  fc.assert(
    fc.property(anyRule, fc.bigInt({ min: 1n, max: 7_000_000n }), (rule, price) => {
      const { verdict } = holdAgainstGrid(rule, from('2026-03'), [
        { month: '2026-03', price: price as MicroYuan, tariffs: null },
      ]);
      expect(verdict).toBe(energyRange(rule).highest > price ? 'over' : 'under');
    }),
    { numRuns: 20_000 },
  );
});
