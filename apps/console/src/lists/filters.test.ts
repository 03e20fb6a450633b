import { expect, test } from 'vitest';
import { sortIn, withFilter } from './filters.ts';

test('a filter that is chosen takes the place of the one before, and none where the choice is empty', () => {
  expect(withFilter({ kind: 'water', link: 'nb' }, 'kind', 'electricity')).toEqual({ kind: 'electricity', link: 'nb' });
  expect(withFilter({ kind: 'water' }, 'kind', '')).toEqual({});
});

test('an order of the address counts where the list has it', () => {
  expect(sortIn(['stall', 'opened'], '-stall')).toEqual({ sort: 'stall', descending: true });
  expect(sortIn(['stall', 'opened'], 'opened')).toEqual({ sort: 'opened', descending: false });
  expect(sortIn(['stall', 'opened'], 'price')).toEqual({});
  expect(sortIn(['stall', 'opened'], '')).toEqual({});
});
