import { formatPrice, type MicroYuan } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { energy, flat, seasonsOf, steps, tou } from '../../test/rule-examples.ts';
import { isFree } from './allowance.ts';
import { unitPrice } from './parts.ts';
import { parseRule } from './rule.ts';

test('a price is the sum of its parts, rebates included, exact to six places', () => {
  const rule = parseRule({
    kind: 'flat',
    parts: [
      { name: 'energy', price: '0.612345' },
      { name: 'loss', price: '0.05' },
      { name: 'rebate', price: '-0.000001' },
    ],
  });
  expect(rule.kind === 'flat' && formatPrice(unitPrice(rule.price))).toBe('0.662344');
});

test('every kind is read, seasons over the end of the year and special days among it', () => {
  expect(parseRule(steps)).toMatchObject({ kind: 'steps', period: 'month', steps: [{ upTo: 100n }, { upTo: null }] });
  const winter = { ...seasonsOf(['11-01', '02-29'], ['03-01', '10-31']), specialDays: { '2028-02-29': 'normal' } };
  expect(parseRule({ ...tou, calendar: winter })).toMatchObject({ kind: 'tou', by: 'intervals' });
  const { by, calendar } = tou;
  const both = {
    by,
    calendar,
    kind: 'steps_tou',
    period: 'year',
    steps: [
      { upTo: 100, prices: tou.prices },
      { upTo: null, prices: tou.prices },
    ],
  };
  expect(parseRule(both)).toMatchObject({ kind: 'steps_tou', period: 'year', by: 'intervals' });
});

test('free use is a first step at zero; the steps of the rule stay where they are, for they count all use', () => {
  const allowance = { quantity: '0.05', per: 'month' };
  const free = [{ name: 'allowance', price: 0n }];
  expect(parseRule({ ...steps, allowance })).toMatchObject({
    kind: 'steps',
    steps: [{ upTo: 50n, price: free }, { upTo: 100n }, { upTo: null }],
  });
  expect(parseRule({ ...steps, allowance: { ...allowance, quantity: '0.1' } })).toMatchObject({
    steps: [
      { upTo: 100n, price: free },
      { upTo: null, price: [{ price: 2_000_000n }] },
    ],
  });
  expect(parseRule({ ...tou, allowance, standing: { perDay: '0.5' } })).toMatchObject({
    kind: 'steps_tou',
    period: 'month',
    steps: [{ upTo: 50n, price: { flat: free } }, { upTo: null }],
    standingPerDay: 500_000n,
  });
});

test('a free allowance may begin anew each year; without a standing charge there is none beside it', () => {
  const yearly = parseRule({ ...flat(energy('1')), allowance: { quantity: '0.05', per: 'year' } });
  expect(yearly).toMatchObject({ kind: 'steps', period: 'year' });
  expect(Object.keys(yearly)).not.toContain('standingPerDay');
});

test('only a single part of that name at zero is the price of free use', () => {
  const part = (name: string, price: bigint) => ({ name, price: price as MicroYuan });
  expect(isFree([part('allowance', 0n)])).toBe(true);
  for (const parts of [
    [],
    [part('allowance', 1n)],
    [part('energy', 0n)],
    [part('allowance', 0n), part('allowance', 0n)],
  ]) {
    expect(isFree(parts)).toBe(false);
  }
});

test('any bytes of JSON are either a rule or refused by name', () => {
  const named = /^pricing\.bad_(rule|steps|day_table|seasons|special_day|allowance|standing)$/;
  const mangled = fc
    .tuple(fc.constantFrom(flat(energy('1')), steps, tou), fc.string(), fc.jsonValue())
    .map(([rule, key, value]) => ({ ...rule, [Object.keys(rule)[key.length % 4] ?? key]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), mangled), (json) => {
      try {
        expect(['flat', 'tou', 'steps', 'steps_tou']).toContain(parseRule(json).kind);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(named) });
      }
    }),
    { numRuns: 20_000 },
  );
});
