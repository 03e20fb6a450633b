import { expect, test } from 'vitest';
import { clockDriftS } from './clock-drift.ts';

const at = new Date('2026-03-02T00:00:00Z');
const shown = (year: number) => ({ year, month: 3, day: 2, hour: 8, minute: 0, second: 30, weekday: 1 });

test('a clock is compared in the zone of its market', () => {
  expect(clockDriftS(shown(2026), 'Asia/Shanghai', at)).toBe(30);
  expect(clockDriftS(null, 'Asia/Shanghai', at)).toBeNull();
});

test('a clock that was never set drifts no further than can be kept', () => {
  expect(clockDriftS(shown(2099), 'Asia/Shanghai', at)).toBe(2 ** 31 - 1);
  expect(clockDriftS(shown(1945), 'Asia/Shanghai', at)).toBe(-(2 ** 31 - 1));
});
