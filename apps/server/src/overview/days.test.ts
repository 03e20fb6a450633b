import fc from 'fast-check';
import { expect, test } from 'vitest';
import { begun, compare, twoDays } from './days.ts';

const SHANGHAI = 'Asia/Shanghai';

test('a day has 24 hours, 23 or 25 where the clocks are changed', () => {
  const lengths = (at: string, zone: string) => {
    const { yesterday, today } = twoDays(new Date(at), zone);
    return [yesterday.length, today.length];
  };
  expect(lengths('2026-03-02T02:00:00Z', SHANGHAI)).toEqual([24, 24]);
  expect(lengths('2026-03-29T12:00:00Z', 'Europe/Berlin')).toEqual([24, 23]);
  expect(lengths('2026-10-26T12:00:00Z', 'Europe/Berlin')).toEqual([25, 24]);
});

test('yesterday counts up to the same time of day', () => {
  // 10:15 on the market's clock.
  const days = twoDays(new Date('2026-03-02T02:15:00Z'), SHANGHAI);
  const amounts = new Map(
    [...days.yesterday, ...days.today].map(({ from }, n) => [from.getTime(), BigInt(n < 24 ? 100 : 1)]),
  );
  const { today, yesterday, hours } = compare(days, amounts);
  expect([today, yesterday]).toEqual([11n, 1_025n]);
  expect(hours[10]).toEqual({ today: 1n, yesterday: 100n });
  expect(hours[11]).toEqual({ today: null, yesterday: 100n });
  expect(begun(days)).toHaveLength(24 + 11);
});

test('at any time, today is what its hours are and yesterday no more than its own', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2025-01-01T00:00:00Z'), max: new Date('2027-12-31T00:00:00Z'), noInvalidDate: true }),
      fc.constantFrom(SHANGHAI, 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York'),
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 50, maxLength: 50 }),
      (at, zone, amounts) => {
        const days = twoDays(at, zone);
        const all = [...days.yesterday, ...days.today];
        const { today, yesterday, hours } = compare(
          days,
          new Map(all.map(({ from }, n) => [from.getTime(), amounts[n] ?? 0n])),
        );
        const sum = (values: readonly (bigint | null)[]) =>
          values.reduce<bigint>((total, one) => total + (one ?? 0n), 0n);
        expect(today).toBe(sum(hours.map((hour) => hour.today)));
        expect(yesterday).toBeLessThanOrEqual(sum(hours.map((hour) => hour.yesterday)));
        expect(days.today[0]?.from.getTime()).toBeLessThanOrEqual(at.getTime());
        expect(days.today.at(-1)?.to.getTime()).toBeGreaterThan(at.getTime());
      },
    ),
  );
});
