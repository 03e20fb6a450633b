import type { ZonedParts } from '@openprepay/kernel';
import { type NamedReading, type NamedValue, readingOfNamed } from '../named-values.ts';
import type { GwMeter } from './messages.ts';

/**
 * What the function ids mean that a gateway of the vendor has from the factory. They are configured on the gateway, so an
 * installation may bring a table of its own. The energies are those of an open-source EMS in production; the others follow
 * the vendor's naming and have not been seen.
 */
export const GW_FUNCTIONS: readonly NamedValue[] = [
  { name: 'WPP', meaning: 'total', unit: 'kWh', source: 'single' },
  { name: 'PowerHigher', meaning: 'sharp', unit: 'kWh', source: 'single' },
  { name: 'PowerHigh', meaning: 'peak', unit: 'kWh', source: 'single' },
  { name: 'PowerFlat', meaning: 'flat', unit: 'kWh', source: 'single' },
  { name: 'PowerLow', meaning: 'valley', unit: 'kWh', source: 'single' },
  { name: 'EPISG', meaning: 'deep_valley', unit: 'kWh', source: 'single' },
  { name: 'UA', meaning: { detail: 'voltage_a' }, unit: 'V', source: 'assumed' },
  { name: 'UB', meaning: { detail: 'voltage_b' }, unit: 'V', source: 'assumed' },
  { name: 'UC', meaning: { detail: 'voltage_c' }, unit: 'V', source: 'assumed' },
  { name: 'IA', meaning: { detail: 'current_a' }, unit: 'A', source: 'assumed' },
  { name: 'IB', meaning: { detail: 'current_b' }, unit: 'A', source: 'assumed' },
  { name: 'IC', meaning: { detail: 'current_c' }, unit: 'A', source: 'assumed' },
  { name: 'P', meaning: { detail: 'power' }, unit: 'kW', source: 'assumed' },
  { name: 'Q', meaning: { detail: 'reactive_power' }, unit: 'kvar', source: 'assumed' },
  { name: 'PF', meaning: { detail: 'power_factor' }, unit: '', source: 'assumed' },
  { name: 'DO1', meaning: 'switch', unit: '', source: 'assumed', on: '1', off: '0' },
];

/**
 * A meter's part of a report. Values that the gateway marks as not read are left out; the reading's clock is the report's.
 * @param options.verified whether what is only assumed in the table was found right on this gateway
 */
export function readingOfGwMeter(
  meter: GwMeter,
  local: ZonedParts | null,
  options: { readonly verified: boolean },
  functions: readonly NamedValue[] = GW_FUNCTIONS,
): NamedReading {
  const values = meter.functions
    .filter(({ error, value }) => error === null && value !== '')
    .map(({ id, value }) => [id, value] as const);
  const { reading, details } = readingOfNamed(values, functions, options);
  return { reading: reading && { ...reading, clock: reading.clock ?? local }, details };
}
