import { DLT645_FRAMES } from './decode-frames.ts';
import { decodeJsmodbus, decodeModbusSerial } from './decode-npm.ts';
import { decodeAcrel, decodeDlt645, decodeModbus } from './decode-ours.ts';
import { scanAcrel, scanDlt645, scanModbus } from './decode-scans.ts';
import { type BenchResult, compare, type PairOptions, type Work } from './pairs.ts';

const SCAN_GOAL = 0.25;
const NPM_GOAL = 3;

const CASES: readonly (readonly [work: string, baseline: string, atLeast: number, ours: () => Work, () => Work])[] = [
  ['Acrel 7B7B data', 'hand-written scan', SCAN_GOAL, decodeAcrel, scanAcrel],
  ['DL/T 645 energy block', 'hand-written scan', SCAN_GOAL, decodeDlt645, scanDlt645],
  ['Modbus RTU reply', 'hand-written scan', SCAN_GOAL, decodeModbus, scanModbus],
  ['Modbus RTU reply', 'jsmodbus', NPM_GOAL, decodeModbus, decodeJsmodbus],
  ['Modbus RTU reply', 'modbus-serial', NPM_GOAL, decodeModbus, decodeModbusSerial],
];

/** P11: typed, checked decoding beside the least that can be done, and beside what npm has. */
export const benchDecode = (options: PairOptions): BenchResult[] =>
  CASES.map(([work, baseline, atLeast, ours, theirs]) => {
    const [one, other] = [ours(), theirs()];
    if (one() !== other()) throw new Error(`${work}: ours and ${baseline} do not find the same`);
    return { goal: 'P11', work, baseline, atLeast, ...compare(one, other, DLT645_FRAMES.length, options) };
  });
