import { parseArgs } from 'node:util';
import { openBenchStore } from './bench-store.ts';
import { runExports } from './export-run.ts';

/*
 * node bench/export.ts [--rows 100000] [--pairs 11] [--json]: a ledger taken along as CSV and as Excel, how long beside PostgreSQL's
 * own `copy`, and how much memory. Exits with 1 where a goal is missed.
 */

const GOAL_MB = 64;
/** The worse end: at most one and a half times as long as `copy`. */
const GOAL_RATIO = 1 / 1.5;
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    pairs: { type: 'string', default: '11' },
    json: { type: 'boolean', default: false },
  },
});
const { db, close } = await openBenchStore();
try {
  const figures = await runExports(db, Number(values.rows), Number(values.pairs));
  if (values.json) console.log(JSON.stringify(figures, null, 2));
  else {
    for (const { rows, format, megabytes, grewMb, ratio } of figures) {
      const times = (share: number) => `${(1 / share).toFixed(1)}`;
      const met = grewMb <= GOAL_MB ? 'met' : 'MISSED';
      const isFast = ratio.low >= GOAL_RATIO ? 'met' : 'MISSED';
      console.log(
        `P13  ${rows} rows as ${format}, ${megabytes} MB: ${times(ratio.median)} (${times(ratio.high)}–${times(ratio.low)}) times as long as copy ` +
          `(≤ 1.5 ${isFast}), ${Math.round(ratio.oursPerS)} rows/s beside ${Math.round(ratio.baselinePerS)}; memory grew ${grewMb} MB (≤ ${GOAL_MB} ${met})`,
      );
    }
  }
  process.exitCode = figures.every(({ grewMb, ratio }) => grewMb <= GOAL_MB && ratio.low >= GOAL_RATIO) ? 0 : 1;
} finally {
  await close();
}
