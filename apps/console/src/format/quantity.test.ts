import { expect, test } from 'vitest';
import { formatRegister, formatUse } from './quantity.ts';

test('a register is shown to the last watt-hour or litre', () => {
  expect(formatRegister(1_234_560, 'electricity')).toBe('1234.560 kWh');
  expect(formatRegister(7, 'water')).toBe('0.007 m³');
});

test('use is rounded for a glance', () => {
  expect(formatUse(12_349, 'electricity')).toBe('12.3 kWh');
  expect(formatUse(12_350, 'electricity')).toBe('12.4 kWh');
  expect(formatUse(0, 'electricity')).toBe('0.0 kWh');
  expect(formatUse(1_994, 'water')).toBe('1.99 m³');
  expect(formatUse(1_995, 'water')).toBe('2.00 m³');
});
