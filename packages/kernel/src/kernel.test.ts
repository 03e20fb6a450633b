import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  assert,
  businessDay,
  concatBytes,
  defineErrors,
  fen,
  formatDecimal,
  formatExact,
  formatPrice,
  formatQuantity,
  formatYuan,
  fromHex,
  instantOf,
  type NanoYuan,
  negateFen,
  parseDecimal,
  parsePrice,
  parseYuan,
  priceExactly,
  quantity,
  roundToFen,
  scaledClock,
  startOfBusinessDay,
  subtractFen,
  systemClock,
  toHex,
  uuidV7,
  zonedParts,
} from './index.ts';

const nano = (value: bigint) => value as NanoYuan;

test.each([
  [4_999_999n, 0n],
  [5_000_000n, 1n],
  [14_999_999n, 1n],
  [15_000_000n, 2n],
  [-4_999_999n, 0n],
  [-5_000_000n, -1n],
])('%d nano-yuan is %d fen', (exact, rounded) => {
  expect(roundToFen(nano(exact))).toBe(rounded);
});

test('rounding a correction undoes rounding the charge', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), (exact) => {
      expect(roundToFen(nano(-exact))).toBe(negateFen(roundToFen(nano(exact))));
    }),
  );
});

test('what is rounded is never further than half a fen away', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), (exact) => {
      const error = roundToFen(nano(exact)) * 10_000_000n - exact;
      expect(error <= 5_000_000n && error >= -5_000_000n).toBe(true);
    }),
  );
});

test('1,234.56 kWh at 0.853215 yuan is exact before it is rounded', () => {
  const exact = priceExactly(quantity(1_234_560), parsePrice('0.853215'));
  expect(exact).toBe(1_053_345_110_400n);
  expect(formatYuan(roundToFen(exact))).toBe('1053.35');
});

test('a decimal comes back as it was written', () => {
  fc.assert(
    fc.property(fc.bigInt(1n - 10n ** 12n, 10n ** 12n - 1n), fc.integer({ min: 0, max: 6 }), (units, decimals) => {
      expect(parseDecimal(formatDecimal(units, decimals), decimals)).toBe(units);
    }),
  );
});

test('amounts, prices and quantities are shown with as many decimals as they have', () => {
  expect([0n, 5n, -5n, 100n].map((units) => formatDecimal(units, 2))).toEqual(['0.00', '0.05', '-0.05', '1.00']);
  expect([0n, -7n].map((units) => formatDecimal(units, 0))).toEqual(['0', '-7']);
  expect(formatPrice(parsePrice('0.8532'))).toBe('0.853200');
  expect([0n, 1_053_345_110_400n, 5_000_000_000n, 1_234_567_890n, -10n].map((one) => formatExact(nano(one)))).toEqual([
    '0.00',
    '1053.3451104',
    '5.00',
    '1.23456789',
    '-0.00000001',
  ]);
  expect(formatQuantity(quantity(1_234_560))).toBe('1234.560');
  expect(subtractFen(fen(5), fen(7))).toBe(-2n);
});

test.each(['', '1.', '.5', '1.234', '1e3', '0x10', '１２', '1 000', '--1', 'NaN', '9999999999999'])(
  '%j is not an amount in yuan',
  (text) => {
    expect(() => parseYuan(text)).toThrow(expect.objectContaining({ code: 'kernel.bad_amount' }));
  },
);

test.each(['0', '-0.05', '12.3', '+1.50', ' 7 '])('%j is an amount in yuan', (text) => {
  expect(() => parseYuan(text)).not.toThrow();
});

test('hex comes back as the same bytes, and what is not hex is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes);
    }),
  );
  expect(fromHex('7B 7b\n94')).toEqual(Uint8Array.of(0x7b, 0x7b, 0x94));
  for (const text of ['7', '7g', '0x7b'])
    expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'kernel.bad_hex' }));
});

test('joined bytes keep their order', () => {
  expect(concatBytes(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
});

test('the wall clock of a zone and the instant it shows belong together', () => {
  const zones = ['Asia/Shanghai', 'UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'];
  fc.assert(
    fc.property(fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }), fc.constantFrom(...zones), (seconds, zone) => {
      const parts = zonedParts(new Date(seconds * 1_000), zone);
      const again = instantOf(parts, zone);
      // An hour that the clocks show twice may be the other one of the two.
      expect(zonedParts(again, zone)).toEqual(parts);
      expect(Math.abs(again.getTime() - seconds * 1_000)).toBeLessThanOrEqual(3_600_000);
    }),
  );
});

