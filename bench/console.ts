import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchStore } from './bench-store.ts';
import { runConsole, type ScrollCost } from './console-run.ts';

/*
 * node bench/console.ts [--rows 10000] [--json]: lists and grid of a market with so many stalls in a real Chromium, beside their
 * goals. The console must be built before. Exits with 1 where a goal is missed.
 */

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '10000' }, json: { type: 'boolean', default: false } },
});

const { db, close } = await openBenchStore();
try {
  const dist = join(import.meta.dirname, '../apps/console/dist');
  const figures = await runConsole(db, Number(values.rows), dist);
  const { rows, listMs, longListMs, filterMs, listScroll, gridMs, gridScroll, emptyScroll } = figures;
  const scroll = ({ frames, dropped, worstMs }: ScrollCost) => `${dropped} of ${frames}, worst ${worstMs} ms`;
  const cost = ({ cost: { middleMs, p95Ms } }: ScrollCost) => `${middleMs} ms, p95 ${p95Ms} ms`;
  const goals = [
    ['list, 50 rows a page: first row', `${listMs} ms`, '≤ 1500 ms', listMs <= 1_500],
    [`list, ${rows} rows a page: first row`, `${longListMs} ms`, '≤ 1500 ms', longListMs <= 1_500],
    ['list: filtered after the last key', `${filterMs} ms`, '≤ 300 ms', filterMs <= 300],
    [`list, ${rows} rows: pictures dropped`, scroll(listScroll), '0', listScroll.dropped === 0],
    ['    processor time of a picture', cost(listScroll), '', true],
    [`grid, ${rows} stalls: first card`, `${gridMs} ms`, '≤ 1500 ms', gridMs <= 1_500],
    [`grid, ${rows} stalls: pictures dropped`, scroll(gridScroll), '0', gridScroll.dropped === 0],
    ['    processor time of a picture', cost(gridScroll), '', true],
    ['an empty page: pictures dropped', scroll(emptyScroll), '', true],
    ['    processor time of a picture', cost(emptyScroll), '', true],
  ] as const;
  if (values.json) console.log(JSON.stringify({ ...figures, met: goals.every(([, , , met]) => met) }, null, 2));
  else {
    for (const [what, is, goal, met] of goals) {
      console.log(
        `P14  ${what.padEnd(40)} ${is.padEnd(28)} ${goal.padEnd(12)} ${goal === '' ? '' : met ? 'met' : 'MISSED'}`,
      );
    }
  }
  process.exitCode = goals.every(([, , , met]) => met) ? 0 : 1;
} finally {
  await close();
}
