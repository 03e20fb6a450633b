import { type DataIdEntry, energy, type Format, MINUTE, number, record, rows, signed } from '../format.ts';

type Quantity = readonly [di2: number, name: string, unit: 'kWh' | 'kvarh' | 'kVAh', signed: boolean];

/** DI2 of energy (DI3 = 00) and, but for the first, of maximum demand (DI3 = 01). */
const QUANTITIES: readonly Quantity[] = [
  [0x00, 'combined active', 'kWh', true],
  [0x01, 'import active', 'kWh', false],
  [0x02, 'export active', 'kWh', false],
  [0x03, 'combined reactive 1', 'kvarh', true],
  [0x04, 'combined reactive 2', 'kvarh', true],
  [0x05, 'reactive quadrant 1', 'kvarh', false],
  [0x06, 'reactive quadrant 2', 'kvarh', false],
  [0x07, 'reactive quadrant 3', 'kvarh', false],
  [0x08, 'reactive quadrant 4', 'kvarh', false],
  [0x09, 'import apparent', 'kVAh', false],
  [0x0a, 'export apparent', 'kVAh', false],
];

/** A phase has the quantities of the whole meter, this much further on, and no tariffs. */
const PHASES = [
  ['phase A', 0x14],
  ['phase B', 0x28],
  ['phase C', 0x3c],
] as const;

const SUPPLEMENTARY: readonly Quantity[] = [
  [0x80, 'associated total', 'kWh', false],
  [0x81, 'import fundamental', 'kWh', false],
  [0x82, 'export fundamental', 'kWh', false],
  [0x83, 'import harmonic', 'kWh', false],
  [0x84, 'export harmonic', 'kWh', false],
  [0x85, 'copper loss', 'kWh', false],
  [0x86, 'iron loss', 'kWh', false],
];

const byte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

const energyFormat = (unit: string, isSigned: boolean): Format => (isSigned ? signed(4, 2, unit) : energy(unit));

/** The unit of power whose integral is the unit of energy. */
const demandFormat = (unit: string, isSigned: boolean): Format => {
  const power = unit.slice(0, -1);
  return record(['demand', isSigned ? signed(3, 4, power) : number(3, 4, power)], ['time', MINUTE]);
};

const total = QUANTITIES.map(
  ([di2, name, unit, isSigned]) => [`00${byte(di2)}ttss`, `${name} energy`, energyFormat(unit, isSigned)] as const,
);

const ofPhases = PHASES.flatMap(([phase, offset]) => [
  ...QUANTITIES.slice(1).map(
    ([di2, name, unit, isSigned]) =>
      [`00${byte(di2 + offset)}00ss`, `${phase} ${name} energy`, energyFormat(unit, isSigned)] as const,
  ),
  ...SUPPLEMENTARY.map(
    ([di2, name, unit]) => [`00${byte(di2 + offset)}00ss`, `${phase} ${name} energy`, energy(unit)] as const,
  ),
]);

const supplementary = SUPPLEMENTARY.map(
  ([di2, name, unit]) => [`00${byte(di2)}00ss`, `${name} energy`, energy(unit)] as const,
);

/** DI3 = 00. The sign of combined energy is common knowledge; blocks and single registers are recorded. */
export const ENERGY_IDS: readonly DataIdEntry[] = [
  ...rows('recorded', 'A.1', total),
  ...rows('known', 'A.1', [...supplementary, ...ofPhases]),
  ...rows('single', 'prepay', [
    ['00900100', 'remaining energy', energy()],
    ['00900101', 'overdraft energy', energy()],
    ['00900201', 'overdraft amount', number(4, 2, 'yuan')],
  ]),
  ...rows('recorded', 'prepay', [['00900200', 'remaining amount', number(4, 2, 'yuan')]]),
  ...rows('known', 'prepay', [
    ['000B00ss', 'combined active energy of the month', energy()],
    ['000C00ss', 'combined active energy of the step period', energy()],
  ]),
];

/** DI3 = 01: XX.XXXX and when it was. */
export const DEMAND_IDS: readonly DataIdEntry[] = rows('known', 'A.2', [
  ...QUANTITIES.slice(1).map(
    ([di2, name, unit, isSigned]) =>
      [`01${byte(di2)}ttss`, `maximum demand, ${name}`, demandFormat(unit, isSigned)] as const,
  ),
  ...PHASES.flatMap(([phase, offset]) =>
    QUANTITIES.slice(1).map(
      ([di2, name, unit, isSigned]) =>
        [`01${byte(di2 + offset)}00ss`, `maximum demand, ${phase} ${name}`, demandFormat(unit, isSigned)] as const,
    ),
  ),
]);