test('the wall clock of a zone shows what the zone’s own rules say, to the second, on any day and at either end of it', () => {
  const DAY = 86_400;
  const zones = ['Asia/Shanghai', 'Europe/Berlin', 'Africa/Monrovia', 'Pacific/Apia'];
  const written = zones.map(
    (zone) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  );
  const two = (value: number) => String(value).padStart(2, '0');
  const check = (second: number, index: number) => {
    const at = new Date(second * 1_000 + 999);
    const { year, month, day, hour, minute, second: s, weekday } = zonedParts(at, zones[index] ?? '');
    const date = `${year}-${two(month)}-${two(day)}`;
    expect(`${date} ${two(hour)}:${two(minute)}:${two(s)}`).toBe(written[index]?.format(at));
    expect(weekday).toBe(new Date(date).getUTCDay());
  };
  // Days on which Berlin changed its clocks, Monrovia its by 44½ minutes, and Apia left one out; the first days that are kept, and the last.
  for (const day of [
    '2026-03-29',
    '2026-10-25',
    '1972-01-07',
    '2011-12-30',
    '1969-12-31',
    '1970-01-01',
    '9999-12-31',
  ]) {
    for (let at = Date.parse(day) / 1_000 - DAY; at <= Date.parse(day) / 1_000 + 2 * DAY; at += 901) {
      for (const index of zones.keys()) check(at, index);
    }
  }
  fc.assert(fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.nat(zones.length - 1), check), {
    numRuns: 2_000,
  });
  expect(() => zonedParts(new Date(Number.NaN), 'UTC')).toThrow(RangeError);
});

test('the rules of a zone are asked twice a day that does not change the clocks, and of so many days no more is kept', () => {
  const zone = 'Asia/Dili';
  const DAY_MS = 86_400_000;
  const made = vi.spyOn(Intl, 'DateTimeFormat');
  const asked = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
  const asksFor = (ms: number): number => {
    asked.mockClear();
    zonedParts(new Date(ms), zone);
    return asked.mock.calls.length;
  };
  try {
    for (const at of [0, 1, DAY_MS - 1]) expect(asksFor(at)).toBe(at === 0 ? 2 : 0);
    for (let day = 1; day < 1_100; day++) asksFor(day * DAY_MS);
    expect(asksFor(0)).toBe(0);
    expect(asksFor(20_000 * DAY_MS)).toBe(2);
    expect(asksFor(20_000 * DAY_MS)).toBe(0);
    expect(asksFor(0)).toBe(2);
    expect([asksFor(-1), asksFor(-1)]).toEqual([1, 1]);
    const last = Date.UTC(9_999, 11, 31);
    expect([asksFor(last), asksFor(last + DAY_MS - 1), asksFor(last + DAY_MS), asksFor(last + DAY_MS)]).toEqual([
      2, 0, 1, 1,
    ]);
    expect(made).toHaveBeenCalledTimes(1);
  } finally {
    made.mockRestore();
    asked.mockRestore();
  }
});

test('around a change of the clocks each half hour is itself, and the hour that is skipped lies past the gap', () => {
  for (const [zone, change] of [
    ['Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z'],
    ['America/New_York', '2026-03-08T07:00:00Z'],
    ['America/New_York', '2026-11-01T06:00:00Z'],
  ] as const) {
    for (let halfHours = -48; halfHours <= 48; halfHours++) {
      const at = new Date(new Date(change).getTime() + halfHours * 1_800_000);
      const again = instantOf(zonedParts(at, zone), zone);
      expect(zonedParts(again, zone)).toEqual(zonedParts(at, zone));
    }
  }
  const skipped = { year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 };
  expect(instantOf(skipped, 'Europe/Berlin').toISOString()).toBe('2026-03-29T01:30:00.000Z');
});

test.each([
  { month: 2, day: 30 },
  { month: 13 },
  { month: 0 },
  { day: 0 },
  { hour: 24 },
  { minute: 60 },
  { second: 60 },
])('there is no such time: %o', (wrong) => {
  const parts = { year: 2026, month: 3, day: 10, hour: 12, minute: 30, second: 30 };
  expect(() => instantOf({ ...parts, ...wrong }, 'Asia/Shanghai')).toThrow(
    expect.objectContaining({ code: 'kernel.bad_time', status: 400 }),
  );
});

test('the last second of a day is one', () => {
  const last = { year: 2026, month: 12, day: 31, hour: 23, minute: 59, second: 59 };
  expect(instantOf(last, 'Asia/Shanghai').toISOString()).toBe('2026-12-31T15:59:59.000Z');
});

