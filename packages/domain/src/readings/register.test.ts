import { quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asShown, type Counted, countOn, type MeterLimits, mostBetween } from './register.ts';

const HOUR_MS = 3_600_000;
/** A water meter of five digits: 3 m³ an hour, a turn at 100 m³. In an hour at most 3,611 litres are believed. */
const water: MeterLimits = { kind: 'water', maxPerHour: 3_000n, modulus: 100_000n, ctRatio: 1 };
const AN_HOUR = 3_611n;
const TURN = 100_000n;

const at = (hours: number) => new Date(Date.UTC(2026, 2, 1) + hours * HOUR_MS);
const shown = (hours: number, total: number | bigint, tariffs?: (bigint | null)[]) => ({
  readAt: at(hours),
  total: quantity(total),
  ...(tariffs === undefined ? {} : { tariffs }),
});
const counted = (hours: number, total: number | bigint, tariffs?: (bigint | null)[]): Counted => ({
  ...shown(hours, total, tariffs),
  turnovers: Number(BigInt(total) / TURN),
});
const countedOn = (one: ReturnType<typeof shown>, before: Counted | null, after: Counted | null = null) =>
  countOn(one, { before, after }, water);

test('rated flow × time × 1.2, ten seconds more, and one step of the register after CT', () => {
  expect(mostBetween(shown(0, 0), shown(1, 0), water)).toBe(AN_HOUR);
  const onCts: MeterLimits = { kind: 'electricity', maxPerHour: 13_200n, modulus: null, ctRatio: 40 };
  expect(mostBetween(shown(0, 0), shown(1, 0), onCts)).toBe(635_360n + 400n);
  expect(mostBetween(shown(0, 0), shown(1, 77), { ...water, maxPerHour: null })).toBe(77n);
});

test('a register whose turn is not known is taken as it shows', () => {
  const one = shown(1, 5, [1n, null]);
  const around = { before: counted(0, 90_000, [80_000n, null]), after: null };
  expect(countOn(one, around, { ...water, modulus: null })).toStrictEqual({ ...one, turnovers: 0 });
});

test('the turn of a meter on CTs is a turn of its register × the ratio', () => {
  const onCts = { ...water, ctRatio: 40 };
  const before = { ...shown(0, 40n * TURN - 4_000n), turnovers: 0 };
  expect(countOn(shown(1, 4_000), { before, after: null }, onCts)).toStrictEqual({
    ...shown(1, 40n * TURN + 4_000n),
    turnovers: 1,
  });
});

describe('after a good reading', () => {
  test.each([
    ['rising is no wrap, near the top and after days too', 95_000, 96_000, 100, 96_000n],
    ['standing still is none either', 95_000, 95_000, 100, 95_000n],
    ['what fell from the last tenth, as far as it can have counted, has wrapped', 99_000, 2_611, 1, 102_611n],
    ['further than that it has not', 99_000, 2_612, 1, 2_612n],
    ['the last tenth begins at nine', 90_000, 0, 10, 100_000n],
    ['and below it nothing wraps', 89_999, 0, 10, 0n],
    ['on a later turn the tenth is that turn’s', 180_000, 0, 10, 100_000n],
    ['where it wraps again', 299_000, 100, 1, 300_100n],
  ])('%s', (_, before, register, hours, total) => {
    expect(countedOn(shown(hours, register), counted(0, before)).total).toBe(total);
  });

  test.each([
    ['which is a turn further and not below: wrapped, from wherever', 10_000, 110_000n],
    ['up to the same value', 20_000, 120_000n],
    ['but not above it', 30_000, 30_000n],
  ])('and before one of the next turn, %s', (_, register, total) => {
    expect(countedOn(shown(1, register), counted(0, 50_000), counted(40, 120_000)).total).toBe(total);
  });
});

describe('before the first good reading', () => {
  test.each([
    ['it is on that one’s turn where it fits below', 95_000, 196_000, 100, 195_000n],
    ['or is the same', 96_000, 196_000, 100, 196_000n],
    ['it is a turn less where the way over the top is as far as it can have counted', 99_000, 102_611, 1, 99_000n],
    ['and not where it is further', 99_000, 102_612, 1, 199_000n],
    ['nor from below the last tenth', 80_000, 105_000, 10, 180_000n],
    ['on the first turn there is none before', 80_000, 70_000, 10, 80_000n],
  ])('%s', (_, register, after, hours, total) => {
    expect(countedOn(shown(0, register), null, counted(hours, after)).total).toBe(total);
  });

  test('with no good reading at all it is what it shows', () => {
    expect(countedOn(shown(0, 99_000, [7n]), null)).toStrictEqual({ ...shown(0, 99_000, [7n]), turnovers: 0 });
  });
});

