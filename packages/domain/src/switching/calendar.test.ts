import { businessDay, instantOf, zonedParts } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CutCalendar, calendarAt, type FriendlyHours } from './calendar.ts';

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const nothing: CutCalendar = { zone: 'Asia/Shanghai', friendlyHours: [], holidays: [], protectedTypes: new Set() };
const shanghai = (text: string) => new Date(`${text}+08:00`);
const night: FriendlyHours = { stallType: null, weekdays: EVERY_DAY, fromMinute: 22 * 60, toMinute: 6 * 60 };

test.each([
  ['before them', '21:59:59', false],
  ['as they begin', '22:00:00', true],
  ['at midnight', '00:00:00', true],
  ['to the last second', '05:59:59', true],
  ['as they end', '06:00:00', false],
])('hours past midnight: %s', (_, time, isOn) => {
  const { friendlyHours } = calendarAt({ ...nothing, friendlyHours: [night] }, shanghai(`2026-03-04T${time}`))(null);
  expect(friendlyHours).toEqual(isOn ? night : null);
});

test('hours past midnight belong to the day on which they begin', () => {
  const saturdays = { ...night, weekdays: [6] };
  const on = (text: string) =>
    calendarAt({ ...nothing, friendlyHours: [saturdays] }, shanghai(text))(null).friendlyHours !== null;
  // 7 March 2026 is a Saturday.
  expect(on('2026-03-07T05:00:00')).toBe(false);
  expect(on('2026-03-07T23:00:00')).toBe(true);
  expect(on('2026-03-08T05:00:00')).toBe(true);
  expect(on('2026-03-08T23:00:00')).toBe(false);
});

