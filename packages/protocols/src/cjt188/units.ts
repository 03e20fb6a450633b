import { protocolError } from '../errors.ts';

/** Unit codes of CJ/T 188, table of units. */
export const UNIT_NAMES: Readonly<Record<number, string>> = {
  2: 'Wh',
  5: 'kWh',
  8: 'MWh',
  10: '100 MWh',
  1: 'J',
  11: 'kJ',
  14: 'MJ',
  17: 'GJ',
  20: 'W',
  23: 'kW',
  26: 'MW',
  41: 'L',
  44: 'm³',
  50: 'L/h',
  53: 'm³/h',
};

export const CUBIC_METRE = 0x2c;

/**
 * Litres in one count of the last digit. Only the cubic metre is sure (XXXXXX.XX m³); makers disagree on what 29 means,
 * so that value is refused like an unknown one: a wrong unit would charge a hundredfold. @throws frame.unknown_unit
 */
export function litresPerCount(unit: number): bigint {
  if (unit !== CUBIC_METRE) throw protocolError('frame.unknown_unit', 'volume in a unit that is not m³', { unit });
  return 10n;
}
