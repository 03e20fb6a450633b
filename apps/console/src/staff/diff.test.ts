import { expect, test } from 'vitest';
import { differences } from './diff.ts';

test('fields are told side by side, what changed first', () => {
  const before = { name: 'Ann', scope: { kind: 'group' }, old: 1 };
  const after = { name: 'Ann', scope: { kind: 'markets' }, fresh: null };
  expect(differences(before, after)).toEqual([
    { name: 'scope', before: '{"kind":"group"}', after: '{"kind":"markets"}', changed: true },
    { name: 'old', before: '1', after: null, changed: true },
    { name: 'fresh', before: null, after: 'null', changed: true },
    { name: 'name', before: 'Ann', after: 'Ann', changed: false },
  ]);
});

test('an act that says nothing of before, or of both, or no object at all', () => {
  expect(differences(null, null)).toEqual([]);
  expect(differences(null, { a: 1 })).toEqual([{ name: 'a', before: null, after: '1', changed: true }]);
  expect(differences('on', 'off')).toEqual([{ name: '', before: 'on', after: 'off', changed: true }]);
});
