import type { Dlt645Model } from './model.ts';

/** A single-phase meter of DL/T 645-1997, 60 A, without relay. That edition has no order for one. */
export const DDS_645_97: Dlt645Model = {
  model: 'DDS-645-97',
  kind: 'electricity',
  driver: 'dlt645',
  profile: {
    edition: '1997',
    energy: { block: '901F', singles: ['9010', '9011', '9012', '9013', '9014'] },
    clock: { date: 'C010', time: 'C011' },
    details: [
      { block: 'B61F', singles: ['B611'], names: ['voltage_a'] },
      { block: 'B62F', singles: ['B621'], names: ['current_a'] },
    ],
    relay: null,
    frozen: [],
  },
  maxPerHour: 13_200n,
  modulus: 1_000_000_000n,
  switch: null,
  phases: 1,
  tariffs: 4,
  freezes: 'none',
  settings: ['clock'],
  unverified: ['clock'],
};
