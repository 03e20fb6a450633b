export {
  decodeLegacyEnergy,
  type EnergyRegisters,
  encodeLegacyEnergy,
  LEGACY_ENERGY,
  type TariffsWh,
} from './energy.ts';
export { type Capability, type Field, LEGACY_FIELDS, LIVE_FIELDS, type Source, SWITCH_FIELDS } from './fields.ts';
export { decodeLiveBlock, encodeLiveBlock, LIVE_BLOCK, type LiveBlock } from './live-block.ts';
export {
  decodeSwitchRegisters,
  encodeSwitchRegisters,
  restorePrepaidWrite,
  SWITCH_REGISTERS,
  type SwitchPosition,
  type SwitchRegisters,
  switchWrite,
} from './switch.ts';
