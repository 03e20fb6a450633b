import { beforeEach, expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { scopeText } from './scope-words.ts';

const places = [{ marketId: 'm', name: 'North', buildings: [{ buildingId: 'b', name: 'Hall 1' }] }];
beforeEach(async () => {
  await speak('en');
});

test('a scope is told in names, and what the reader may not see is told as such', () => {
  expect(scopeText({ kind: 'group' }, [])).toBe('Whole group');
  expect(scopeText({ kind: 'markets', marketIds: ['m', 'x'] }, places)).toBe('North, Elsewhere');
  expect(scopeText({ kind: 'buildings', marketId: 'm', buildingIds: ['b', 'y'] }, places)).toBe(
    'North · Hall 1, Elsewhere',
  );
  expect(scopeText({ kind: 'buildings', marketId: 'x', buildingIds: ['b'] }, places)).toBe('Elsewhere · Elsewhere');
});
