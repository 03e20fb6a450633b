import { expect, test } from 'vitest';
import { serialOf } from './serial.ts';

test('a bare number is the serial', () => {
  expect(serialOf(' 20231008001234\n')).toBe('20231008001234');
});

test('a number among other fields, or in an address, is found', () => {
  expect(serialOf('DDSY1352-NK;SN:20231008001234;2023-10')).toBe('20231008001234');
  expect(serialOf('https://example.com/m?sn=AB0012345678')).toBe('AB0012345678');
});

test('what has no number is looked for as it is', () => {
  expect(serialOf('A-101')).toBe('A-101');
});
