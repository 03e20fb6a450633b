import { fen, type MicroYuan, type NanoYuan, quantity } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { type BillingState, chargeReadings, newBilling, type PlanVersion, versionAt } from './charge.ts';
import type { MeterValue } from './meter-value.ts';
import { parseRule } from './rule.ts';
import { tariffDivision } from './tariff-use.ts';
import { averagePrice, divideUse } from './use.ts';

const ZONE = 'Asia/Shanghai';
const at = (local: string) => new Date(`${local}+08:00`);
const value = (local: string, total: number, tariffs: MeterValue['tariffs'] = null): MeterValue => ({
  readAt: at(local),
  total: quantity(total),
  tariffs,
});
const version = (json: unknown, from = '2026-01-01T00:00', number = 1): PlanVersion => ({
  planId: 'plan',
  version: number,
  validFrom: at(from),
  rule: parseRule(json),
});
const parts = (price: string) => [{ name: 'energy', price }];
const flat = (price: string) => ({ kind: 'flat', parts: parts(price) });
const steps = (period: string, upTo: number) => ({
  kind: 'steps',
  period,
  steps: [{ upTo, parts: parts('1') }, { parts: parts('2') }],
});
const tou = (by: string) => ({
  kind: 'tou',
  by,
  calendar: {
    dayTables: {
      normal: [
        { from: '00:00', to: '08:00', tariff: 'valley' },
        { from: '08:00', to: '24:00', tariff: 'peak' },
      ],
      holiday: [{ from: '00:00', to: '24:00', tariff: 'valley' }],
    },
    seasons: [{ from: '01-01', to: '12-31', weekday: 'normal', weekend: 'holiday' }],
    specialDays: { '2026-04-06': 'holiday' },
  },
  prices: { peak: parts('1'), valley: parts('0.3') },
});

const charge = (values: readonly MeterValue[], versions: readonly PlanVersion[], state?: BillingState) =>
  chargeReadings(state ?? newBilling(values[0] ?? value('2026-01-01T00:00', 0)), values, versions, ZONE);
const usesOf = (values: readonly MeterValue[], rule: unknown) =>
  charge(values, [version(rule)]).flatMap(({ uses }) => uses.map(({ step, tariff, use }) => [step, tariff, use]));

test('half a fen is charged up, and the next half is already paid', () => {
  const half = [version(flat('0.005'))];
  const [first] = charge([value('2026-03-01T00:00', 0), value('2026-03-01T01:00', 1_000)], half);
  const [second] = charge([value('2026-03-01T01:00', 1_000), value('2026-03-01T02:00', 2_000)], half, first?.after);
  expect([first?.amountFen, second?.amountFen]).toEqual([fen(1), fen(0)]);
});

test('charges begin and end at readings, join without a gap, and none crosses a version', () => {
  const values = [0, 1, 2, 3, 4].map((hour) => value(`2026-03-01T0${hour}:00`, hour * 10));
  const versions = [
    version(flat('1')),
    version(flat('2'), '2026-03-01T01:30', 2),
    version(flat('3'), '2026-03-01T03:00', 3),
  ];
  const charges = charge(values, versions);
  expect(charges.map(({ from, to, version, intervals }) => [from.total, to.total, version.version, intervals])).toEqual(
    [
      [0n, 20n, 1, 2],
      [20n, 30n, 2, 1],
      [30n, 40n, 3, 1],
    ],
  );
});

test('an interval that begins before the first version is refused by name', () => {
  const values = [value('2025-12-31T23:30', 0), value('2026-01-01T00:30', 10)];
  expect(() => charge(values, [version(flat('1'))])).toThrow(
    expect.objectContaining({
      code: 'pricing.no_version',
      message: 'no price was in force at 2025-12-31T15:30:00.000Z',
    }),
  );
});

