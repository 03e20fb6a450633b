import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Column, moved, placed } from './columns.ts';

const columns: Column[] = [
  { key: 'serial', label: 'Serial', fixed: true },
  { key: 'model', label: 'Model' },
  { key: 'signal', label: 'Signal', extra: true },
];
const keys = (all: readonly { readonly key: string }[]) => all.map(({ key }) => key);

test('a list that nobody touched is as it was made', () => {
  expect(placed(columns, []).map(({ key, isShown, widthPx }) => [key, isShown, widthPx])).toEqual([
    ['serial', true, null],
    ['model', true, null],
    ['signal', false, null],
  ]);
});

test('what was kept stands first and in its order; a column that came later stands behind, one that is gone is nothing', () => {
  const kept = [
    { key: 'signal', isShown: true, widthPx: 90 },
    { key: 'gone', isShown: true, widthPx: null },
    { key: 'serial', isShown: false, widthPx: null },
  ];
  expect(placed(columns, kept).map(({ key, isShown, widthPx }) => [key, isShown, widthPx])).toEqual([
    ['signal', true, 90],
    ['serial', true, null],
    ['model', true, null],
  ]);
});

test('a column is moved to where another is, and none is lost', () => {
  expect(keys(moved(columns, 'signal', 'serial'))).toEqual(['signal', 'serial', 'model']);
  expect(keys(moved(columns, 'serial', 'signal'))).toEqual(['model', 'signal', 'serial']);
  const key = fc.constantFrom('serial', 'model', 'signal', 'nothing');
  fc.assert(
    fc.property(key, key, (from, to) => {
      expect(keys(moved(columns, from, to)).toSorted()).toEqual(keys(columns).toSorted());
    }),
  );
});
