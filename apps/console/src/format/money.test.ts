import { fen } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAmount, formatPlainYuan, formatSignedAmount } from './money.ts';

test('fen become yuan with both decimals and grouped thousands', () => {
  expect(formatAmount(0)).toBe('¥0.00');
  expect(formatAmount(5)).toBe('¥0.05');
  expect(formatAmount(123_456_789)).toBe('¥1,234,567.89');
  expect(formatPlainYuan(fen(100_000_000))).toBe('1,000,000.00');
});

test('a debt has a true minus before the sign of the currency', () => {
  expect(formatAmount(-320)).toBe('−¥3.20');
  expect(formatSignedAmount(-320)).toBe('−¥3.20');
  expect(formatSignedAmount(320)).toBe('+¥3.20');
  expect(formatSignedAmount(0)).toBe('¥0.00');
});

test('no fen is lost in writing', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (amountFen) => {
      const digits = formatAmount(amountFen).replace(/[¥,.]/g, '').replace('−', '-');
      expect(Number(digits)).toBe(amountFen);
    }),
  );
});