test.each([
  ['2026-03-01T23:59', '2026-03-02T00:00', 1],
  ['2026-03-02T00:00', '2026-03-02T23:59', 0],
  ['2026-03-02T00:00', '2026-03-03T00:00', 1],
  ['2026-02-28T12:00', '2026-03-02T12:00', 2],
])(
  'from %s to %s is a standing charge for the midnights after the first and up to the second: %i',
  (from, to, days) => {
    const rule = { ...flat('0.5'), standing: { perDay: '0.333333' } };
    const [one] = charge([value(from, 0), value(to, 0)], [version(rule)]);
    expect(one).toMatchObject({
      uses: [],
      standing: BigInt(days) * 333_333_000n,
      amountFen: days === 0 ? 0n : days === 1 ? 33n : 67n,
    });
  },
);

test('where the clocks change, a day is still one day', () => {
  const rule = version({ ...flat('0'), standing: { perDay: '1' } });
  const values = ['2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z'].map(
    (text) => ({ readAt: new Date(text), total: quantity(0) }),
  );
  const charges = chargeReadings(
    newBilling(values[0] ?? value('2026-03-28T00:00', 0)),
    values,
    [rule],
    'Europe/Berlin',
  );
  expect(charges.map(({ standing }) => standing)).toEqual([212_000_000_000n]);
});

test.each([
  ['fall', [value('2026-03-01T00:00', 10), value('2026-03-01T01:00', 9)]],
  ['are of one instant', [value('2026-03-01T00:00', 10), value('2026-03-01T00:00', 10)]],
  ['go back in time', [value('2026-03-01T01:00', 10), value('2026-03-01T00:00', 20)]],
] as const)('readings that %s are never priced', (_, values) => {
  const [from, to] = values;
  expect(() => charge(values, [version(flat('1'))])).toThrow(
    expect.objectContaining({ message: 'good readings rise with time', details: { from, to } }),
  );
});

test('a register that fell divides no use', () => {
  const [from, to] = [value('2026-03-01T00:00', 10), value('2026-03-01T01:00', 9)];
  expect(() => divideUse(parseRule(flat('1')), from, to, quantity(0), ZONE)).toThrow(
    expect.objectContaining({ message: 'use is never negative', details: { from, to } }),
  );
});

test('in whatever order versions are given, the last one valid by then holds, and the first of two of one instant', () => {
  const [first, second] = [version(flat('1')), version(flat('2'), '2026-02-01T00:00', 2)];
  const again = version(flat('3'), '2026-02-01T00:00', 3);
  expect(versionAt([second, first, again], at('2026-03-01T00:00'))).toBe(second);
  expect(versionAt([second, first], at('2026-01-31T23:59'))).toBe(first);
  expect(versionAt([second, first], at('2025-12-31T23:59'))).toBeNull();
});

test.each([
  ['flat', flat('1')],
  ['tou', tou('intervals')],
])('a %s price has one billing period for as long as an account has its meter', (_, rule) => {
  const charges = charge(
    [value('2026-12-31T00:00', 0), value('2027-01-05T00:00', 10), value('2027-02-05T00:00', 20)],
    [version(rule)],
  );
  expect(charges.map(({ after, intervals }) => [after.billingPeriod, intervals])).toEqual([['tenure', 2]]);
});

test('the uses of a charge stand in order of step and tariff, whatever came first', () => {
  const values = [value('2026-03-02T07:00', 0), value('2026-03-02T08:00', 100), value('2026-03-02T09:00', 200)];
  expect(usesOf(values, tou('intervals'))).toEqual([
    [null, 'peak', 100n],
    [null, 'valley', 100n],
  ]);
  const { by, calendar, prices } = tou('intervals');
  const both = { kind: 'steps_tou', period: 'month', by, calendar, steps: [{ upTo: 150, prices }, { prices }] };
  const more = [...values, value('2026-03-03T07:00', 200), value('2026-03-03T08:00', 300)];
  expect(usesOf(more, both)).toEqual([
    [1, 'peak', 50n],
    [1, 'valley', 100n],
    [2, 'peak', 50n],
    [2, 'valley', 100n],
  ]);
});

