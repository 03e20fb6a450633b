import { parseArgs } from 'node:util';
import { openBenchStore } from './bench-store.ts';
import { runExports } from './export-run.ts';

/*
 * node bench/export.ts [--rows 100000] [--json]: a list taken along as CSV and as Excel, how long and how much memory beside its
 * goal. Exits with 1 where the goal is missed.
 */

const GOAL_MB = 64;
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, json: { type: 'boolean', default: false } },
});
const { db, close } = await openBenchStore();
try {
  const figures = await runExports(db, Number(values.rows));
  if (values.json) console.log(JSON.stringify(figures, null, 2));
  else {
    for (const { rows, format, wallS, megabytes, grewMb } of figures) {
      const met = grewMb <= GOAL_MB ? 'met' : 'MISSED';
      console.log(
        `P13  ${rows} rows as ${format}: ${wallS} s, ${megabytes} MB, memory grew ${grewMb} MB (≤ ${GOAL_MB} ${met})`,
      );
    }
  }
  process.exitCode = figures.every(({ grewMb }) => grewMb <= GOAL_MB) ? 0 : 1;
} finally {
  await close();
}
