import { DEEP_VALLEY_FIELD, LIVE_FIELDS, SWITCH_FIELDS } from '../acrel1352/fields.ts';
import { LIVE_BLOCK } from '../acrel1352/live-block.ts';
import { SWITCH_REGISTERS } from '../acrel1352/switch.ts';
import type { ModbusModel, ModbusProfile, RegisterBlock } from './model.ts';

const CLOCK_BYTE = 80;

const live: RegisterBlock = {
  ...LIVE_BLOCK,
  fields: LIVE_FIELDS,
  clock: { byte: CLOCK_BYTE, layout: 'YYMMDDWWhhmmss' },
};

/** Firmware with eight tariffs pushes a longer block, whose clock has no weekday. */
const longLive: RegisterBlock = {
  start: live.start,
  quantity: 72,
  fields: [...LIVE_FIELDS, DEEP_VALLEY_FIELD],
  clock: { byte: CLOCK_BYTE, layout: 'YYMMDDhhmmss' },
};

const profile: ModbusProfile = {
  blocks: [live],
  pushes: [live, longLive],
  total: 'total',
  tariffs: ['sharp', 'peak', 'flat', 'valley', 'deepValley'],
  flags: [
    { name: 'meter_fault', field: 'relayBits', bit: 0 },
    { name: 'prepaid_control', field: 'feeBits', bit: 3 },
    { name: 'over_limit', field: 'feeBits', bit: 4 },
    { name: 'arrears', field: 'feeBits', bit: 5 },
    { name: 'alarm_1', field: 'feeBits', bit: 6 },
    { name: 'alarm_2', field: 'feeBits', bit: 7 },
    { name: 'load_control', field: 'loadBits', bit: 3 },
    { name: 'relay_forced', field: 'forceBits', bit: 3 },
    { name: 'time_control', field: 'forceBits', bit: 7 },
  ],
  relay: {
    registers: { ...SWITCH_REGISTERS, fields: SWITCH_FIELDS, clock: null },
    closed: { field: 'relayBits', bits: [5, 6, 7] },
    phaseCode: 'phaseCode',
  },
};

/**
 * Prepaid meters with internal relay. Rated power is 220 V × the greatest current of the manual's direct-connected
 * variants; a meter on CTs (6 A) stays far below.
 */
const prepaid = (model: string, phases: 1 | 3, ratedPowerW: bigint): ModbusModel => ({
  model,
  kind: 'electricity',
  driver: 'modbus',
  profile,
  maxPerHour: ratedPowerW,
  // Eight digits of 0.01 kWh.
  modulus: 1_000_000_000n,
  switch: 'relay',
  phases,
  tariffs: 4,
  freezes: 'none',
  settings: [],
  unverified: [],
});

/** 60 A. */
export const DDSY1352_NK = prepaid('DDSY1352-NK', 1, 13_200n);
/** 3 × 80 A. */
export const DTSY1352_NK = prepaid('DTSY1352-NK', 3, 52_800n);
