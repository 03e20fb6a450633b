import { parseArgs } from 'node:util';
import { openBenchStore } from './bench-store.ts';
import { SETTLE_GOAL, settleLines } from './settle-figures.ts';
import { runSettle } from './settle-run.ts';

/*
 * node bench/settle.ts [--accounts 20000] [--pairs 11] [--json]: P3, settlement beside one statement of the same rules, on a database
 * that syncs. Exits with 1 where the worse end of the interval misses the goal.
 */

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '20000' },
    pairs: { type: 'string', default: '11' },
    json: { type: 'boolean', default: false },
  },
});

const { db, close } = await openBenchStore();
try {
  const figures = await runSettle(db, Number(values.accounts), Number(values.pairs));
  console.log(values.json ? JSON.stringify(figures, null, 2) : settleLines(figures).join('\n'));
  process.exitCode = figures.low >= SETTLE_GOAL ? 0 : 1;
} finally {
  await close();
}
