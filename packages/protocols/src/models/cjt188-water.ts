import { COLD_WATER } from '../cjt188/water.ts';
import type { Cjt188Model, Cjt188Profile } from './model.ts';

const profile: Cjt188Profile = {
  ...COLD_WATER,
  valve: { on: 0x55, off: 0x99 },
  status: { open: 0b00, closed: 0b01 },
  preambleBytes: 4,
};

const cold = (model: string, modulus: bigint, settings: Cjt188Model['settings']): Cjt188Model => ({
  model,
  kind: 'water',
  driver: 'cjt188',
  profile,
  // Overload flow of DN15: 3 m³/h.
  maxPerHour: 3_000n,
  modulus,
  switch: 'valve',
  phases: null,
  tariffs: 0,
  freezes: 'none',
  settings,
  unverified: settings,
});

/** DN15 prepaid water meter with valve on NB-IoT: 99,999.999 m³. Its platform is spoken to, not the meter. */
export const NB_WATER_15 = cold('NB-WATER-15', 100_000_000n, []);
/** DN15 prepaid water meter with valve on a wire: XXXXXX.XX m³. */
export const LXSY_188 = cold('LXSY-188', 1_000_000_000n, ['clock']);
