import { LEGACY_ENERGY } from '../acrel1352/energy.ts';
import { LEGACY_FIELDS } from '../acrel1352/fields.ts';
import type { ModbusModel } from './model.ts';

/** The three-phase meter without prepayment and without relay: it is read, and never switched. 3 × 80 A at 220 V. */
export const DTSD1352: ModbusModel = {
  model: 'DTSD1352',
  kind: 'electricity',
  driver: 'modbus',
  profile: {
    blocks: [{ ...LEGACY_ENERGY, fields: LEGACY_FIELDS, clock: null }],
    pushes: [],
    total: 'total',
    tariffs: ['sharp', 'peak', 'flat', 'valley'],
    flags: [],
    relay: null,
  },
  maxPerHour: 52_800n,
  modulus: 1_000_000_000n,
  switch: null,
  phases: 3,
  tariffs: 4,
  freezes: 'none',
  settings: [],
  unverified: [],
};