describe('a tariff register, by the reading before', () => {
  const tariff = (value: bigint | null, low: bigint | null, rise: bigint) =>
    countedOn(shown(200, 1n + rise, [value]), counted(0, 1, [low])).tariffs?.[0];
  test.each([
    ['rises on its turn', 600n, TURN + 500n, 100n, TURN + 600n],
    ['stands near the top while all the use is another’s', 95_000n, 95_000n, 99_999n, 95_000n],
    ['wraps as far as the total rose, and two steps', 500n, 99_000n, 1_498n, TURN + 500n],
    ['no further', 501n, 99_000n, 1_498n, 501n],
    ['falls from below the last tenth', 40_000n, 50_000n, 99_000n, 40_000n],
    ['stays unknown', null, 500n, 100n, null],
    ['is as shown where it was not known', 600n, null, 100n, 600n],
    ['is as shown where it shows more than a turn', TURN, 2n * TURN + 5n, 100n, TURN],
  ])('%s', (_, value, low, rise, expected) => {
    expect(tariff(value, low, rise)).toBe(expected);
  });

  test('the two steps are the register’s', () => {
    const electricity: MeterLimits = { kind: 'electricity', maxPerHour: 13_200n, modulus: TURN, ctRatio: 1 };
    const before = counted(0, 1_000, [99_000n]);
    const of = (value: bigint) => countOn(shown(1, 2_480, [value]), { before, after: null }, electricity).tariffs?.[0];
    expect([of(500n), of(501n)]).toEqual([TURN + 500n, 501n]);
  });

  test('a reading before that has no tariffs says nothing', () => {
    expect(countedOn(shown(1, 100, [5n]), counted(0, 1)).tariffs).toEqual([5n]);
  });
});

describe('a tariff register, by the reading after where there is none before', () => {
  const tariff = (value: bigint, high: bigint | null) =>
    countedOn(shown(0, 1, [value]), null, counted(1, 2, [high])).tariffs?.[0];
  test.each([
    ['is on its turn', 400n, TURN + 500n, TURN + 400n],
    ['or the same', 95_000n, TURN + 95_000n, TURN + 95_000n],
    ['near the top too', 95_000n, TURN + 96_000n, TURN + 95_000n],
    ['a turn less where it is near the top and would lie above', 95_000n, TURN, 95_000n],
    ['not from lower down', 50_000n, TURN + 500n, TURN + 50_000n],
    ['and never below zero', 95_000n, 94_000n, 95_000n],
    ['is as shown where that is not known', 400n, null, 400n],
  ])('%s', (_, value, high, expected) => {
    expect(tariff(value, high)).toBe(expected);
  });

  test('a reading after that has no tariffs says nothing', () => {
    expect(countedOn(shown(0, 100, [5n]), null, counted(1, 101)).tariffs).toEqual([5n]);
  });
});

test('what a register showed comes back from what was counted on, tariffs and all', () => {
  const value = fc.bigInt({ min: 0n, max: TURN - 1n });
  const sometimes = fc.option(value);
  fc.assert(
    fc.property(
      value,
      fc.option(fc.array(sometimes, { maxLength: 5 }), { nil: undefined }),
      fc.integer({ min: 0, max: 5 }),
      value,
      fc.array(sometimes, { maxLength: 5 }),
      (total, tariffs, turns, totalBefore, tariffsBefore) => {
        const before = counted(0, BigInt(turns) * TURN + totalBefore, tariffsBefore);
        const one = shown(1, total, tariffs);
        const on = countedOn(one, turns > 0 ? before : null);
        const { turnovers, ...back } = asShown(on, water);
        expect(turnovers).toBe(on.turnovers);
        expect(back).toStrictEqual(one);
        expect(on.total % TURN).toBe(total);
      },
    ),
    { numRuns: 100_000 },
  );
  expect(asShown(counted(0, TURN + 5n, [TURN + 3n, null]), water)).toStrictEqual({
    ...shown(0, 5, [3n, null]),
    turnovers: 1,
  });
  const unlimited = { ...water, modulus: null };
  expect(asShown({ ...shown(0, 5, [2n]), turnovers: 0 }, unlimited)).toStrictEqual({
    ...shown(0, 5, [2n]),
    turnovers: 0,
  });
});
