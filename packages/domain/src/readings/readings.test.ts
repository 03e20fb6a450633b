import { quantity } from '@openprepay/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Candidate, judge as judgeCounted } from './judge.ts';
import { type Counted, countOn, type MeterLimits, type Neighbours } from './register.ts';
import { judgeSeries } from './series.ts';

const SECOND_MS = 1_000;
const HOUR_S = 3_600;
const start = Date.UTC(2026, 2, 1);
const limits: MeterLimits = { kind: 'electricity', maxPerHour: 13_200n, modulus: 1_000_000_000n, ctRatio: 1 };
const reading = (seconds: number, total: bigint, receivedAfterS = 0): Candidate & Counted => ({
  readAt: new Date(start + seconds * SECOND_MS),
  receivedAt: new Date(start + (seconds + receivedAfterS) * SECOND_MS),
  isAnswer: false,
  total: quantity(total),
  turnovers: 0,
});
const first = reading(0, 100_000n);
const judge = (shown: Candidate, around: Neighbours, of: MeterLimits) =>
  judgeCounted(countOn(shown, around, of), around, of);

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
  // 15,840 Wh, 44 of them for ten seconds more, and one step of the register.
  expect(judge(reading(HOUR_S, 115_894n), { before: first, after: null }, limits)).toBeNull();
  expect(judge(reading(HOUR_S, 115_895n), { before: first, after: null }, limits)).toBe('jump');
  const after = reading(HOUR_S, 115_894n);
  expect(judge(reading(0, 100_000n), { before: null, after }, limits)).toBeNull();
  expect(judge(reading(0, 99_999n), { before: null, after }, limits)).toBe('jump');
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
  const unknown = { ...limits, maxPerHour: null, modulus: null };
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
        const before = { readAt: wholeSeconds(0), total: shown(BigInt(offsetWh)), turnovers: 0 };
        const readAt = wholeSeconds(elapsedMs);
        const next = { readAt, receivedAt: readAt, isAnswer: true, total: shown(BigInt(offsetWh) + use) };
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

test('a reading of the same second as a good one is measured by it, and one before all of them by the first', () => {
  const known = [first, { ...reading(2 * HOUR_S, 101_000n) }];
  const suspects = (one: Candidate) => judgeSeries([one], known, limits).map(({ suspect }) => suspect);
  expect(suspects(reading(0, 99_999n))).toEqual(['decrease']);
  expect(suspects(reading(-HOUR_S, 100_001n))).toEqual(['decrease']);
  expect(suspects(reading(-HOUR_S, 99_000n))).toEqual([null]);
});

test('the answer of a meter that was asked may be ten minutes behind, not more; what it sends by itself may be late', () => {
  const answered = (lateS: number): Candidate => ({ ...reading(HOUR_S, 100_100n, lateS), isAnswer: true });
  expect(judge(answered(600), { before: first, after: null }, limits)).toBeNull();
  expect(judge(answered(601), { before: first, after: null }, limits)).toBe('clock_drift');
  expect(judge({ ...answered(601), isAnswer: false }, { before: first, after: null }, limits)).toBeNull();
});

const withTariffs = (seconds: number, total: bigint, tariffs: (bigint | null)[]) => ({
  ...reading(seconds, total),
  tariffs,
});

test('registers that do not add up to the total are suspect, beyond one counting unit each and one for the total', () => {
  const around = { before: null, after: null };
  const whole = (sharp: bigint) => withTariffs(0, 100_000n, [sharp, 20_000n, 30_000n, 40_000n, null]);
  expect(judge(whole(10_000n), around, limits)).toBeNull();
  expect(judge(whole(10_060n), around, limits)).toBeNull();
  expect(judge(whole(10_061n), around, limits)).toBe('tariff_sum');
  expect(judge(whole(9_940n), around, limits)).toBeNull();
  expect(judge(whole(9_939n), around, limits)).toBe('tariff_sum');
  const unlimited = { ...limits, modulus: null };
  expect([9_939n, 9_940n, 10_060n, 10_061n].map((sharp) => judge(whole(sharp), around, unlimited))).toEqual([
    'tariff_sum',
    null,
    null,
    'tariff_sum',
  ]);
  const onCts = { ...limits, ctRatio: 40 };
  expect(judge(whole(12_400n), around, onCts)).toBeNull();
  expect(judge(whole(12_401n), around, onCts)).toBe('tariff_sum');
  expect(judge(withTariffs(0, 100_000n, [null, 1n, 2n, 3n, null]), around, limits)).toBeNull();
});

test('an error of the registers that a good reading had too is the meter’s way, a new one is not', () => {
  const before = withTariffs(0, 100_000n, [0n, 0n, 0n, 5_000n, 0n]);
  const next = (valley: bigint) => withTariffs(HOUR_S, 101_000n, [0n, 0n, 0n, valley, 0n]);
  expect(judge(next(6_000n), { before, after: null }, limits)).toBeNull();
  expect(judge(next(6_060n), { before, after: null }, limits)).toBeNull();
  expect(judge(next(6_061n), { before, after: null }, limits)).toBe('tariff_sum');
  expect(judge(next(7_000n), { before, after: null }, limits)).toBe('tariff_sum');
});

const TURN = 1_000_000_000n;

