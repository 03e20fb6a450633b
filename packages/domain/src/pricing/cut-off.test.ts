import { businessDay, zonedParts } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settlementCutOff } from './cut-off.ts';

const SHANGHAI = 'Asia/Shanghai';
const six = 6 * 60;
const evening = 18 * 60 + 30;

test.each([
  ['each_reading', [], null],
  ['daily', [], '2026-03-03T16:00:00.000Z'],
  ['weekly', [], '2026-03-01T16:00:00.000Z'],
  ['monthly', [], '2026-02-28T16:00:00.000Z'],
  ['each_reading', [six], null],
  ['daily', [six], '2026-03-03T22:00:00.000Z'],
  ['daily', [evening], '2026-03-03T10:30:00.000Z'],
  ['daily', [evening, six], '2026-03-03T22:00:00.000Z'],
  ['weekly', [evening], '2026-03-02T10:30:00.000Z'],
  ['monthly', [evening], '2026-03-01T10:30:00.000Z'],
] as const)('a building settled %s at minutes %j is settled up to %s', (period, minutes, expected) => {
  // Wednesday 4 March 2026, 08:30 in Shanghai.
  const cutOff = settlementCutOff(period, new Date('2026-03-04T00:30:00Z'), SHANGHAI, minutes);
  expect(cutOff?.toISOString() ?? null).toBe(expected);
});

test.each([
  ['daily', '10:29', '2026-03-01T10:30:00.000Z'],
  ['daily', '10:30', '2026-03-02T10:30:00.000Z'],
  ['weekly', '10:29', '2026-02-23T10:30:00.000Z'],
  ['weekly', '10:30', '2026-03-02T10:30:00.000Z'],
] as const)('a %s period ends at the building’s time, and not before: at %s UTC up to %s', (period, time, expected) => {
  // Monday, 2 March 2026; 18:30 in Shanghai is 10:30 UTC.
  const cutOff = settlementCutOff(period, new Date(`2026-03-02T${time}:00Z`), SHANGHAI, [evening]);
  expect(cutOff?.toISOString()).toBe(expected);
});

test('a week that began in the month before ends there', () => {
  const cutOff = settlementCutOff('weekly', new Date('2026-04-01T04:00:00Z'), SHANGHAI);
  expect(cutOff?.toISOString()).toBe('2026-03-29T16:00:00.000Z');
});

test('a month’s end before its time is that of the month before, over the end of a year', () => {
  const cutOff = settlementCutOff('monthly', new Date('2026-12-31T20:00:00Z'), SHANGHAI, [six]);
  expect(cutOff?.toISOString()).toBe('2026-11-30T22:00:00.000Z');
});

test('whatever its times and zone, a cut-off is past, at one of them, on the first day of a period, and never goes back', () => {
  const minutes = fc.array(fc.integer({ min: 0, max: 1_439 }), { maxLength: 4 });
  const when = fc.date({ min: new Date('2025-01-01'), max: new Date('2028-01-01'), noInvalidDate: true });
  const period = fc.constantFrom('daily' as const, 'weekly' as const, 'monthly' as const);
  const laterMs = fc.integer({ min: 0, max: 40 * 86_400_000 });
  fc.assert(
    fc.property(minutes, when, period, laterMs, (times, now, every, later) => {
      const cutOff = settlementCutOff(every, now, SHANGHAI, times) ?? now;
      const { hour, minute, weekday, day } = zonedParts(cutOff, SHANGHAI);
      expect(cutOff <= now).toBe(true);
      expect(times.length === 0 ? [0] : times).toContain(hour * 60 + minute);
      if (every === 'weekly') expect(weekday).toBe(1);
      if (every === 'monthly') expect(day).toBe(1);
      if (every === 'daily') expect(now.getTime() - cutOff.getTime()).toBeLessThan(86_400_000);
      const next = settlementCutOff(every, new Date(now.getTime() + later), SHANGHAI, times) ?? now;
      expect(next >= cutOff).toBe(true);
      expect(settlementCutOff(every, cutOff, SHANGHAI, times)).toEqual(cutOff);
    }),
  );
});

test('a time that the clocks skip comes on the same day', () => {
  // New York goes forward from 02:00 to 03:00 on 8 March 2026, at 07:00 UTC.
  const cutOff = settlementCutOff('daily', new Date('2026-03-08T12:00:00Z'), 'America/New_York', [150]);
  expect(cutOff && businessDay(cutOff, 'America/New_York')).toBe('2026-03-08');
});
