import { DDSY1352_NK, DTSY1352_NK } from './acrel1352.ts';
import { LXSY_188, NB_WATER_15 } from './cjt188-water.ts';
import { DDS_645_97 } from './dds-645-97.ts';
import { DDZY_645, DTZY_645 } from './dlt645-2007.ts';
import { DTSD1352 } from './dtsd1352.ts';
import type { MeterModel } from './model.ts';

export type {
  BlockIds,
  Cjt188Model,
  Cjt188Profile,
  Dlt645Model,
  Dlt645Profile,
  ForcedRelay,
  MeterModel,
  ModbusModel,
  ModbusProfile,
  RegisterBlock,
  RelayHabits,
} from './model.ts';

const ALL: readonly MeterModel[] = [
  DDSY1352_NK,
  DTSY1352_NK,
  DTSD1352,
  DDZY_645,
  DTZY_645,
  DDS_645_97,
  LXSY_188,
  NB_WATER_15,
];

/** Every model that the program knows, by name. */
export const meterModels: Readonly<Record<string, MeterModel>> = Object.fromEntries(
  ALL.map((model) => [model.model, model]),
);
