import { LOAD_SLOT_MS } from './load.ts';
import { drawInt, type Place } from './random.ts';

/** What the meter measures on one phase at one instant, in the units of its registers, before CT. */
export interface Phase {
  readonly voltageDeciV: number;
  readonly currentCentiA: number;
  readonly powerW: number;
  readonly reactiveVar: number;
  readonly powerFactorPermille: number;
}

export type ThreePhases = readonly [Phase, Phase, Phase];

const ABSENT: Phase = { voltageDeciV: 0, currentCentiA: 0, powerW: 0, reactiveVar: 0, powerFactorPermille: 0 };
/** A three-phase load is never quite even: the share of L1 and of L2. */
const SHARE_PERMILLE = { least: 310, most: 355 };

/** Splits a load over the phases, with voltages and currents that fit it: P = U × I × power factor. */
export function electrical(loadW: number, phases: 1 | 3, atMs: number, place: Place): ThreePhases {
  const here = [...place, Math.floor(atMs / LOAD_SLOT_MS)];
  if (phases === 1) return [phase(loadW, [...here, 'L1']), ABSENT, ABSENT];
  const share = (name: string) =>
    Math.floor((loadW * drawInt(SHARE_PERMILLE.least, SHARE_PERMILLE.most, ...here, name, 'share')) / 1000);
  const [l1, l2] = [share('L1'), share('L2')];
  return [phase(l1, [...here, 'L1']), phase(l2, [...here, 'L2']), phase(loadW - l1 - l2, [...here, 'L3'])];
}

function phase(powerW: number, place: Place): Phase {
  const voltageDeciV = drawInt(2200, 2360, ...place, 'voltage');
  const powerFactorPermille = drawInt(880, 985, ...place, 'power factor');
  const apparentVa = Math.floor((powerW * 1000) / powerFactorPermille);
  return {
    voltageDeciV,
    currentCentiA: Math.floor((apparentVa * 1000) / voltageDeciV),
    powerW,
    reactiveVar: Math.floor(Math.sqrt(Math.max(0, apparentVa ** 2 - powerW ** 2))),
    powerFactorPermille,
  };
}
