import { expect, test } from 'vitest';
import { settlementCutOff } from './cut-off.ts';

test.each([
  ['each_reading', null],
  ['daily', '2026-03-03T16:00:00.000Z'],
  ['weekly', '2026-03-01T16:00:00.000Z'],
  ['monthly', '2026-02-28T16:00:00.000Z'],
] as const)('a building settled %s is settled up to %s', (period, expected) => {
  // Wednesday 4 March 2026, 08:30 in Shanghai.
  const cutOff = settlementCutOff(period, new Date('2026-03-04T00:30:00Z'), 'Asia/Shanghai');
  expect(cutOff?.toISOString() ?? null).toBe(expected);
});

test('a week that began in the month before ends there', () => {
  const cutOff = settlementCutOff('weekly', new Date('2026-04-01T04:00:00Z'), 'Asia/Shanghai');
  expect(cutOff?.toISOString()).toBe('2026-03-29T16:00:00.000Z');
});
