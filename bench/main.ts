import { parseArgs } from 'node:util';
import { openBenchStore } from './bench-store.ts';
import { type BenchResult, benchDecode } from './decode.ts';
import { SETTLE_GOAL, settleLines } from './settle-figures.ts';
import { runSettle } from './settle-run.ts';

/*
 * npm run bench [-- --json] [--pairs 21]: every benchmark beside its goal. Exits with 1 where the worse end of an interval
 * misses it.
 */

const LEAST_PAIRS = 11;
const ACCOUNTS = 20_000;

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, pairs: { type: 'string', default: '21' } },
});
const pairs = Math.max(LEAST_PAIRS, Number(values.pairs) || LEAST_PAIRS);
const results = benchDecode({ pairs, rounds: 40, warmUpRounds: 100 });
const settlement = await settled();

async function settled() {
  const { db, close } = await openBenchStore();
  try {
    return await runSettle(db, ACCOUNTS, LEAST_PAIRS);
  } finally {
    await close();
  }
}

const cells = (result: BenchResult): string[] => [
  result.goal,
  result.work,
  `÷ ${result.baseline}`,
  `${result.median.toFixed(2)} (${result.low.toFixed(2)}–${result.high.toFixed(2)})`,
  `≥ ${result.atLeast}`,
  result.low >= result.atLeast ? 'met' : 'MISSED',
  `${Math.round(result.oursPerS / 1000)} k/s`,
  `${Math.round(result.baselinePerS / 1000)} k/s`,
];

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

if (values.json) console.log(JSON.stringify({ pairs, results, settlement }, null, 2));
else {
  const head = ['goal', 'work', 'baseline', 'ratio (interval)', 'goal', '', 'ours', 'baseline'];
  console.log(table([head, ...results.map(cells)]));
  console.log(settleLines(settlement).join('\n'));
}
const met = results.every(({ low, atLeast }) => low >= atLeast) && settlement.low >= SETTLE_GOAL;
process.exitCode = met ? 0 : 1;