test('hours that end when they begin go on for a day', () => {
  const round = { stallType: null, weekdays: [6], fromMinute: 360, toMinute: 360 };
  const on = (text: string) =>
    calendarAt({ ...nothing, friendlyHours: [round] }, shanghai(text))(null).friendlyHours !== null;
  expect(['2026-03-07T05:59:59', '2026-03-07T06:00:00', '2026-03-08T05:59:59', '2026-03-08T06:00:00'].map(on)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('what is for every stall holds for each type', () => {
  const fair = { name: 'fair', stallType: null, firstDay: '2026-03-04', lastDay: '2026-03-04' };
  const calendar = { ...nothing, friendlyHours: [night], holidays: [fair] };
  expect(calendarAt(calendar, shanghai('2026-03-04T23:00:00'))('fish')).toEqual({
    friendlyHours: night,
    holiday: fair,
    protectedType: false,
  });
});

test('a whole day is 00:00 to 24:00', () => {
  const sunday = { stallType: null, weekdays: [0], fromMinute: 0, toMinute: 1440 };
  const on = (text: string) =>
    calendarAt({ ...nothing, friendlyHours: [sunday] }, shanghai(text))(null).friendlyHours !== null;
  expect(['2026-03-07T23:59:59', '2026-03-08T00:00:00', '2026-03-08T23:59:59', '2026-03-09T00:00:00'].map(on)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('a holiday is from its first local midnight to the one after its last day', () => {
  const festival = { name: '春节', stallType: null, firstDay: '2026-02-16', lastDay: '2026-02-23' };
  const on = (text: string) => calendarAt({ ...nothing, holidays: [festival] }, shanghai(text))(null).holiday !== null;
  expect(['2026-02-15T23:59:59', '2026-02-16T00:00:00', '2026-02-23T23:59:59', '2026-02-24T00:00:00'].map(on)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('what is for a type of stall holds for that type only; a protected type is one', () => {
  const calendar = {
    ...nothing,
    friendlyHours: [{ ...night, stallType: 'fish' }],
    holidays: [{ name: 'fair', stallType: 'meat', firstDay: '2026-03-04', lastDay: '2026-03-04' }],
    protectedTypes: new Set(['cold_store']),
  };
  const of = calendarAt(calendar, shanghai('2026-03-04T23:00:00'));
  const said = (stallType: string | null) => {
    const { friendlyHours, holiday, protectedType } = of(stallType);
    return [friendlyHours !== null, holiday !== null, protectedType];
  };
  expect(said('fish')).toEqual([true, false, false]);
  expect(said('meat')).toEqual([false, true, false]);
  expect(said('cold_store')).toEqual([false, false, true]);
  expect(said(null)).toEqual([false, false, false]);
});

test('clocks that change: the skipped hour is not there, the repeated one counts twice', () => {
  const early = { stallType: null, weekdays: EVERY_DAY, fromMinute: 2 * 60, toMinute: 3 * 60 };
  const berlin = { ...nothing, zone: 'Europe/Berlin', friendlyHours: [early] };
  const on = (text: string) => calendarAt(berlin, new Date(text))(null).friendlyHours !== null;
  // 01:59:59, then 03:00 at once.
  expect([on('2026-03-29T00:59:59Z'), on('2026-03-29T01:00:00Z')]).toEqual([false, false]);
  // 02:30 in summer time, 02:30 in winter time, 03:00.
  expect([on('2026-10-25T00:30:00Z'), on('2026-10-25T01:30:00Z'), on('2026-10-25T02:00:00Z')]).toEqual([
    true,
    true,
    false,
  ]);
});

const zone = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe');
const anyInstant = fc.date({
  min: new Date('2020-01-01T00:00:00Z'),
  max: new Date('2035-01-01T00:00:00Z'),
  noInvalidDate: true,
});
const anyHours: fc.Arbitrary<FriendlyHours> = fc
  .record({
    stallType: fc.constant(null),
    weekdays: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    fromMinute: fc.integer({ min: 0, max: 1439 }),
    toMinute: fc.integer({ min: 1, max: 1440 }),
  })
  .filter(({ fromMinute, toMinute }) => fromMinute !== toMinute);

/** The wall clock as minutes of a calendar that knows no zone. */
const wallMinute = (at: Date, inZone: string) => {
  const { year, month, day, hour, minute } = zonedParts(at, inZone);
  return Date.UTC(year, month - 1, day, hour, minute) / 60_000;
};

test('whatever the zone and the hours: on exactly while the wall clock is between a beginning and its end', () => {
  fc.assert(
    fc.property(zone, anyInstant, anyHours, (inZone, at, hours) => {
      const now = wallMinute(at, inZone);
      const midnight = now - (now % 1440);
      const lengthMinutes = (hours.toMinute - hours.fromMinute + 1440) % 1440 || 1440;
      const begins = [midnight - 1440, midnight].filter((day) =>
        hours.weekdays.includes(new Date(day * 60_000).getUTCDay()),
      );
      const expected = begins.some(
        (day) => day + hours.fromMinute <= now && now < day + hours.fromMinute + lengthMinutes,
      );
      const { friendlyHours } = calendarAt({ ...nothing, zone: inZone, friendlyHours: [hours] }, at)(null);
      expect(friendlyHours !== null).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever the zone: a holiday of one day begins at its local midnight and holds all of its hours', () => {
  fc.assert(
    fc.property(zone, anyInstant, (inZone, at) => {
      const day = businessDay(at, inZone);
      const holiday = { name: 'one day', stallType: null, firstDay: day, lastDay: day };
      const on = (instant: Date) =>
        calendarAt({ ...nothing, zone: inZone, holidays: [holiday] }, instant)(null).holiday !== null;
      const { year, month, day: dayOfMonth } = zonedParts(at, inZone);
      const begins = instantOf({ year, month, day: dayOfMonth, hour: 0, minute: 0, second: 0 }, inZone);
      expect([on(at), on(begins), on(new Date(begins.getTime() - 1))]).toEqual([true, true, false]);
    }),
    { numRuns: 500 },
  );
});
