import { LOAD_SLOT_MS } from './load.ts';
import { drawInt, type Place } from './random.ts';

type ThreePhases = readonly [number, number, number];

/** What the meter measures at one instant, in the units of its registers, before CT. Absent phases are 0. */
export interface Electrical {
  readonly voltageDeciV: ThreePhases;
  readonly currentCentiA: ThreePhases;
  readonly powerW: ThreePhases;
  readonly reactiveVar: ThreePhases;
  readonly powerFactorPermille: ThreePhases;
}

/** Voltages, currents and powers that fit a load together: P = U × I × power factor, phase by phase. */
export function electrical(loadW: number, phases: 1 | 3, atMs: number, place: Place): Electrical {
  const slot = Math.floor(atMs / LOAD_SLOT_MS);
  const [first, second] = phases === 1 ? [1000, 0] : [drawInt(310, 355, ...place, slot, 'L1'), drawInt(310, 355, ...place, slot, 'L2')]; // biome-ignore format: two shares
  const l1 = Math.floor((loadW * first) / 1000);
  const l2 = Math.floor((loadW * second) / 1000);
  const powerW: ThreePhases = [l1, l2, phases === 1 ? 0 : loadW - l1 - l2];
  const present = (phase: number) => phase < phases;
  const each = (value: (phase: number) => number): ThreePhases => [value(0), value(1), value(2)];
  const voltageDeciV = each((phase) => (present(phase) ? drawInt(2200, 2360, ...place, slot, 'U', phase) : 0));
  const powerFactorPermille = each((phase) => (present(phase) ? drawInt(880, 985, ...place, slot, 'PF', phase) : 0));
  const apparentVa = each((phase) =>
    present(phase) ? Math.floor(((powerW[phase] ?? 0) * 1000) / (powerFactorPermille[phase] ?? 1000)) : 0,
  );
  return {
    voltageDeciV,
    powerW,
    powerFactorPermille,
    // VA × 1000 / dV = hundredths of an ampere.
    currentCentiA: each((phase) => (present(phase) ? Math.floor(((apparentVa[phase] ?? 0) * 1000) / (voltageDeciV[phase] ?? 1)) : 0)), // biome-ignore format: one formula
    reactiveVar: each((phase) => Math.floor(Math.sqrt((apparentVa[phase] ?? 0) ** 2 - (powerW[phase] ?? 0) ** 2))),
  };
}
