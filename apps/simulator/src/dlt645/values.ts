import { type ZonedParts, zonedParts } from '@openprepay/kernel';
import { bcd, bcdLowFirst } from '../bcd.ts';
import type { Phase, ThreePhases } from '../electrical.ts';
import { TARIFFS, type Tariff } from '../tariffs.ts';
import type { RelayFace } from './face.ts';

/*
 * Values as they stand in DL/T 645 data, before 33H is added. Written apart from the formats in @openprepay/protocols, so
 * that each checks the other.
 */

const ENERGY_BYTES = 4;
const CURRENT_BYTES = 3;
const POWER_BYTES = 3;
const ABSENT = 0xff;

export type Ticks = Readonly<Record<Tariff | 'total', number>>;

/** XXXXXX.XX kWh: one tick is the last digit. */
export const energyBytes = (ticks: number): number[] => bcdLowFirst(ticks, ENERGY_BYTES);
/** The total and the tariffs, in their order. */
export const energiesOf = (ticks: Ticks): number[] => [ticks.total, ...TARIFFS.map((name) => ticks[name])];

const spelled = (value: number, bytes: number): number[] => bcdLowFirst(Math.round(value), bytes);

/** How one measured quantity is spelled, and what it is of the meter as a whole. */
export interface Quantity {
  readonly bytes: number;
  readonly hasTotal: boolean;
  readonly ofPhase: (phase: Phase) => number[];
  readonly ofAll: (phases: readonly Phase[]) => number[];
}

const sum = (phases: readonly Phase[], of: (phase: Phase) => number) => phases.reduce((all, one) => all + of(one), 0);
const apparent = ({ powerW, reactiveVar }: Phase): number => Math.hypot(powerW, reactiveVar);
const deciW = (watts: number): number[] => spelled(10 * watts, POWER_BYTES);

const perPhase = (bytes: number, ofPhase: Quantity['ofPhase']): Quantity => ({
  bytes,
  hasTotal: false,
  ofPhase,
  ofAll: () => [],
});
const power = (of: (phase: Phase) => number): Quantity => ({
  bytes: POWER_BYTES,
  hasTotal: true,
  ofPhase: (phase) => deciW(of(phase)),
  ofAll: (phases) => deciW(sum(phases, of)),
});

/** By the third byte of the data id, 0201 to 0206: XXX.X V, XXX.XXX A, XX.XXXX kW, kvar and kVA, X.XXX. */
export const QUANTITIES: Readonly<Record<string, Quantity>> = {
  '0201': perPhase(2, ({ voltageDeciV }) => spelled(voltageDeciV, 2)),
  '0202': perPhase(CURRENT_BYTES, ({ currentCentiA }) => spelled(10 * currentCentiA, CURRENT_BYTES)),
  '0203': power(({ powerW }) => powerW),
  '0204': power(({ reactiveVar }) => reactiveVar),
  '0205': power(apparent),
  '0206': {
    bytes: 2,
    hasTotal: true,
    ofPhase: ({ powerFactorPermille }) => spelled(powerFactorPermille, 2),
    ofAll: (phases) => {
      const va = sum(phases, apparent);
      return spelled(va === 0 ? 1000 : (1000 * sum(phases, ({ powerW }) => powerW)) / va, 2);
    },
  },
};

/** One quantity of phase 1 to 3, of all (0, where it has a total), or the whole block ('FF'). Null where there is none. */
export function measured(quantity: Quantity, which: string, phases: 1 | 3, values: ThreePhases): number[] | null {
  const present = values.slice(0, phases);
  const one = (index: number): number[] => {
    const phase = present[index];
    return phase ? quantity.ofPhase(phase) : new Array<number>(quantity.bytes).fill(ABSENT);
  };
  if (which === 'FF') return [...quantity.ofAll(present), ...one(0), ...one(1), ...one(2)];
  if (which === '00') return quantity.hasTotal ? quantity.ofAll(present) : null;
  return /^0[123]$/.test(which) ? one(Number(which) - 1) : null;
}

/** `mm hh DD MM YY`. */
export const minuteBytes = (clock: ZonedParts): number[] =>
  [clock.minute, clock.hour, clock.day, clock.month, clock.year].map(bcd);
/** `ss mm hh DD MM YY`. */
export const secondBytes = (clock: ZonedParts): number[] => [bcd(clock.second), ...minuteBytes(clock)];
export const dateBytes = ({ weekday, day, month, year }: ZonedParts): number[] => [weekday, day, month, year].map(bcd);
export const timeBytes = ({ second, minute, hour }: ZonedParts): number[] => [second, minute, hour].map(bcd);
export const localOf = (clockMs: number, zone: string): ZonedParts => zonedParts(new Date(clockMs), zone);

/** Status word 3: bit 4 the relay open, bit 6 ordered open, bit 7 alarm before a trip, bit 12 keep power. */
export function statusWord3(relay: RelayFace | null): number[] {
  if (relay === null) return [0, 0];
  const low = (relay.open ? 0x10 : 0) | (relay.orderedOpen ? 0x40 : 0) | (relay.alarm ? 0x80 : 0);
  return [low, relay.keepPower ? 0x10 : 0];
}

/** A meter's number, low byte first. */
export const addressBytes = (address: string): number[] => bcdLowFirst(Number(address), 6);
