import { expect, test } from 'vitest';
import { type Calendar, type DayTable, parseCalendar } from './calendar.ts';
import { tariffBorders, timelineOf } from './timeline.ts';

const DAY_MS = 86_400_000;
const dayTables = {
  normal: [
    { from: '00:00', to: '08:00', tariff: 'valley' },
    { from: '08:00', to: '24:00', tariff: 'peak' },
  ],
  quiet: [{ from: '00:00', to: '24:00', tariff: 'valley' }],
};
const seasons = [{ from: '01-01', to: '12-31', weekday: 'normal' }];
const calendar = parseCalendar({ dayTables, seasons, specialDays: { '2026-03-04': 'quiet' } });

test.each([
  ['Asia/Shanghai', '+08:00'],
  ['America/New_York', '-05:00'],
  ['Pacific/Kiritimati', '+14:00'],
  ['Pacific/Pago_Pago', '-11:00'],
])('by the clock of %s a tariff holds from its first minute up to the next one', (zone, offset) => {
  const tariffAt = (local: string) => timelineOf(calendar, zone).at(Date.parse(`${local}${offset}`)).tariff;
  for (const day of ['2026-03-03', '2026-03-05']) {
    expect(
      ['00:00:00.000', '07:59:59.999', '08:00:00.000', '23:59:59.999'].map((time) => tariffAt(`${day}T${time}`)),
    ).toEqual(['valley', 'valley', 'peak', 'peak']);
  }
});

test('borders are where one tariff gives way to another, neither at the ends nor where days alike meet', () => {
  const at = (local: string) => new Date(`${local}+08:00`);
  const between = (from: string, to: string) => tariffBorders(calendar, 'Asia/Shanghai', at(from), at(to));
  expect(between('2026-03-02T08:00', '2026-03-06T00:00')).toEqual(
    ['2026-03-03T00:00', '2026-03-03T08:00', '2026-03-04T00:00', '2026-03-05T08:00'].map(at),
  );
  expect(between('2026-03-02T00:00', '2026-03-02T08:00')).toEqual([]);
  expect(between('2026-03-02T00:00', '2026-03-02T08:00:00.001')).toEqual([at('2026-03-02T08:00')]);
});

test('an hour that the clocks skip is of no tariff, whatever the table says of it', () => {
  const skipped = parseCalendar({
    dayTables: {
      normal: [
        { from: '00:00', to: '02:15', tariff: 'valley' },
        { from: '02:15', to: '02:45', tariff: 'sharp' },
        { from: '02:45', to: '24:00', tariff: 'peak' },
      ],
    },
    seasons,
  });
  const [from, to] = [new Date('2026-03-28T23:00:00Z'), new Date('2026-03-29T12:00:00Z')];
  const tariffs = [from, ...tariffBorders(skipped, 'Europe/Berlin', from, to)].map(
    (at) => timelineOf(skipped, 'Europe/Berlin').at(at.getTime()).tariff,
  );
  expect(new Set(tariffs)).toEqual(new Set(['valley', 'sharp', 'peak']));
  expect(tariffBorders(skipped, 'Europe/Berlin', from, to)).toHaveLength(2);
});

/** Says how often it was asked for a date. */
class CountedDays extends Map<string, DayTable> {
  asked = 0;
  override get(date: string): DayTable | undefined {
    this.asked++;
    return super.get(date);
  }
}

test('a day is laid out once, until three years of other days were', () => {
  const specialDays = new CountedDays();
  const counted: Calendar = { ...calendar, specialDays };
  const asksFor = (day: number): number => {
    const before = specialDays.asked;
    timelineOf(counted, 'UTC').at(day * DAY_MS);
    return specialDays.asked - before;
  };
  expect([asksFor(0), asksFor(0)]).toEqual([3, 0]);
  for (let day = 1; day < 1_100; day++) asksFor(day);
  expect([asksFor(0), asksFor(1)]).toEqual([0, 0]);
  // One more, and the oldest goes.
  expect([asksFor(1_100), asksFor(1), asksFor(0)]).toEqual([3, 0, 3]);
  expect(timelineOf(counted, 'UTC')).toBe(timelineOf(counted, 'UTC'));
  expect(timelineOf(counted, 'UTC')).not.toBe(timelineOf(counted, 'Asia/Shanghai'));
});