test('where registers stand still with the total, they are believed', () => {
  const [from, to] = ['07:00', '09:00'].map((time) =>
    value(`2026-03-02T${time}`, 1_000, [null, 600n, null, 400n, null]),
  );
  const rule = parseRule(tou('registers'));
  expect(from && to && rule.kind === 'tou' && tariffDivision(rule, from, to, ZONE).by).toBe('registers');
});

test('use is divided at the very unit of a boundary', () => {
  const values = [value('2026-03-01T00:00', 500), value('2026-03-02T00:00', 1_600)];
  expect(usesOf(values, steps('month', 1_000))).toEqual([
    [1, null, 1_000n],
    [2, null, 100n],
  ]);
});

test.each([
  ['month', [{ '2026-03': [1_000n, 200n] }, { '2026-04': [1_000n, 100n] }]],
  ['year', [{ '2026': [1_000n, 1_300n] }]],
])('steps by the %s begin anew with the first reading after its end, in the zone of the market', (period, expected) => {
  const values = [
    value('2026-03-31T12:00', 0),
    value('2026-03-31T23:50', 800),
    // Belongs to March, where it began; the first reading in April ends March.
    value('2026-04-01T00:20', 1_200),
    value('2026-04-01T00:50', 2_300),
  ];
  const charges = charge(values, [version(steps(period, 1_000))]);
  expect(charges.map(({ after, uses }) => ({ [after.billingPeriod ?? '']: uses.map(({ use }) => use) }))).toEqual(
    expected,
  );
});

test('a new version of steps goes on from the use of the month; one that counts otherwise begins anew', () => {
  const values = [value('2026-03-01T00:00', 0), value('2026-03-02T00:00', 900), value('2026-03-03T00:00', 1_900)];
  const next = (json: unknown) =>
    charge(values, [version(steps('month', 1_000)), version(json, '2026-03-02T00:00', 2)])[1];
  expect(next(steps('month', 1_500))).toMatchObject({ before: { use: 900n }, uses: [{ use: 600n }, { use: 400n }] });
  expect(next(steps('year', 1_500))).toMatchObject({
    before: { use: 0n, exact: 0n },
    uses: [{ step: 1, use: 1_000n }],
  });
});

test('by intervals use is in the tariff at its start; over a border it is divided by time, the rest to the last', () => {
  const rule = tou('intervals');
  expect(usesOf([value('2026-03-02T07:00', 0), value('2026-03-02T08:00', 100)], rule)).toEqual([
    [null, 'valley', 100n],
  ]);
  expect(usesOf([value('2026-03-02T07:50', 0), value('2026-03-02T08:20', 101)], rule)).toEqual([
    [null, 'peak', 68n],
    [null, 'valley', 33n],
  ]);
});

test('weekends and special days go by their own tables', () => {
  const rule = tou('intervals');
  // A Saturday, a Monday that is a special day, and the Tuesday after.
  for (const [day, tariff] of [
    ['2026-04-04', 'valley'],
    ['2026-04-06', 'valley'],
    ['2026-04-07', 'peak'],
  ] as const) {
    expect(usesOf([value(`${day}T12:00`, 0), value(`${day}T13:00`, 10)], rule)).toEqual([[null, tariff, 10n]]);
  }
});

test('a night between days of the same tariff has no border', () => {
  const values = [value('2026-04-04T23:00', 0), value('2026-04-05T00:20', 100)];
  expect(usesOf(values, tou('intervals'))).toEqual([[null, 'valley', 100n]]);
});

