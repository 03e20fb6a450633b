import { parseArgs } from 'node:util';
import { openBenchStore } from './bench-store.ts';
import { runSweep, type SweepFigures } from './sweep-run.ts';

/*
 * node bench/sweep.ts [--meters 10000] [--slot 300] [--loss 5] [--json]: one slot of the sweep beside its goal. Real sockets and a
 * real database that syncs; the meters lose requests and answer after 30 to 120 ms. Exits with 1 where the goal is missed.
 */

const GOAL_RATIO = 1.1;

const { values } = parseArgs({
  options: {
    meters: { type: 'string', default: '10000' },
    slot: { type: 'string', default: '300' },
    loss: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

const { db, close } = await openBenchStore();
try {
  const figures = await runSweep(db, {
    meters: Number(values.meters),
    slotS: Number(values.slot),
    speed: 1,
    lossPercent: Number(values.loss),
    jitterMs: [30, 120],
  });
  const met = figures.ratio <= GOAL_RATIO && figures.complete === figures.meters;
  console.log(values.json ? JSON.stringify({ ...figures, met }, null, 2) : lines(figures, met).join('\n'));
  process.exitCode = met ? 0 : 1;
} finally {
  await close();
}

function lines(figures: SweepFigures, met: boolean): string[] {
  const { meters, slotS, wallS, ratio, complete, reads, timeOuts, cpuPercent, rssMb, loopDelayP99Ms } = figures;
  return [
    `P9  sweep of ${meters} meters, ${values.loss} % loss, answers after 30–120 ms, slot of ${slotS} s`,
    `    wall ÷ slot time ${ratio.toFixed(2)} (${wallS.toFixed(1)} s)      goal ≤ ${GOAL_RATIO}`,
    `    complete ${((100 * complete) / meters).toFixed(2)} % (${complete})      goal 100 %`,
    `    ${reads} questions, ${timeOuts} time-outs; head-end ${cpuPercent.toFixed(0)} % of a core, ${rssMb.toFixed(0)} MB, event loop p99 ${loopDelayP99Ms.toFixed(0)} ms`,
    `    ${met ? 'met' : 'MISSED'}`,
  ];
}
