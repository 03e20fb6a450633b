import { parseArgs } from 'node:util';
import type { Database } from '../apps/server/src/platform/database.ts';
import { openBenchStore } from './bench-store.ts';
import { benchDecode } from './decode.ts';
import type { BenchResult } from './pairs.ts';
import { benchPostings } from './postings.ts';
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
const settlement = await withStore((db) => runSettle(db, ACCOUNTS, LEAST_PAIRS));
const results = [
  ...(await withStore((db) => benchPostings(db, { pairs, legS: 1.5, accounts: ACCOUNTS, scale: 32 }))),
  ...benchDecode({ pairs, rounds: 40, warmUpRounds: 100 }),
];

async function withStore<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const { db, close } = await openBenchStore();
  try {
    return await work(db);
  } finally {
    await close();
  }
}

const isMet = ({ low, atLeast }: BenchResult) => atLeast === null || low >= atLeast;
const perS = (rate: number) => (rate < 100_000 ? `${Math.round(rate)} /s` : `${Math.round(rate / 1_000)} k/s`);

const cells = (result: BenchResult): string[] => [
  result.goal,
  result.work,
  `÷ ${result.baseline}`,
  `${result.median.toFixed(2)} (${result.low.toFixed(2)}–${result.high.toFixed(2)})`,
  ...(result.atLeast === null ? ['', ''] : [`≥ ${result.atLeast}`, isMet(result) ? 'met' : 'MISSED']),
  perS(result.oursPerS),
  perS(result.baselinePerS),
  result.note ?? '',
];

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

if (values.json) console.log(JSON.stringify({ pairs, results, settlement }, null, 2));
else {
  const head = ['goal', 'work', 'baseline', 'ratio (interval)', 'goal', '', 'ours', 'baseline', 'ours beside baseline'];
  console.log(table([head, ...results.map(cells)]));
  console.log(settleLines(settlement).join('\n'));
}
process.exitCode = results.every(isMet) && settlement.low >= SETTLE_GOAL ? 0 : 1;
