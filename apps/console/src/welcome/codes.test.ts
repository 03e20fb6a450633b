import { expect, test } from 'vitest';
import { codesOf } from './codes.ts';

test('codes are typed one a line or with commas between, and count once', () => {
  expect(codesOf('A-001\nA-002, A-003，A-001\r\n\n')).toEqual(['A-001', 'A-002', 'A-003']);
  expect(codesOf(' ')).toEqual([]);
});
