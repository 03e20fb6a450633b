import { quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Candidate, judge, type MeterLimits } from './judge.ts';
import { judgeSeries } from './series.ts';

const SECOND_MS = 1_000;
const HOUR_S = 3_600;
const start = Date.UTC(2026, 2, 1);
const limits: MeterLimits = { kind: 'electricity', maxPerHour: 13_200n, ctRatio: 1 };
const reading = (seconds: number, total: bigint, receivedAfterS = 0): Candidate => ({
  readAt: new Date(start + seconds * SECOND_MS),
  receivedAt: new Date(start + (seconds + receivedAfterS) * SECOND_MS),
  total: quantity(total),
});
const first = reading(0, 100_000n);

test('the first reading of a meter is good whatever it shows', () => {
  expect(judge(first, { before: null, after: null }, limits)).toBeNull();
});

test('a reading below the one before it is a decrease', () => {
  expect(judge(reading(HOUR_S, 99_999n), { before: first, after: null }, limits)).toBe('decrease');
});

test('a late reading above the one after it is a decrease too', () => {
  const after = reading(2 * HOUR_S, 101_000n);
  expect(judge(reading(HOUR_S, 101_001n), { before: first, after }, limits)).toBe('decrease');
});

test('a late reading that fits between two good ones is good', () => {
  const after = reading(2 * HOUR_S, 101_000n);
  expect(judge(reading(HOUR_S, 100_400n, 5 * HOUR_S), { before: first, after }, limits)).toBeNull();
});

test('a late reading from which the next one would be a jump is one', () => {
  const after = reading(2 * HOUR_S, 130_000n);
  expect(judge(reading(2 * HOUR_S - 60, 100_000n), { before: first, after }, limits)).toBe('jump');
});

test('rated power for the whole time and a fifth more is believed, clearly more is not', () => {
  expect(judge(reading(HOUR_S, 115_840n), { before: first, after: null }, limits)).toBeNull();
  expect(judge(reading(HOUR_S, 116_000n), { before: first, after: null }, limits)).toBe('jump');
});

test('the bound grows with the CT ratio', () => {
  const onCts = { ...limits, ctRatio: 40 };
  expect(judge(reading(HOUR_S, 100_000n + 600_000n), { before: first, after: null }, onCts)).toBeNull();
  expect(judge(reading(HOUR_S, 100_000n + 650_000n), { before: first, after: null }, onCts)).toBe('jump');
});

test('a meter may be five minutes ahead, not more', () => {
  expect(judge(reading(300, 100_000n, -300), { before: first, after: null }, limits)).toBeNull();
  expect(judge(reading(301, 100_000n, -301), { before: first, after: null }, limits)).toBe('future_time');
});

test('a model that is not known has no jump, but still decreases', () => {
  const unknown = { ...limits, maxPerHour: null };
  expect(judge(reading(1, 10n ** 12n), { before: first, after: null }, unknown)).toBeNull();
  expect(judge(reading(1, 0n), { before: first, after: null }, unknown)).toBe('decrease');
});

test('no load up to rated power ever raises an alarm, however short the interval and coarse the register', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.integer({ min: 1, max: 7_200_000 }),
      fc.integer({ min: 0, max: 13_200 }),
      fc.integer({ min: 1, max: 50 }),
      (offsetWh, elapsedMs, powerW, ctRatio) => {
        const onCts = { ...limits, ctRatio };
        const stepWh = 10n;
        const shown = (wh: bigint) => quantity((wh / stepWh) * stepWh * BigInt(ctRatio));
        const use = (BigInt(powerW) * BigInt(elapsedMs)) / 3_600_000n;
        // Meters stamp whole seconds.
        const wholeSeconds = (ms: number) => new Date(start + Math.floor(ms / SECOND_MS) * SECOND_MS);
        const before = { readAt: wholeSeconds(0), total: shown(BigInt(offsetWh)) };
        const readAt = wholeSeconds(elapsedMs);
        const next = { readAt, receivedAt: readAt, total: shown(BigInt(offsetWh) + use) };
        if (readAt > before.readAt) expect(judge(next, { before, after: null }, onCts)).toBeNull();
      },
    ),
  );
});

test('readings of one batch are judged against each other, in order of time, and suspects count for nothing', () => {
  const batch = [reading(3 * HOUR_S, 103_000n), reading(HOUR_S, 101_000n), reading(2 * HOUR_S, 90_000n)];
  const verdicts = judgeSeries(batch, [first], limits);
  expect(verdicts.map(({ reading: { total }, suspect }) => [total, suspect])).toEqual([
    [101_000n, null],
    [90_000n, 'decrease'],
    [103_000n, null],
  ]);
});

test('whatever comes in, the good readings never decrease with time', () => {
  const anyReading = fc
    .tuple(fc.integer({ min: 0, max: 100_000 }), fc.bigInt({ min: 0n, max: 10n ** 6n }))
    .map(([seconds, total]) => reading(seconds, total));
  const batches = fc.array(fc.uniqueArray(anyReading, { selector: (one) => one.readAt.getTime(), maxLength: 12 }));
  fc.assert(
    fc.property(batches, (all) => {
      let good: Candidate[] = [];
      for (const batch of all) {
        const fresh = batch.filter((one) => !good.some((known) => +known.readAt === +one.readAt));
        for (const { reading: one, suspect } of judgeSeries(fresh, good, limits)) if (!suspect) good = [...good, one];
      }
      const totals = good.sort((a, b) => +a.readAt - +b.readAt).map((one) => one.total);
      expect(totals).toEqual([...totals].sort((a, b) => (a < b ? -1 : 1)));
    }),
  );
});
