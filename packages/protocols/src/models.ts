import type { MeterKind } from '@openprepay/kernel';

/**
 * What the platform must know of a meter's make to judge its readings. Quantities are Wh or litres, before CT.
 */
export interface MeterModel {
  readonly model: string;
  readonly kind: MeterKind;
  /** The most that can pass in an hour, at rated power or flow. */
  readonly maxPerHour: bigint;
  /** Where the register wraps to zero: one more than the greatest value it can show. */
  readonly modulus: bigint;
  readonly switch: 'relay' | 'valve' | null;
}

export interface ElectricityModel extends MeterModel {
  readonly kind: 'electricity';
  readonly phases: 1 | 3;
  readonly ratedPowerW: number;
  readonly relay: boolean;
  /** What register 0200 says. */
  readonly modelCode: number;
}

const electricity = (
  model: string,
  facts: { phases: 1 | 3; ratedPowerW: number; modelCode: number; modulusWh: bigint },
): ElectricityModel => ({
  model,
  kind: 'electricity',
  phases: facts.phases,
  ratedPowerW: facts.ratedPowerW,
  modelCode: facts.modelCode,
  maxPerHour: BigInt(facts.ratedPowerW),
  modulus: facts.modulusWh,
  relay: true,
  switch: 'relay',
});

/** Eight digits of 0.01 kWh. */
const EIGHT_DIGITS_WH = 1_000_000_000n;

/**
 * Prepaid meters with internal relay. Rated power is 220 V × the greatest current of the manual's direct-connected
 * variants: 60 A single-phase, 3 × 80 A three-phase; a meter on CTs (6 A) stays far below.
 */
export const MODELS: readonly ElectricityModel[] = [
  electricity('DDSY1352-NK', { phases: 1, ratedPowerW: 13_200, modelCode: 7, modulusWh: EIGHT_DIGITS_WH }),
  electricity('DTSY1352-NK', { phases: 3, ratedPowerW: 52_800, modelCode: 5, modulusWh: EIGHT_DIGITS_WH }),
];

/** DN15 prepaid water meter with valve on NB-IoT: 99,999.999 m³, overload flow 3 m³/h. */
const NB_WATER_15: MeterModel = {
  model: 'NB-WATER-15',
  kind: 'water',
  maxPerHour: 3_000n,
  modulus: 100_000_000n,
  switch: 'valve',
};

/** Every model that the program knows, by name. */
export const meterModels: Readonly<Record<string, MeterModel>> = Object.fromEntries(
  [...MODELS, NB_WATER_15].map((model) => [model.model, model]),
);