test('by registers use is what they counted, whatever the time; the total is what is charged', () => {
  const rule = tou('registers');
  const from = value('2026-03-02T07:00', 1_000, [null, 600n, null, 400n, null]);
  expect(usesOf([from, value('2026-03-02T07:30', 1_100, [null, 670n, null, 430n, null])], rule)).toEqual([
    [null, 'peak', 70n],
    [null, 'valley', 30n],
  ]);
  // 70 and 40 for a total of 100: 63.6 and 36.4, the larger remainder up.
  expect(usesOf([from, value('2026-03-02T07:30', 1_100, [null, 670n, null, 440n, null])], rule)).toEqual([
    [null, 'peak', 64n],
    [null, 'valley', 36n],
  ]);
});

test.each([
  ['no registers', null],
  ['other registers', [0n, 670n, null, 430n, null]],
  ['a register that fell', [null, 500n, null, 600n, null]],
  ['registers that stood still', [null, 600n, null, 400n, null]],
])('a reading with %s is divided by the calendar', (_, tariffs) => {
  const from = value('2026-03-02T07:00', 1_000, [null, 600n, null, 400n, null]);
  expect(usesOf([from, value('2026-03-02T07:30', 1_100, tariffs)], tou('registers'))).toEqual([[null, 'valley', 100n]]);
});

test('use in a register without a price is refused by name', () => {
  const from = value('2026-03-02T07:00', 1_000, [0n, 600n, null, 400n, null]);
  const to = value('2026-03-02T07:30', 1_100, [100n, 600n, null, 400n, null]);
  expect(() => usesOf([from, to], tou('registers'))).toThrow(
    expect.objectContaining({
      code: 'pricing.no_tariff_price',
      message: 'the meter counted 100 in sharp, which has no price',
    }),
  );
});

test('where a step ends, every tariff has its part of it, by largest remainder', () => {
  const { by, calendar, prices } = tou('registers');
  const rule = { kind: 'steps_tou', period: 'month', by, calendar, steps: [{ upTo: 10, prices }, { prices }] };
  const from = value('2026-03-02T07:00', 0, [null, 0n, null, 0n, null]);
  expect(usesOf([from, value('2026-03-02T07:30', 30, [null, 20n, null, 10n, null])], rule)).toEqual([
    [1, 'peak', 7n],
    [1, 'valley', 3n],
    [2, 'peak', 13n],
    [2, 'valley', 7n],
  ]);
});

test('where the clocks change, every hour of the day has its tariff', () => {
  const night = [
    { from: '00:00', to: '02:30', tariff: 'valley' },
    { from: '02:30', to: '24:00', tariff: 'peak' },
  ];
  const calendar = { dayTables: { night }, seasons: [{ from: '01-01', to: '12-31', weekday: 'night' }] };
  const rule = { ...tou('intervals'), calendar };
  for (const day of ['2026-03-29', '2026-10-25']) {
    const values = [0, 30].map((hours) => ({
      readAt: new Date(Date.parse(`${day}T00:00:00Z`) + (hours - 3) * 3_600_000),
      total: quantity(hours * 60),
    }));
    const charges = chargeReadings(newBilling(values[0] ?? value(day, 0)), values, [version(rule)], 'Europe/Berlin');
    expect(charges.flatMap(({ uses }) => uses.map(({ use }) => use)).reduce((a, b) => a + b, 0n)).toBe(1_800n);
  }
});

test('the average price of use at one price is that price', () => {
  const [one] = charge([value('2026-03-01T00:00', 0), value('2026-03-01T01:00', 333)], [version(flat('0.853217'))]);
  expect(one && averagePrice(one.after.exact, quantity(333))).toBe(853_217n as MicroYuan);
});

test('what costs nothing has an average price of nothing; no use has none, nor has a cost below zero', () => {
  expect(averagePrice(0n as NanoYuan, quantity(3))).toBe(0n);
  for (const [exact, use] of [
    [5n, 0],
    [-1n, 3],
    [-1n, 0],
  ] as const) {
    const details = { exact, use: BigInt(use) };
    expect(() => averagePrice(exact as NanoYuan, quantity(use))).toThrow(
      expect.objectContaining({ message: 'only use has a price', details }),
    );
  }
});
