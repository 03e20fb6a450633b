import { type DataIdEntry, energy, list, MINUTE, number, record, rows, signed } from '../format.ts';

/** DI2: on what occasion the meter kept a copy. */
const OCCASIONS = [
  ['00', 'timed freeze'],
  ['01', 'instant freeze'],
  ['02', 'year zone switch freeze'],
  ['03', 'day table switch freeze'],
  ['04', 'hourly freeze'],
  ['05', 'tariff price switch freeze'],
  ['06', 'daily freeze'],
  ['07', 'step switch freeze'],
] as const;

const DEMANDS = list(record(['demand', number(3, 4, 'kW')], ['time', MINUTE]));

/** DI1: of what. Energy is the total and as many tariffs as the meter has. */
const CONTENTS = [
  ['01', 'import active energy', list(energy())],
  ['02', 'export active energy', list(energy())],
  ['03', 'combined reactive 1 energy', list(signed(4, 2, 'kvarh'))],
  ['04', 'combined reactive 2 energy', list(signed(4, 2, 'kvarh'))],
  ['05', 'reactive energy quadrant 1', list(energy('kvarh'))],
  ['06', 'reactive energy quadrant 2', list(energy('kvarh'))],
  ['07', 'reactive energy quadrant 3', list(energy('kvarh'))],
  ['08', 'reactive energy quadrant 4', list(energy('kvarh'))],
  ['09', 'import demand', DEMANDS],
  ['0A', 'export demand', DEMANDS],
  ['10', 'active and reactive power', list(signed(3, 4))],
] as const;

/** DI3 = 05. DI0 is 01 for the last freeze, 02 for the one before it. */
export const FREEZE_IDS: readonly DataIdEntry[] = [
  ...rows('recorded', 'A.6', [['050600xx', 'daily freeze, time', MINUTE]]),
  ...rows(
    'known',
    'A.6',
    OCCASIONS.flatMap(([di2, occasion]) => [
      ...(di2 === '06' ? [] : [[`05${di2}00xx`, `${occasion}, time`, MINUTE] as const]),
      ...CONTENTS.map(([di1, content, format]) => [`05${di2}${di1}xx`, `${occasion}, ${content}`, format] as const),
    ]),
  ),
];
