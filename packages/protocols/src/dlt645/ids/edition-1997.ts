import { bits, type DataIdEntry, digits, energy, type Format, number, rows, time } from '../format.ts';

const MINUTE_OF_YEAR = time('MMDDhhmm');

/** DI1 of energy tells the month and whether it is active or reactive: 9 | 00, 01 or 10 | 00 or 01. */
const MONTHS = [
  ['0', '', 0],
  ['4', ', last month', 4],
  ['8', ', month before last', 8],
] as const;

const ENERGIES: readonly (readonly [reactive: 0 | 1, di0: string, name: string, unit: string])[] = [
  [0, '1', 'import active', 'kWh'],
  [0, '2', 'export active', 'kWh'],
  [1, '1', 'import reactive', 'kvarh'],
  [1, '2', 'export reactive', 'kvarh'],
  [1, '3', 'reactive quadrant 1', 'kvarh'],
  [1, '4', 'reactive quadrant 4', 'kvarh'],
  [1, '5', 'reactive quadrant 2', 'kvarh'],
  [1, '6', 'reactive quadrant 3', 'kvarh'],
];

/** The same order in three groups: 9 energy, A maximum demand, B when that was. */
const inEveryMonth = (group: '9' | 'A' | 'B', what: string, format: (unit: string) => Format) =>
  MONTHS.flatMap(([, month, offset]) =>
    ENERGIES.map(
      ([reactive, di0, name, unit]) =>
        [`${group}${offset + reactive}${di0}t`, `${name} ${what}${month}`, format(unit)] as const,
    ),
  );

/** 9010 is recorded, B611 too; the rest is common knowledge of the edition of 1997, appendix A. */
export const IDS_1997: readonly DataIdEntry[] = [
  ...rows('known', 'A.1', inEveryMonth('9', 'energy', energy)),
  ...rows('known', 'A.2', [
    ...inEveryMonth('A', 'maximum demand', (unit) => number(3, 4, unit.slice(0, -1))),
    ...inEveryMonth('B', 'maximum demand, time', () => MINUTE_OF_YEAR),
  ]),
  ...rows('recorded', 'A.3', [['B61p', 'voltage', number(2, 0, 'V')]]),
  ...rows('known', 'A.3', [
    ['B210', 'last programming time', MINUTE_OF_YEAR],
    ['B211', 'last demand clearing time', MINUTE_OF_YEAR],
    ['B212', 'programming count', number(2, 0)],
    ['B213', 'demand clearing count', number(2, 0)],
    ['B214', 'battery running time', number(3, 0, 'min')],
    ['B31q', 'phase failure count', number(2, 0)],
    ['B32q', 'phase failure duration', number(3, 0, 'min')],
    ['B33q', 'phase failure begin', MINUTE_OF_YEAR],
    ['B34q', 'phase failure end', MINUTE_OF_YEAR],
    ['B62p', 'current', number(2, 2, 'A')],
    ['B630', 'active power', number(3, 4, 'kW')],
    ['B631', 'active power, phase A', number(3, 4, 'kW')],
    ['B632', 'active power, phase B', number(3, 4, 'kW')],
    ['B633', 'active power, phase C', number(3, 4, 'kW')],
    ['B634', 'import power limit', number(2, 2, 'kW')],
    ['B635', 'export power limit', number(2, 2, 'kW')],
    ['B64q', 'reactive power', number(2, 2, 'kvar')],
    ['B65q', 'power factor', number(2, 3)],
  ]),
  ...rows('known', 'A.4', [
    ['C010', 'date', time('YYMMDDWW')],
    ['C011', 'time', time('hhmmss')],
    ['C020', 'meter status', bits(1)],
    ['C021', 'grid status', bits(1)],
    ['C022', 'weekend days', bits(1)],
    ['C030', 'active constant', number(3, 0, 'imp/kWh')],
    ['C031', 'reactive constant', number(3, 0, 'imp/kvarh')],
    ['C032', 'meter number', digits(6)],
    ['C033', 'customer number', digits(6)],
    ['C034', 'device code', digits(6)],
    ['C111', 'demand period', number(1, 0, 'min')],
    ['C112', 'slip time', number(1, 0, 'min')],
    ['C113', 'seconds a screen', number(1, 0, 's')],
    ['C114', 'number of screens', number(1, 0)],
    ['C115', 'decimals of energy shown', number(1, 0)],
    ['C116', 'decimals of power shown', number(1, 0)],
    ['C117', 'automatic reading day', time('DDhh')],
    ['C118', 'load record interval', number(1, 0, 'min')],
    ['C119', 'active start reading', number(4, 1, 'kWh')],
    ['C11A', 'reactive start reading', number(4, 1, 'kvarh')],
    ['C211', 'pulse width', number(2, 0, 'ms')],
    ['C310', 'number of year zones', number(1, 0)],
    ['C311', 'number of day tables', number(1, 0)],
    ['C312', 'number of slots a day', number(1, 0)],
    ['C313', 'number of tariffs', number(1, 0)],
    ['C314', 'number of holidays', number(1, 0)],
    ['C32n', 'year zone', time('MMDDNN')],
    ['C33n', 'day table 1', time('hhmmNN')],
    ['C34n', 'day table 2', time('hhmmNN')],
    ['C35n', 'day table 3', time('hhmmNN')],
    ['C36n', 'day table 4', time('hhmmNN')],
    ['C37n', 'day table 5', time('hhmmNN')],
    ['C38n', 'day table 6', time('hhmmNN')],
    ['C39n', 'day table 7', time('hhmmNN')],
    ['C3An', 'day table 8', time('hhmmNN')],
    ['C41n', 'holiday', time('MMDDNN')],
  ]),
];
