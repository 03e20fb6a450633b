import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressOf, listQueryOf, nextSort } from './list-query.ts';

test('an untouched list has an empty address', () => {
  expect(addressOf(listQueryOf({}, ['kind']))).toEqual({});
});

test('what an address says comes back from it, page for page', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const query = fc.record({
    search: fc.string({ maxLength: 64 }),
    sort: fc.oneof(
      fc.constant(''),
      word,
      word.map((key) => `-${key}`),
    ),
    page: fc.integer({ min: 0, max: 99_999 }),
    filters: fc.record({ kind: word, link: word }, { requiredKeys: [] }),
  });
  fc.assert(
    fc.property(query, (given) => {
      expect(listQueryOf(addressOf(given), ['kind', 'link'])).toEqual(given);
    }),
  );
});

test('an address that makes no sense opens the list at its beginning', () => {
  const broken = { q: ['a', 'b'], sort: 'a b', page: '-3', kind: 7, other: 'x' };
  expect(listQueryOf(broken, ['kind'])).toEqual({ search: '', sort: '', page: 0, filters: {} });
});

test('a column’s head turns the order up, down, and back', () => {
  expect(nextSort('', 'serial')).toBe('serial');
  expect(nextSort('serial', 'serial')).toBe('-serial');
  expect(nextSort('-serial', 'serial')).toBe('');
  expect(nextSort('-serial', 'model')).toBe('model');
});