test('the business day begins at midnight of the market, not of UTC', () => {
  const at = new Date('2026-03-01T16:30:00Z');
  expect(businessDay(at, 'Asia/Shanghai')).toBe('2026-03-02');
  expect(startOfBusinessDay(at, 'Asia/Shanghai').toISOString()).toBe('2026-03-01T16:00:00.000Z');
  expect(zonedParts(at, 'Asia/Shanghai')).toMatchObject({ hour: 0, minute: 30, weekday: 1 });
});

test('a clock at speed 60 passes an hour in a minute', () => {
  let real = 1_000_000;
  const clock = scaledClock(
    { anchorRealMs: 1_000_000, anchorMarketMs: 5_000_000, speed: 60 },
    { now: () => new Date(real) },
  );
  expect(clock.now().getTime()).toBe(5_000_000);
  real += 60_000;
  expect(clock.now().getTime()).toBe(5_000_000 + 3_600_000);
});

test('the clock of the machine goes with the machine', () => {
  const before = Date.now();
  const at = systemClock.now().getTime();
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
});

test('an id is its time, its version and variant, and the random bits it was given', () => {
  const random = Uint8Array.of(0xff, 0x23, 0xff, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x45, 0x99);
  expect(uuidV7(new Date(0x0123_4567_89ab), random)).toBe('01234567-89ab-7f23-bf67-89abcdef0145');
  expect(uuidV7(new Date(0), new Uint8Array(10))).toBe('00000000-0000-7000-8000-000000000000');
});

test('ids sort by the time they were made and say their version', () => {
  const first = uuidV7(new Date(1_700_000_000_000));
  const second = uuidV7(new Date(1_700_000_000_001));
  expect(first < second).toBe(true);
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('ids of one instant rise one after the other, and none is there twice', () => {
  const at = new Date(1_700_000_000_000);
  const ids = Array.from({ length: 5_000 }, () => uuidV7(at));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.map((id) => id.slice(0, 13))).size).toBeLessThan(4);
  const later = uuidV7(new Date(1_700_000_000_001));
  expect(later > (ids.at(-1) ?? '')).toBe(true);
  expect(uuidV7(at, new Uint8Array(10))).toBe('018bcfe5-6800-7000-8000-000000000000');
});

test('ids of different instants share neither where they begin to count nor their random end', () => {
  const ids = Array.from({ length: 2_000 }, (_, ms) => uuidV7(new Date(1_700_000_000_000 + ms)));
  // Of 2,048 beginnings some 1,270 come up, of 16,384 ways to go on some 1,880.
  expect(new Set(ids.map((id) => id.slice(15, 18))).size).toBeGreaterThan(1_000);
  expect(new Set(ids.map((id) => id.slice(19, 23))).size).toBeGreaterThan(1_800);
  expect(new Set(ids.map((id) => id.slice(24))).size).toBe(ids.length);
});

test('random bytes are asked for once in 819 ids', () => {
  const asked = vi.spyOn(crypto, 'getRandomValues');
  const make = () => uuidV7(new Date(0));
  try {
    while (asked.mock.calls.length === 0) make();
    for (let count = 1; count < 819; count++) make();
    expect(asked).toHaveBeenCalledTimes(1);
    make();
    expect(asked).toHaveBeenCalledTimes(2);
  } finally {
    asked.mockRestore();
  }
});

test('an error says in words what was wrong, and of what was typed no more than can be read', () => {
  expect(() => fromHex('7')).toThrow('not a whole number of hexadecimal bytes');
  expect(() => parseYuan('9'.repeat(50))).toThrow(/^not a decimal with at most 2 places: 9{40}$/);
  const noDay = { year: 2026, month: 2, day: 30, hour: 1, minute: 2, second: 3 };
  expect(() => instantOf(noDay, 'UTC')).toThrow('no such time: 2026-2-30 1:2:3');
});

test('an error has its code, its status, its details and the name by which logs show it', () => {
  const teaError = defineErrors({ 'tea.too_hot': 418 });
  expect(teaError('tea.too_hot', 'wait', { degrees: 90 })).toMatchObject({
    name: 'OpenPrepayError',
    code: 'tea.too_hot',
    status: 418,
    message: 'wait',
    details: { degrees: 90 },
  });
  expect(() => parseYuan('x')).toThrow(expect.objectContaining({ status: 400 }));
});

test('a broken assumption throws, with what was known', () => {
  expect(() => assert(1 + 1 === 3, 'sums', { of: 2 })).toThrow(
    expect.objectContaining({ code: 'kernel.assertion_failed', details: { of: 2 } }),
  );
});