test('a register that wraps near its top goes on, one that falls from lower down does not', () => {
  const before = (total: bigint) => ({ ...first, total: quantity(total) });
  const wrapped = countOn(reading(HOUR_S, 3_000n), { before: before(TURN - 2_000n), after: null }, limits);
  expect(wrapped).toMatchObject({ total: TURN + 3_000n, turnovers: 1 });
  expect(judge(reading(HOUR_S, 3_000n), { before: before(TURN - 2_000n), after: null }, limits)).toBeNull();
  expect(judge(reading(HOUR_S, 3_000n), { before: before((TURN * 9n) / 10n - 1n), after: null }, limits)).toBe(
    'decrease',
  );
  // From the last tenth, but further than the meter can have counted in the hour.
  expect(judge(reading(HOUR_S, 20_000n), { before: before(TURN - 2_000n), after: null }, limits)).toBe('decrease');
});

test('late readings of before and after the wrap find their turn, several in one batch', () => {
  const before = reading(0, TURN - 20_000n);
  const after = { ...reading(4 * HOUR_S, 0n), total: quantity(TURN + 20_000n), turnovers: 1 };
  const late = [reading(3 * HOUR_S, 10_000n), reading(HOUR_S, TURN - 10_000n), reading(2 * HOUR_S, 0n)];
  expect(judgeSeries(late, [before, after], limits).map((one) => [one.reading.total, one.suspect])).toEqual([
    [TURN - 10_000n, null],
    [TURN, null],
    [TURN + 10_000n, null],
  ]);
  // Only the reading after the wrap is known: one turn less is the only way to it.
  expect(countOn(reading(HOUR_S, TURN - 1_000n), { before: null, after }, limits)).toMatchObject({
    total: TURN - 1_000n,
    turnovers: 0,
  });
});

test('registers that add up but for whole turns add up', () => {
  const wrapped = { ...withTariffs(0, TURN + 500n, [100n, 100n, 100n, 200n, null]), turnovers: 1 };
  expect(judgeCounted(wrapped, { before: null, after: null }, limits)).toBeNull();
  // Either side of a turn is near.
  const shortOfIt = { ...withTariffs(0, TURN, [10n, 10n, 10n, 10n, null]), turnovers: 1 };
  expect(judgeCounted(shortOfIt, { before: null, after: null }, limits)).toBeNull();
});

test('each tariff register goes on over its own wrap', () => {
  const before = withTariffs(0, TURN + 500n, [TURN - 1_000n, 0n, TURN - 500n, 2_000n, null]);
  const shown = withTariffs(HOUR_S, 3_500n, [500n, 0n, 1_000n, 2_000n, null]);
  const next = countOn(shown, { before: { ...before, turnovers: 1 }, after: null }, limits);
  expect(next).toMatchObject({ total: TURN + 3_500n, tariffs: [TURN + 500n, 0n, TURN + 1_000n, 2_000n, null] });
});

test('over any number of wraps, late or not, nothing is lost to the unit and no alarm is raised up to rated power', () => {
  const small: MeterLimits = { ...limits, kind: 'water', maxPerHour: 3_000n, modulus: 100_000n };
  const step = fc.record({
    seconds: fc.integer({ min: 60, max: 1_000 }),
    permille: fc.integer({ min: 0, max: 1_000 }),
    rank: fc.nat(),
  });
  const WINDOW = 8;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 2, maxLength: 300 }),
      fc.integer({ min: 0, max: 99_999 }),
      fc.integer({ min: 1, max: WINDOW }),
      (steps, begin, batchSize) => {
        let [at, truth] = [0, BigInt(begin)];
        const all = steps.map(({ seconds, permille, rank }) => {
          at += seconds;
          truth += (3_000n * BigInt(seconds * permille)) / BigInt(1_000 * HOUR_S);
          return { ...reading(at, truth % 100_000n), truth, rank };
        });
        const arriving = all.flatMap((_, index) =>
          index % WINDOW === 0 ? all.slice(index, index + WINDOW).sort((a, b) => a.rank - b.rank) : [],
        );
        const good: Counted[] = [reading(0, BigInt(begin))];
        for (let from = 0; from < arriving.length; from += batchSize) {
          for (const { reading: one, suspect } of judgeSeries(arriving.slice(from, from + batchSize), good, small)) {
            expect([suspect, one.total]).toEqual([null, one.truth]);
            good.push(one);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('whatever comes in, the good readings never decrease with time', () => {
  const anyReading = fc
    .tuple(fc.integer({ min: 0, max: 100_000 }), fc.bigInt({ min: 0n, max: 10n ** 6n }))
    .map(([seconds, total]) => reading(seconds, total));
  const batches = fc.array(fc.uniqueArray(anyReading, { selector: (one) => one.readAt.getTime(), maxLength: 12 }));
  fc.assert(
    fc.property(batches, (all) => {
      let good: (Candidate & Counted)[] = [];
      for (const batch of all) {
        const fresh = batch.filter((one) => !good.some((known) => +known.readAt === +one.readAt));
        for (const { reading: one, suspect } of judgeSeries(fresh, good, limits)) if (!suspect) good = [...good, one];
      }
      const totals = good.sort((a, b) => +a.readAt - +b.readAt).map((one) => one.total);
      expect(totals).toEqual([...totals].sort((a, b) => (a < b ? -1 : 1)));
    }),
  );
});
