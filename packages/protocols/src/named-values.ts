import { formatDecimal, type ZonedParts } from '@openprepay/kernel';
import type { Detail, MeterReading } from './driver/driver.ts';
import type { Source } from './source.ts';
import { wallClock } from './wall-clock.ts';

/** What a value is to the platform; anything else is a detail for people. */
export type ValueMeaning =
  | 'total'
  | 'sharp'
  | 'peak'
  | 'flat'
  | 'valley'
  | 'deep_valley'
  | 'switch'
  | 'battery_low'
  | 'clock'
  | { readonly detail: string };

/** One value that a device sends under a name: a function id of a gateway, a key in JSON, a field of a platform's profile. */
export interface NamedValue {
  /** Compared without regard to upper and lower case. */
  readonly name: string;
  readonly meaning: ValueMeaning;
  readonly unit: 'kWh' | 'Wh' | 'm³' | 'L' | 'V' | 'A' | 'kW' | 'kvar' | 'Hz' | '';
  readonly source: Source;
  /** For a switch and for flags: the values that mean on and off; any other is a fault, or unknown. */
  readonly on?: string;
  readonly off?: string;
}

export interface NamedReading {
  /** Null without a total that may be believed. */
  readonly reading: MeterReading | null;
  /** Everything sent, in its order, under the names that people know, or under the device's own. */
  readonly details: readonly Detail[];
}

const TARIFFS = ['sharp', 'peak', 'flat', 'valley', 'deep_valley'] as const;
/** Digits of the counting unit, Wh or litre, that a kWh or cubic metre has. */
const DECIMALS: Readonly<Record<string, number>> = { kWh: 3, 'm³': 3, Wh: 0, L: 0 };

/**
 * Puts what a device sent under names into a reading. A row that is only assumed gives a detail and decides nothing,
 * unless `verified` says that it was found right on this device: a wrong unit would charge a thousandfold.
 */
export function readingOfNamed(
  values: Iterable<readonly [name: string, value: string]>,
  rows: readonly NamedValue[],
  { verified }: { readonly verified: boolean },
): NamedReading {
  const rowOf = new Map(rows.map((row) => [row.name.toLowerCase(), row]));
  const details: Detail[] = [];
  const meant = new Map<string, { readonly row: NamedValue; readonly value: string }>();
  for (const [name, value] of values) {
    const row = rowOf.get(name.toLowerCase());
    details.push({ name: row ? nameOf(row) : name, value, unit: row?.unit ?? '' });
    if (row && typeof row.meaning === 'string' && (verified || row.source !== 'assumed')) {
      meant.set(row.meaning, { row, value });
    }
  }
  const countOf = (meaning: string) => countIn(meant.get(meaning));
  const total = countOf('total');
  if (total === null) return { reading: null, details };
  const tariffs = TARIFFS.map(countOf);
  const battery = meant.get('battery_low');
  const reading: MeterReading = {
    total,
    tariffs: tariffs.some((count) => count !== null) ? tariffs : null,
    clock: clockIn(meant.get('clock')?.value),
    switchState: switchIn(meant.get('switch')),
    batteryLow: battery ? battery.value === battery.row.on : null,
    details: details.filter(({ name }) => !meant.has(name)),
  };
  return { reading, details };
}

const nameOf = ({ meaning }: NamedValue): string => (typeof meaning === 'string' ? meaning : meaning.detail);

/** Whole Wh or litres; what is less is not yet seen. Null when it is no plain decimal, or negative. */
function countIn(entry: { readonly row: NamedValue; readonly value: string } | undefined): bigint | null {
  const decimals = entry && DECIMALS[entry.row.unit];
  const match = decimals === undefined ? null : /^\+?(\d{1,15})(?:\.(\d{0,18}))?$/.exec(entry?.value.trim() ?? '');
  if (!match || decimals === undefined) return null;
  return BigInt(`${match[1]}${(match[2] ?? '').slice(0, decimals).padEnd(decimals, '0')}`);
}

/** The other way round, for who sends: Wh or litres as kWh or cubic metres with three decimals. */
export const decimalOfCount = (count: bigint, unit: NamedValue['unit']): string =>
  formatDecimal(count, DECIMALS[unit] ?? 0);

function switchIn(
  entry: { readonly row: NamedValue; readonly value: string } | undefined,
): MeterReading['switchState'] {
  if (!entry) return null;
  if (entry.value === entry.row.on) return 'on';
  return entry.value === entry.row.off ? 'off' : 'fault';
}

const clockIn = (text: string | undefined): ZonedParts | null => (text === undefined ? null : parseCompactClock(text));

/** `yyyyMMddHHmmss`, and the same with the usual marks between. Null for anything else and for times that do not exist. */
export function parseCompactClock(text: string): ZonedParts | null {
  const match = /^(\d{4})[-/]?(\d\d)[-/]?(\d\d)[ T]?(\d\d):?(\d\d):?(\d\d)$/.exec(text.trim());
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return wallClock({ year, month, day, hour, minute, second });
}

export function formatCompactClock(clock: ZonedParts): string {
  const { year, month, day, hour, minute, second } = clock;
  return [year, month, day, hour, minute, second]
    .map((field, at) => String(field).padStart(at === 0 ? 4 : 2, '0'))
    .join('');
}
