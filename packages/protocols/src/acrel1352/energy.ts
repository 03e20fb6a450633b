import { protocolError } from '../errors.ts';
import { LEGACY_FIELDS } from './fields.ts';
import { readFields, writeFields } from './registers.ts';

/** Energy by tariff register in Wh, before CT. `deepValley` is null in firmware with four tariffs. */
export interface TariffsWh {
  readonly sharp: bigint;
  readonly peak: bigint;
  readonly flat: bigint;
  readonly valley: bigint;
  readonly deepValley: bigint | null;
}

export interface EnergyRegisters {
  readonly totalWh: bigint;
  readonly tariffsWh: TariffsWh;
}

/** Total and four tariffs, in every firmware. */
export const LEGACY_ENERGY = { start: 0x0000, quantity: 10 } as const;

const WH_PER_COUNT = 10;
const U32_MAX = 0xffff_ffffn;

/** Registers count 0.01 kWh. */
export const whOf = (counts: number): bigint => BigInt(counts * WH_PER_COUNT);

/** A register shows whole counts only: what is less is not yet seen. @throws frame.bad_value */
export function countsOf(energyWh: bigint): number {
  const counts = energyWh / BigInt(WH_PER_COUNT);
  if (energyWh < 0n || counts > U32_MAX)
    throw protocolError('frame.bad_value', 'energy does not fit its register', { energyWh });
  return Number(counts);
}

/** @param data 20 bytes from register 0000. @throws frame.bad_length */
export function decodeLegacyEnergy(data: Uint8Array): EnergyRegisters {
  if (data.length !== 2 * LEGACY_ENERGY.quantity) {
    throw protocolError('frame.bad_length', `20 bytes of energy registers, got ${data.length}`);
  }
  const raw = readFields(LEGACY_FIELDS, data);
  return {
    totalWh: whOf(raw.total),
    tariffsWh: {
      sharp: whOf(raw.sharp),
      peak: whOf(raw.peak),
      flat: whOf(raw.flat),
      valley: whOf(raw.valley),
      deepValley: null,
    },
  };
}

/** @throws frame.bad_value */
export function encodeLegacyEnergy({ totalWh, tariffsWh }: EnergyRegisters): Uint8Array {
  const data = new Uint8Array(2 * LEGACY_ENERGY.quantity);
  const raw = {
    total: countsOf(totalWh),
    sharp: countsOf(tariffsWh.sharp),
    peak: countsOf(tariffsWh.peak),
    flat: countsOf(tariffsWh.flat),
    valley: countsOf(tariffsWh.valley),
  };
  writeFields(LEGACY_FIELDS, raw, data);
  return data;
}
