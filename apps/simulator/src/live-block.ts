import type { ZonedParts } from '@openprepay/kernel';
import type { Phase, ThreePhases } from './electrical.ts';

/** Registers of the 1352 family that these meters answer. Start and quantity in registers. */
export const LIVE = { start: 0x0200, quantity: 48 } as const;
export const LEGACY = { start: 0x0000, quantity: 10 } as const;
export const SWITCH = { start: 0x0057, quantity: 2 } as const;

export interface Energy {
  /** Hundredths of a kWh, before CT; the tariffs add up to the total. */
  readonly total: number;
  readonly sharp: number;
  readonly peak: number;
  readonly flat: number;
  readonly valley: number;
}

export interface LiveValues {
  readonly phases: 1 | 3;
  readonly electrical: ThreePhases;
  readonly energy: Energy;
  readonly ctRatio: number;
  readonly remainingFen: number;
  readonly relayClosed: boolean;
  readonly forced: boolean;
  readonly clock: ZonedParts;
}

const MODEL_CODE = { 1: 7, 3: 5 } as const;
/** Relay bits of L1, L2, L3 in the high byte of 0224. */
const RELAY_CLOSED_BITS = { 1: 0b001_00000, 3: 0b111_00000 } as const;
const PREPAID_ENABLED_BIT = 0x08;
const FORCE_MODE_BIT = 0x08;

/**
 * The 96 data bytes of the live block at 0200. Written apart from the table in @openprepay/protocols, so that each checks
 * the other. Big-endian, 32-bit values high register first.
 */
export function encodeLive(values: LiveValues): Uint8Array {
  const { phases, electrical, energy, clock } = values;
  const bytes = new Uint8Array(2 * LIVE.quantity);
  const view = new DataView(bytes.buffer);
  const put16 = (register: number, ...numbers: readonly number[]) => {
    numbers.forEach((value, i) => {
      view.setInt16(2 * (register - LIVE.start + i), value);
    });
  };
  const put32 = (register: number, value: number) => view.setInt32(2 * (register - LIVE.start), value);

  put16(0x0200, MODEL_CODE[phases]);
  const each = (quantity: keyof Phase) => electrical.map((phase) => phase[quantity]);
  const [powerW, reactiveVar] = [sum(each('powerW')), sum(each('reactiveVar'))];
  put16(0x0201, ...each('voltageDeciV'));
  put16(0x0204, ...each('currentCentiA'));
  put16(0x0207, ...each('powerW'), powerW);
  put16(0x020b, ...each('reactiveVar'), reactiveVar);
  put16(0x020f, ...each('powerFactorPermille'), powerFactorPermille(powerW, reactiveVar));
  put16(0x0213, 1, values.ctRatio);
  put32(0x0215, energy.total);
  put32(0x0217, energy.sharp);
  put32(0x0219, energy.peak);
  put32(0x021b, energy.flat);
  put32(0x021d, energy.valley);
  put32(0x021f, values.remainingFen);
  put16(0x0221, 1);
  put16(0x0224, ((values.relayClosed ? RELAY_CLOSED_BITS[phases] : 0) << 8) | PREPAID_ENABLED_BIT);
  put16(0x0225, values.forced ? FORCE_MODE_BIT : 0);
  // Seven bytes across registers: YY MM DD W hh mm ss, binary; the week begins with Sunday = 1.
  const { year, month, day, weekday, hour, minute, second } = clock;
  bytes.set([year % 100, month, day, weekday + 1, hour, minute, second], 2 * (0x0228 - LIVE.start));
  // The last byte tells three-phase (0) from single-phase.
  bytes[95] = phases === 3 ? 0 : 1;
  return bytes;
}

/** The energy registers of the older block at 0000. */
export function encodeLegacy({ total, sharp, peak, flat, valley }: Energy): Uint8Array {
  const bytes = new Uint8Array(2 * LEGACY.quantity);
  const view = new DataView(bytes.buffer);
  [total, sharp, peak, flat, valley].forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  return bytes;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const powerFactorPermille = (powerW: number, reactiveVar: number): number =>
  powerW === 0 ? 1000 : Math.floor((powerW * 1000) / Math.hypot(powerW, reactiveVar));
