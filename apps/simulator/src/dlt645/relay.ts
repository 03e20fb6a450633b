import type { RelayAction } from '@openprepay/protocols/dlt645';
import type { RelayFace, Switching } from './face.ts';

/** Records of each kind that the meter keeps. */
const RECORDS_KEPT = 10;

/** What the relay was told and did; where it stands is the meter body's to know. */
export interface RelayMemory {
  readonly orderedOpen: boolean;
  /** Allowed to close, by the button on the meter. */
  readonly waitsForButton: boolean;
  readonly keepPower: boolean;
  readonly alarm: boolean;
  readonly operator: string;
  readonly trips: readonly Switching[];
  readonly closes: readonly Switching[];
  readonly tripCount: number;
  readonly closeCount: number;
}

export const NEW_RELAY: RelayMemory = {
  orderedOpen: false,
  waitsForButton: false,
  keepPower: false,
  alarm: false,
  operator: '00000000',
  trips: [],
  closes: [],
  tripCount: 0,
  closeCount: 0,
};

/** The memory after an order (N1 of control 1C); null where the meter refuses it. */
export function ordered(memory: RelayMemory, action: RelayAction, operator: string): RelayMemory | null {
  switch (action) {
    case 'trip':
      return memory.keepPower ? null : { ...memory, orderedOpen: true, waitsForButton: false, operator };
    case 'close':
      return { ...memory, orderedOpen: false, waitsForButton: false, operator };
    case 'allow_close':
      return { ...memory, orderedOpen: false, waitsForButton: true, operator };
    case 'alarm':
      return { ...memory, alarm: true };
    case 'alarm_off':
      return { ...memory, alarm: false };
    case 'keep_power':
      // Supply is to be kept: a relay that is open closes.
      return { ...memory, keepPower: true, orderedOpen: false, waitsForButton: false, operator };
    case 'keep_power_off':
      return { ...memory, keepPower: false };
    case 'delayed_trip':
    case 'delayed_close':
      return null;
  }
}

/** The memory after the relay has moved. */
export function moved(memory: RelayMemory, to: 'on' | 'off', clockMs: number, totalTicks: number): RelayMemory {
  const record = { clockMs, operator: memory.operator, totalTicks };
  return to === 'off'
    ? { ...memory, trips: [record, ...memory.trips].slice(0, RECORDS_KEPT), tripCount: memory.tripCount + 1 }
    : { ...memory, closes: [record, ...memory.closes].slice(0, RECORDS_KEPT), closeCount: memory.closeCount + 1 };
}

export const faceOf = (memory: RelayMemory, supply: 'on' | 'off'): RelayFace => ({ ...memory, open: supply === 'off' });
