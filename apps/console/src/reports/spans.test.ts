import { expect, test } from 'vitest';
import { dayOr, nextDay, spanOf } from './spans.ts';

test('the usual spans end today, or with the month before', () => {
  expect(spanOf('today', '2026-03-02')).toEqual({ from: '2026-03-02', to: '2026-03-02' });
  expect(spanOf('week', '2026-03-02')).toEqual({ from: '2026-02-24', to: '2026-03-02' });
  expect(spanOf('month', '2026-03-31')).toEqual({ from: '2026-03-01', to: '2026-03-31' });
  expect(spanOf('lastMonth', '2028-03-31')).toEqual({ from: '2028-02-01', to: '2028-02-29' });
  expect(spanOf('lastMonth', '2026-01-05')).toEqual({ from: '2025-12-01', to: '2025-12-31' });
  expect(spanOf('year', '2026-03-02')).toEqual({ from: '2026-01-01', to: '2026-03-02' });
});

test('an address that names no day gets another', () => {
  expect(dayOr('2026-03-02', 'x')).toBe('2026-03-02');
  for (const wrong of ['2026-13-02', '2026-3-2', 7, undefined, ['2026-03-02']]) expect(dayOr(wrong, 'x')).toBe('x');
  expect(nextDay('2026-02-28')).toBe('2026-03-01');
});
