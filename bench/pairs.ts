/** A piece of work that takes every frame once and gives a number that depends on each, so that none can be left out. */
export type Work = () => number;

/** ours ÷ baseline in work per second: above 1, ours is the faster. */
export interface Ratio {
  readonly median: number;
  /** The ends of the median's interval. */
  readonly low: number;
  readonly high: number;
  /** Of the median pair. */
  readonly oursPerS: number;
  readonly baselinePerS: number;
}

/** One line of `npm run bench`. */
export interface BenchResult extends Ratio {
  readonly goal: string;
  readonly work: string;
  readonly baseline: string;
  /** null where there is a figure to know and no goal to meet. */
  readonly atLeast: number | null;
  /** What explains the ratio and has no noise. */
  readonly note?: string;
}

export interface PairOptions {
  readonly pairs: number;
  /** How often each work is done in one half of a pair. */
  readonly rounds: number;
  readonly warmUpRounds: number;
}

/** Of 11 pairs the median lies between the 2nd and the 10th with 98.8 % certainty: binomial, and so for any number. */
const CERTAINTY = 0.95;

/**
 * Both works by turns, A B B A, so that what changes on the machine hits both alike.
 * @param units of one round, frames for example
 */
export function compare(ours: Work, baseline: Work, units: number, options: PairOptions): Ratio {
  const { pairs, rounds, warmUpRounds } = options;
  let sink = run(ours, warmUpRounds).sink - run(baseline, warmUpRounds).sink;
  const measured = Array.from({ length: pairs }, (_, at) => {
    const [first, second] = at % 2 === 0 ? [ours, baseline] : [baseline, ours];
    const a = run(first, rounds);
    const b = run(second, rounds);
    sink += a.sink - b.sink;
    const [oursMs, baselineMs] = at % 2 === 0 ? [a.ms, b.ms] : [b.ms, a.ms];
    const perS = (ms: number) => (units * rounds * 1000) / ms;
    return { ratio: baselineMs / oursMs, oursPerS: perS(oursMs), baselinePerS: perS(baselineMs) };
  });
  if (Number.isNaN(sink)) throw new Error('a work gave no number');
  return ratioOf(measured);
}

/** A piece of work that is done once a half of a pair, with its own preparation. @returns the milliseconds of the work alone */
export type SlowWork = (round: number) => Promise<number>;

/** The same for works that take long: by turns, A B B A, after one round of each to warm up. */
export async function compareSlow(ours: SlowWork, baseline: SlowWork, units: number, pairs: number): Promise<Ratio> {
  await ours(1);
  await baseline(1);
  const measured: Pair[] = [];
  for (let at = 0; at < pairs; at++) {
    const round = at + 2;
    const [first, second] = at % 2 === 0 ? [ours, baseline] : [baseline, ours];
    const a = await first(round);
    const b = await second(round);
    const [oursMs, baselineMs] = at % 2 === 0 ? [a, b] : [b, a];
    const perS = (ms: number) => (units * 1000) / ms;
    measured.push({ ratio: baselineMs / oursMs, oursPerS: perS(oursMs), baselinePerS: perS(baselineMs) });
  }
  return ratioOf(measured);
}

interface Pair {
  readonly ratio: number;
  readonly oursPerS: number;
  readonly baselinePerS: number;
}

function ratioOf(measured: readonly Pair[]): Ratio {
  const sorted = measured.toSorted((a, b) => a.ratio - b.ratio);
  const at = (index: number) => sorted[index] ?? { ratio: 0, oursPerS: 0, baselinePerS: 0 };
  const out = outerRanks(measured.length);
  const { ratio, oursPerS, baselinePerS } = at(Math.floor(measured.length / 2));
  return { median: ratio, low: at(out).ratio, high: at(measured.length - 1 - out).ratio, oursPerS, baselinePerS };
}

function run(work: Work, rounds: number): { readonly ms: number; readonly sink: number } {
  let sink = 0;
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) sink += work();
  return { ms: performance.now() - startedMs, sink };
}

/** How many values may be left out at either end of n so that the median still lies among the rest, nearly for sure. */
export function outerRanks(n: number): number {
  let outside = 0;
  let binomial = 1;
  for (let out = 0; out < n / 2; out++) {
    outside += (2 * binomial) / 2 ** n;
    if (outside > 1 - CERTAINTY) return Math.max(0, out - 1);
    binomial = (binomial * (n - out)) / (out + 1);
  }
  return 0;
}
