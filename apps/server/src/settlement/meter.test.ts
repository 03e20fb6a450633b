import { parseRule } from '@openprepay/domain';
import { type NanoYuan, quantity } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { flatRule, minute } from '../../test-support/market.ts';
import type { PriceBook } from '../prices/index.ts';
import { MAX_READINGS, settleMeter } from './meter.ts';
import type { Cursor, Span } from './types.ts';

const versions = [{ planId: 'plan', version: 1, validFrom: minute(0), rule: parseRule(flatRule('1')) }];
const book: PriceBook = {
  planFor: (kind, ownPlanId) =>
    kind === 'electricity' ? { planId: ownPlanId ?? 'plan', kind, name: 'plan', marketDefault: true, versions } : null,
};

const cursor: Cursor = {
  accountId: 'old',
  openedAt: minute(0),
  settledAt: minute(30),
  settledValue: quantity(1_000),
  billing: { billingPeriod: 'tenure', periodFrom: minute(0), use: quantity(123), exact: 123_456n as NanoYuan },
};

function spanOf(
  accountId: string,
  from: number,
  to: number | null,
  values: readonly (readonly [number, number])[],
): Span {
  return {
    meterId: 'meter',
    kind: 'electricity',
    accountId,
    stallId: 'stall',
    planId: null,
    fromAt: minute(from),
    toAt: to === null ? null : minute(to),
    carried: null,
    readAts: values.map(([minutes]) => minute(minutes)),
    totals: values.map(([, total]) => quantity(total)),
    tariffs: values.map(() => null),
  };
}

const shown = (spans: readonly Span[], from = cursor) => {
  const settled = settleMeter(from, spans, book, 'Asia/Shanghai');
  return {
    charges: settled.charges.map((one) => [one.accountId, one.from.total, one.to.total, one.before.exact]),
    cursor: settled.cursor,
  };
};

test('a meter with nothing new keeps its cursor as it is', () => {
  expect(settleMeter(cursor, [spanOf('old', 0, null, [[30, 1_000]])], book, 'Asia/Shanghai')).toEqual({
    charges: [],
    cursor,
  });
});

test('the exact sum goes on in the same tenure and begins anew in the next', () => {
  const spans = [
    spanOf('old', 0, 60, [
      [30, 1_000],
      [60, 1_500],
    ]),
    spanOf('new', 60, null, [
      [60, 1_500],
      [90, 1_700],
    ]),
  ];
  const { charges, cursor: after } = shown(spans);
  expect(charges).toEqual([
    ['old', 1_000n, 1_500n, 123_456n],
    ['new', 1_500n, 1_700n, 0n],
  ]);
  expect(after).toEqual({
    accountId: 'new',
    openedAt: minute(60),
    settledAt: minute(90),
    settledValue: 1_700n,
    billing: { billingPeriod: 'tenure', periodFrom: minute(60), use: 200n, exact: 200_000_000n },
  });
});

test('an account that gets the meter back, or at another stall, begins a new billing period', () => {
  const { charges, cursor: after } = shown([
    spanOf('old', 100, null, [
      [120, 3_000],
      [150, 3_100],
    ]),
  ]);
  expect(charges).toEqual([['old', 3_000n, 3_100n, 0n]]);
  expect(after.billing.periodFrom).toEqual(minute(120));
});

test('the next account waits while the one before it has more readings than are settled at once', () => {
  const many = Array.from({ length: MAX_READINGS }, (_, i) => [30 + i, 1_000 + i] as const);
  const { charges, cursor: after } = shown([
    spanOf('old', 0, 900, many),
    spanOf('new', 900, null, [
      [900, 9_000],
      [930, 9_100],
    ]),
  ]);
  expect(charges).toEqual([['old', 1_000n, 1_099n, 123_456n]]);
  expect(after.accountId).toBe('old');
});

test('tenures that overlap are never charged twice', () => {
  const spans = [
    spanOf('old', 0, 120, [
      [30, 1_000],
      [90, 1_500],
    ]),
    spanOf('new', 60, null, [
      [60, 1_200],
      [90, 1_500],
      [120, 1_700],
    ]),
  ];
  expect(shown(spans).charges).toEqual([['old', 1_000n, 1_500n, 123_456n]]);
});

test('a cursor that does not stand on its reading stops the meter, and a kind without a price is named', () => {
  expect(() =>
    shown([
      spanOf('old', 0, null, [
        [30, 999],
        [60, 1_500],
      ]),
    ]),
  ).toThrow(expect.objectContaining({ code: 'kernel.assertion_failed' }));
  const water = {
    ...spanOf('old', 0, null, [
      [30, 1_000],
      [60, 1_500],
    ]),
    kind: 'water' as const,
  };
  expect(() => shown([water])).toThrow(expect.objectContaining({ code: 'settlement.no_plan' }));
});
