import { formatQuantity, quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRegister } from './register.ts';

test('what is no register is refused before it is sent', () => {
  expect(['', '-1', '1.2345', '1,5', 'abc', '1e3', '.5', '12345678901'].filter(isRegister)).toEqual([]);
  expect(['0', '12', '12.3', ' 1234.567 ', '0.005'].every(isRegister)).toBe(true);
});

test('every register a meter can show may be typed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999 }), (base) => {
      expect(isRegister(formatQuantity(quantity(base)))).toBe(true);
    }),
  );
});
