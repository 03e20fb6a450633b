import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plusMinutes, secondsBetween, wallClock } from './wall-clock.ts';

const START = { year: 2026, month: 2, day: 28, hour: 23, minute: 59, second: 30 };

describe('a wall clock', () => {
  test('has the weekday of the calendar', () => {
    const days = fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(days, (at) => {
        const fields = { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
        expect(wallClock({ ...fields, hour: 0, minute: 0, second: 0 })?.weekday).toBe(at.getUTCDay());
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    [{ month: 2, day: 29 }],
    [{ year: 2100, month: 2, day: 29 }],
    [{ month: 13 }],
    [{ month: 0 }],
    [{ day: 0 }],
    [{ month: 4, day: 31 }],
    [{ hour: 24 }],
    [{ minute: 60 }],
    [{ second: 60 }],
    [{ year: 26 }],
    [{ day: Number.NaN }],
    [{ hour: Number.NaN }],
  ])('is none at %j', (change) => {
    expect(wallClock({ ...START, ...change })).toBeNull();
  });

  test.each([2024, 2000])('has a 29th of February in %i', (year) => {
    expect(wallClock({ ...START, year, day: 29 })).not.toBeNull();
  });

  test('goes on over the end of a month', () => {
    const later = plusMinutes(START, 1);
    expect(later).toEqual({ year: 2026, month: 3, day: 1, hour: 0, minute: 0, second: 30, weekday: 0 });
    expect(secondsBetween(START, later)).toBe(60);
    expect(secondsBetween(later, START)).toBe(-60);
  });
});
