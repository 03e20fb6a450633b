import type { Statement } from '@openprepay/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daysOf } from './days.ts';

type Line = Statement['lines'][number];
const CHARGE = {
  meterSerial: '1',
  fromAt: '2026-03-01T00:00:00Z',
  toAt: '2026-03-02T00:00:00Z',
  fromValue: 0,
  toValue: 1,
  planName: 'p',
  planVersion: 1,
  unitPrice: '1.000000',
  standing: null,
};
const line = (at: string, amountFen: number, kind: 'electricity' | 'water' | null): Line => ({
  txId: at,
  kind: kind ? 'charge' : 'top_up',
  at,
  purse: 'utility',
  amountFen,
  memo: null,
  operatorName: null,
  charge: kind && { ...CHARGE, kind },
  balanceFen: 0,
  receiptNumber: null,
});

test('a day is the market’s, and ends with the balance of its last line', () => {
  const lines = [
    { ...line('2026-03-01T15:59:00Z', 10_000, null), balanceFen: 10_000 },
    { ...line('2026-03-01T16:00:00Z', -120, 'electricity'), balanceFen: 9_880 },
    { ...line('2026-03-02T10:00:00Z', -30, 'water'), balanceFen: 9_850 },
    { ...line('2026-03-02T11:00:00Z', -50, null), balanceFen: 9_800 },
  ];
  expect(daysOf(lines, 'Asia/Shanghai')).toEqual([
    { day: '2026-03-01', sumsFen: { electricity: 0, water: 0, in: 10_000, out: 0 }, balanceFen: 10_000 },
    { day: '2026-03-02', sumsFen: { electricity: -120, water: -30, in: 0, out: -50 }, balanceFen: 9_800 },
  ]);
});

test('no fen is lost by summing', () => {
  const of = fc.record({
    hour: fc.integer({ min: 0, max: 400 }),
    amountFen: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    kind: fc.constantFrom('electricity' as const, 'water' as const, null),
  });
  fc.assert(
    fc.property(fc.array(of), (drawn) => {
      const lines = drawn
        .toSorted((a, b) => a.hour - b.hour)
        .map(({ hour, amountFen, kind }) => line(new Date(hour * 3_600_000).toISOString(), amountFen, kind));
      const total = daysOf(lines, 'Asia/Shanghai').flatMap(({ sumsFen }) => Object.values(sumsFen));
      const sum = (amounts: readonly number[]) => amounts.reduce((all, one) => all + one, 0);
      expect(sum(total)).toBe(sum(lines.map(({ amountFen }) => amountFen)));
    }),
  );
});
