import { expect, test } from 'vitest';
import { formatInstant, formatShortInstant, inZone } from './time.ts';

const SHANGHAI = 'Asia/Shanghai';

test('times are the market’s wall clock, wherever the browser is', () => {
  expect(formatInstant('2026-03-02T16:05:09.500Z', SHANGHAI)).toBe('2026-03-03 00:05:09');
  expect(inZone('2026-03-02T16:05:09Z', 'Asia/Urumqi').minute).toBe('22:05');
});

test('a time of the present business day is shown without its day', () => {
  const now = new Date('2026-03-02T17:00:00Z');
  expect(formatShortInstant('2026-03-02T16:00:00Z', now, SHANGHAI)).toBe('00:00:00');
  expect(formatShortInstant('2026-03-02T15:59:59Z', now, SHANGHAI)).toBe('03-02 23:59');
});
