import type { DataIdEntry } from './format.ts';
import type { Edition } from './frame.ts';
import { IDS_1997 } from './ids/edition-1997.ts';
import { DEMAND_IDS, ENERGY_IDS } from './ids/energy.ts';
import { EVENT_IDS } from './ids/events.ts';
import { FREEZE_IDS } from './ids/freezes.ts';
import { PARAMETER_IDS } from './ids/parameters.ts';
import { VARIABLE_IDS } from './ids/variables.ts';
import { sizeOf } from './value.ts';

export const DATA_IDS: Readonly<Record<Edition, readonly DataIdEntry[]>> = {
  '2007': [...ENERGY_IDS, ...DEMAND_IDS, ...VARIABLE_IDS, ...EVENT_IDS, ...PARAMETER_IDS, ...FREEZE_IDS],
  '1997': IDS_1997,
};

/** The ids that a prepay platform reads and writes most, 2007. */
export const DATA_ID = {
  combinedEnergy: '00000000',
  importEnergy: '00010000',
  importEnergyByTariff: '0001FF00',
  voltages: '0201FF00',
  currents: '0202FF00',
  activePower: '0203FF00',
  powerFactors: '0206FF00',
  remainingAmount: '00900200',
  overdraftAmount: '00900201',
  date: '04000101',
  time: '04000102',
  dateTime: '0400010C',
  address: '04000401',
  runStatus: '04000503',
  statusWords: '040005FF',
  alarmAmount1: '04001001',
  alarmAmount2: '04001002',
  dailyFreezeTime: '05060001',
  dailyFreezeImport: '05060101',
  tripCount: '1D000001',
} as const;

/** What a byte, or in 1997 half a byte, of an id runs through. */
export interface Dimension {
  readonly from: number;
  readonly to: number;
  /** Names of the first ones, where they have any. */
  readonly names: readonly string[];
  /** What the others are called, before their number. */
  readonly noun: string;
}

const TARIFFS = ['total', 'sharp', 'peak', 'flat', 'valley'];
const PHASES = ['phase A', 'phase B', 'phase C'];

/** By the letters that stand for them in `DataIdEntry.id`. */
export const DIMENSIONS: Readonly<Record<string, Dimension>> = {
  tt: { from: 0, to: 0x3f, names: TARIFFS, noun: 'tariff' },
  uu: { from: 1, to: 0x3f, names: TARIFFS.slice(1), noun: 'tariff' },
  ss: { from: 0, to: 0x0c, names: ['now'], noun: 'settlements ago:' },
  pp: { from: 1, to: 3, names: PHASES, noun: 'phase' },
  qq: { from: 0, to: 3, names: ['total', ...PHASES], noun: 'phase' },
  hh: { from: 1, to: 0x15, names: [], noun: 'harmonic' },
  nn: { from: 1, to: 0x0a, names: [], noun: 'number' },
  xx: { from: 1, to: 0xfe, names: [], noun: 'number' },
  kk: { from: 1, to: 0x0c, names: [], noun: 'number' },
  dd: { from: 1, to: 8, names: [], noun: 'number' },
  vv: { from: 1, to: 0x3f, names: [], noun: 'step' },
  t: { from: 0, to: 0xe, names: ['total'], noun: 'tariff' },
  p: { from: 1, to: 3, names: PHASES, noun: 'phase' },
  q: { from: 0, to: 3, names: ['total', ...PHASES], noun: 'phase' },
  n: { from: 1, to: 0xe, names: [], noun: 'number' },
};

export const nameIn = (dimension: Dimension, value: number): string =>
  dimension.names[value - dimension.from] ?? `${dimension.noun} ${value}`;

interface Pattern {
  readonly entry: DataIdEntry;
  readonly shape: RegExp;
  readonly dimensions: readonly Dimension[];
}

/** One id, found in the tables. */
export interface KnownDataId {
  readonly entry: DataIdEntry;
  /** Name with tariff, phase or number; for a block without those it runs through. */
  readonly name: string;
  /** What the values of a block run through; null for a single item. */
  readonly block: Dimension | null;
  /** Of the items, in order: of a block each with its place, else the one. */
  readonly itemNames: readonly string[];
}

const LETTERS = /([a-z])\1?/g;

function patternOf(entry: DataIdEntry): Pattern {
  const letters = entry.id.match(LETTERS) ?? [];
  return {
    entry,
    shape: new RegExp(`^${entry.id.replace(LETTERS, (one) => `([0-9A-F]{${one.length}})`)}$`),
    dimensions: letters.flatMap((one) => DIMENSIONS[one] ?? []),
  };
}

/** No dimension reaches into the first half of an id. */
const groupOf = (id: string): string => id.slice(0, id.length / 2);

const PATTERNS: Readonly<Record<Edition, ReadonlyMap<string, readonly Pattern[]>>> = {
  '2007': Map.groupBy(DATA_IDS['2007'].map(patternOf), ({ entry }) => groupOf(entry.id)),
  '1997': Map.groupBy(DATA_IDS['1997'].map(patternOf), ({ entry }) => groupOf(entry.id)),
};

/** What was looked up before: a site asks for a few dozen ids, over and over. */
const FOUND: Readonly<Record<Edition, Map<string, KnownDataId | null>>> = { '2007': new Map(), '1997': new Map() };
const MOST_FOUND = 1024;

/** @param dataId 8 or 4 upper-case hexadecimal digits @returns null for an id that the tables do not know */
export function findDataId(edition: Edition, dataId: string): KnownDataId | null {
  const before = FOUND[edition];
  const known = before.get(dataId);
  if (known !== undefined) return known;
  const found = searchDataId(edition, dataId);
  if (before.size >= MOST_FOUND) before.clear();
  before.set(dataId, found);
  return found;
}

function searchDataId(edition: Edition, dataId: string): KnownDataId | null {
  for (const pattern of PATTERNS[edition].get(groupOf(dataId)) ?? []) {
    const found = pattern.shape.exec(dataId);
    const known = found && knownBy(pattern, found.slice(1));
    if (known) return known;
  }
  return null;
}

/** A block is of one dimension, and of items whose size is known; anything else cannot be taken apart for sure. */
function knownBy({ entry, dimensions }: Pattern, places: readonly string[]): KnownDataId | null {
  let block: Dimension | null = null;
  let name = entry.name;
  for (const [at, dimension] of dimensions.entries()) {
    const place = places[at] ?? '';
    const value = Number.parseInt(place, 16);
    if (/^F+$/.test(place)) {
      if (block !== null || sizeOf(entry.format) === null) return null;
      block = dimension;
    } else if (value < dimension.from || value > dimension.to) {
      return null;
    } else {
      name += `, ${nameIn(dimension, value)}`;
    }
  }
  return { entry, name, block, itemNames: block === null ? [name] : itemNamesOf(name, block) };
}

const itemNamesOf = (name: string, block: Dimension): readonly string[] =>
  Array.from({ length: block.to - block.from + 1 }, (_, at) => `${name}, ${nameIn(block, block.from + at)}`);
