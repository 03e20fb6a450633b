import { DATA_ID } from '../dlt645/data-ids.ts';
import type { Dlt645Model, Dlt645Profile } from './model.ts';

const profile = (phases: 1 | 3): Dlt645Profile => {
  const ofPhases = (group: string, name: string, last = '') => ({
    block: `${group}FF00`,
    singles: ['01', '02', '03'].slice(0, phases).map((phase) => `${group}${phase}00`),
    names: ['a', 'b', 'c'].slice(0, phases).map((phase) => `${name}_${phase}${last}`),
  });
  return {
    edition: '2007',
    energy: {
      block: DATA_ID.importEnergyByTariff,
      singles: [DATA_ID.importEnergy, '00010100', '00010200', '00010300', '00010400'],
    },
    clock: { date: DATA_ID.date, time: DATA_ID.time },
    details: [
      ofPhases('0201', 'voltage'),
      ofPhases('0202', 'current'),
      {
        block: DATA_ID.activePower,
        singles: ['02030000', '02030100', '02030200', '02030300'].slice(0, 1 + phases),
        names: ['power_total', 'power_a', 'power_b', 'power_c'].slice(0, 1 + phases),
      },
    ],
    relay: { on: 'close', off: 'trip', extra: 0, validMinutes: 60 },
    frozen: ['load_record', 'hourly_freeze', 'daily_freeze'],
  };
};

/**
 * Prepaid meters of DL/T 645-2007 with an internal relay that closes without its button. Ids of prices, and how load records
 * are laid out, are not proved.
 */
const prepaid = (model: string, phases: 1 | 3, ratedPowerW: bigint): Dlt645Model => ({
  model,
  kind: 'electricity',
  driver: 'dlt645',
  profile: profile(phases),
  maxPerHour: ratedPowerW,
  // XXXXXX.XX kWh.
  modulus: 1_000_000_000n,
  switch: 'relay',
  phases,
  tariffs: 4,
  freezes: 'hourly',
  settings: ['keep_power', 'clock', 'price_table', 'alarm_amounts'],
  unverified: ['price_table', 'alarm_amounts', 'load_record'],
});

/** 60 A. */
export const DDZY_645 = prepaid('DDZY-645', 1, 13_200n);
/** 3 × 80 A. */
export const DTZY_645 = prepaid('DTZY-645', 3, 52_800n);
