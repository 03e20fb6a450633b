import type { ZonedParts } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { wallClock } from '../wall-clock.ts';
import { countsOf, type EnergyRegisters, whOf } from './energy.ts';
import { DEEP_VALLEY_FIELD, type Field, LIVE_FIELDS } from './fields.ts';
import { byName, type RawValues, readField, writeFields } from './registers.ts';

type PerPhase = readonly [number, number, number];
type PerPhaseFlags = { readonly l1: boolean; readonly l2: boolean; readonly l3: boolean };

/** The live prepaid block of a DDSY1352 or DTSY1352. All quantities are as the meter has them, before CT and PT. */
export interface LiveBlock extends EnergyRegisters {
  /** 7 = DDSY1352, 5 = DTSY1352. */
  readonly modelCode: number;
  readonly phases: 1 | 3;
  readonly voltageDeciV: PerPhase;
  readonly currentCentiA: PerPhase;
  readonly powerW: PerPhase;
  readonly totalPowerW: number;
  readonly reactivePowerVar: PerPhase;
  readonly totalReactivePowerVar: number;
  readonly powerFactorMilli: PerPhase;
  readonly totalPowerFactorMilli: number;
  readonly ct: number;
  readonly pt: number;
  readonly baseWh: bigint;
  /** The meter's own balance; negative when overdrawn. The platform bills by its own ledger and only shows this. */
  readonly remainingFen: bigint;
  readonly purchaseCount: number;
  readonly loadTrips: number;
  readonly loadTripsAllowed: number;
  /** True = closed = supply on, as the relays report themselves. */
  readonly relay: PerPhaseFlags;
  /** The relays of the phases that the meter has, taken together; 'fault' when they differ. */
  readonly switchState: 'on' | 'off' | 'fault';
  /** Force mode is on (registers 0057/0058); the meter's prepaid logic does not decide. */
  readonly forced: boolean;
  /** The meter's own prepaid control is enabled. */
  readonly prepaid: boolean;
  readonly fault: boolean;
  readonly arrears: boolean;
  readonly overLimit: boolean;
  readonly alarm1: boolean;
  readonly alarm2: boolean;
  readonly loadControl: boolean;
  readonly timeControl: boolean;
  readonly maxDemandW: number;
  /** The meter's wall clock; null where it shows no possible time. */
  readonly clock: ZonedParts | null;
}

export const LIVE_BLOCK = { start: 0x0200, quantity: 48 } as const;
const LONG_BLOCK_QUANTITY = 72;

/** Bits of registers 0224 and 0225, as the vendor's tool labels them. */
const RELAY_BITS = { fault: 0, l1: 5, l2: 6, l3: 7 } as const;
const FEE_BITS = { prepaid: 3, overLimit: 4, arrears: 5, alarm1: 6, alarm2: 7 } as const;
const LOAD_BITS = { enabled: 3 } as const;
/** Which group is force and which is time follows from the order of the tool's labels: assumed, see `Source`. */
const FORCE_BITS = { forced: 3, timeControl: 7 } as const;

const FIELD = byName(LIVE_FIELDS);
const CLOCK_BYTE = 80;
const CENTURY = 2000;

const bit = (byte: number, index: number): boolean => ((byte >> index) & 1) === 1;
const bits = (flags: readonly (readonly [boolean, number])[]): number =>
  flags.reduce((byte, [on, index]) => (on ? byte | (1 << index) : byte), 0);

/** @param data 96 bytes from register 0200, or 144 of firmware with eight tariffs. @throws frame.bad_length */
export function decodeLiveBlock(data: Uint8Array): LiveBlock {
  const long = data.length === 2 * LONG_BLOCK_QUANTITY;
  if (!long && data.length !== 2 * LIVE_BLOCK.quantity) {
    throw protocolError('frame.bad_length', `a live block of 96 or 144 bytes, got ${data.length}`);
  }
  const read = (field: Field): number => readField(field, data);
  const phases = read(FIELD.phaseCode) === 0 ? 3 : 1;
  const [relayBits, feeBits] = [read(FIELD.relayBits), read(FIELD.feeBits)];
  const [loadBits, forceBits] = [read(FIELD.loadBits), read(FIELD.forceBits)];
  const relay = relayOf(relayBits);
  return {
    modelCode: read(FIELD.modelCode),
    phases,
    voltageDeciV: [read(FIELD.voltageA), read(FIELD.voltageB), read(FIELD.voltageC)],
    currentCentiA: [read(FIELD.currentA), read(FIELD.currentB), read(FIELD.currentC)],
    powerW: [read(FIELD.powerA), read(FIELD.powerB), read(FIELD.powerC)],
    totalPowerW: read(FIELD.powerTotal),
    reactivePowerVar: [read(FIELD.reactiveA), read(FIELD.reactiveB), read(FIELD.reactiveC)],
    totalReactivePowerVar: read(FIELD.reactiveTotal),
    powerFactorMilli: [read(FIELD.powerFactorA), read(FIELD.powerFactorB), read(FIELD.powerFactorC)],
    totalPowerFactorMilli: read(FIELD.powerFactorTotal),
    ct: read(FIELD.ct),
    pt: read(FIELD.pt),
    totalWh: whOf(read(FIELD.total)),
    baseWh: whOf(read(FIELD.base)),
    tariffsWh: {
      sharp: whOf(read(FIELD.sharp)),
      peak: whOf(read(FIELD.peak)),
      flat: whOf(read(FIELD.flat)),
      valley: whOf(read(FIELD.valley)),
      deepValley: long ? whOf(read(DEEP_VALLEY_FIELD)) : null,
    },
    remainingFen: BigInt(read(FIELD.remaining)),
    purchaseCount: read(FIELD.purchaseCount),
    loadTrips: read(FIELD.loadTrips),
    loadTripsAllowed: read(FIELD.loadTripsAllowed),
    relay,
    switchState: switchStateOf(relay, phases),
    fault: bit(relayBits, RELAY_BITS.fault),
    prepaid: bit(feeBits, FEE_BITS.prepaid),
    overLimit: bit(feeBits, FEE_BITS.overLimit),
    arrears: bit(feeBits, FEE_BITS.arrears),
    alarm1: bit(feeBits, FEE_BITS.alarm1),
    alarm2: bit(feeBits, FEE_BITS.alarm2),
    loadControl: bit(loadBits, LOAD_BITS.enabled),
    forced: bit(forceBits, FORCE_BITS.forced),
    timeControl: bit(forceBits, FORCE_BITS.timeControl),
    maxDemandW: read(FIELD.maxDemand),
    clock: decodeClock(data, long),
  };
}

/**
 * The block as a meter would send it: 144 bytes when it has a deep-valley register, else 96. The relay flags make the
 * relay bits; `switchState` follows from them. @throws frame.bad_value
 */
export function encodeLiveBlock(block: LiveBlock): Uint8Array {
  const { deepValley } = block.tariffsWh;
  const data = new Uint8Array(2 * (deepValley === null ? LIVE_BLOCK.quantity : LONG_BLOCK_QUANTITY));
  writeFields(LIVE_FIELDS, rawOf(block), data);
  if (deepValley !== null) writeFields([DEEP_VALLEY_FIELD], { deepValley: countsOf(deepValley) }, data);
  encodeClock(block.clock, data, deepValley !== null);
  return data;
}

const relayOf = (relayBits: number): PerPhaseFlags => ({
  l1: bit(relayBits, RELAY_BITS.l1),
  l2: bit(relayBits, RELAY_BITS.l2),
  l3: bit(relayBits, RELAY_BITS.l3),
});

/** A single-phase meter has the relay of L1 only and leaves the other bits at zero. */
function switchStateOf({ l1, l2, l3 }: PerPhaseFlags, phases: 1 | 3): LiveBlock['switchState'] {
  if (phases === 1 || (l1 === l2 && l2 === l3)) return l1 ? 'on' : 'off';
  return 'fault';
}

function rawOf(block: LiveBlock): RawValues<typeof LIVE_FIELDS> {
  const { relay, tariffsWh } = block;
  const [voltageA, voltageB, voltageC] = block.voltageDeciV;
  const [currentA, currentB, currentC] = block.currentCentiA;
  const [powerA, powerB, powerC] = block.powerW;
  const [reactiveA, reactiveB, reactiveC] = block.reactivePowerVar;
  const [powerFactorA, powerFactorB, powerFactorC] = block.powerFactorMilli;
  const total = { powerTotal: block.totalPowerW, reactiveTotal: block.totalReactivePowerVar };
  return {
    modelCode: block.modelCode,
    phaseCode: block.phases === 3 ? 0 : 1,
    maxCircuitType: 0,
    ...{ voltageA, voltageB, voltageC, currentA, currentB, currentC, powerA, powerB, powerC, ...total },
    ...{ reactiveA, reactiveB, reactiveC, powerFactorA, powerFactorB, powerFactorC },
    powerFactorTotal: block.totalPowerFactorMilli,
    pt: block.pt,
    ct: block.ct,
    total: countsOf(block.totalWh),
    base: countsOf(block.baseWh),
    sharp: countsOf(tariffsWh.sharp),
    peak: countsOf(tariffsWh.peak),
    flat: countsOf(tariffsWh.flat),
    valley: countsOf(tariffsWh.valley),
    remaining: Number(block.remainingFen),
    purchaseCount: block.purchaseCount,
    loadTrips: block.loadTrips,
    loadTripsAllowed: block.loadTripsAllowed,
    relayBits: bits([
      [block.fault, RELAY_BITS.fault],
      [relay.l1, RELAY_BITS.l1],
      [relay.l2, RELAY_BITS.l2],
      [relay.l3, RELAY_BITS.l3],
    ]),
    feeBits: bits([
      [block.prepaid, FEE_BITS.prepaid],
      [block.overLimit, FEE_BITS.overLimit],
      [block.arrears, FEE_BITS.arrears],
      [block.alarm1, FEE_BITS.alarm1],
      [block.alarm2, FEE_BITS.alarm2],
    ]),
    loadBits: bits([[block.loadControl, LOAD_BITS.enabled]]),
    forceBits: bits([
      [block.forced, FORCE_BITS.forced],
      [block.timeControl, FORCE_BITS.timeControl],
    ]),
    ...{ maxDemand: block.maxDemandW, maxDemandMinute: 0, maxDemandHour: 0, maxDemandDay: 0, maxDemandMonth: 0 },
  };
}

/** `YY MM DD W hh mm ss`, binary; the long block leaves the weekday out. */
function decodeClock(data: Uint8Array, long: boolean): ZonedParts | null {
  const at = (byte: number): number => data[CLOCK_BYTE + byte] ?? 0;
  const time = long ? 3 : 4;
  if (at(0) > 99) return null;
  const date = { year: CENTURY + at(0), month: at(1), day: at(2) };
  return wallClock({ ...date, hour: at(time), minute: at(time + 1), second: at(time + 2) });
}

function encodeClock(clock: ZonedParts | null, data: Uint8Array, long: boolean): void {
  if (clock === null) return;
  const date = [clock.year - CENTURY, clock.month, clock.day];
  const weekday = long ? [] : [clock.weekday];
  data.set([...date, ...weekday, clock.hour, clock.minute, clock.second], CLOCK_BYTE);
}
