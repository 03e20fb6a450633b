import type { ZonedParts } from '@openprepay/kernel';
import { bcd, bcdLowFirst } from './bcd.ts';

export interface MeteringData {
  /** Hundredths of a cubic metre. */
  readonly currentTicks: number;
  readonly settlementTicks: number;
  readonly clock: ZonedParts;
  readonly status: ValveStatus;
}

export interface ValveStatus {
  readonly valve: 'on' | 'off';
  readonly batteryLow: boolean;
}

const UNIT_CUBIC_METRE = 0x2c;

/**
 * Data of a 901F reply of a water meter (CJ/T 188-2004, 6.6): current and settlement-day volume with their units, clock
 * and status. Written apart from the decoder in @openprepay/protocols, so that each checks the other.
 */
export function encodeMeteringData(data: MeteringData): Uint8Array {
  const { year, month, day, hour, minute, second } = data.clock;
  return Uint8Array.of(
    ...bcdLowFirst(data.currentTicks, 4),
    UNIT_CUBIC_METRE,
    ...bcdLowFirst(data.settlementTicks, 4),
    UNIT_CUBIC_METRE,
    ...[second, minute, hour, day, month].map(bcd),
    ...bcdLowFirst(year, 2),
    ...encodeStatus(data.status),
  );
}

/** ST: D1 D0 valve (00 open, 01 closed), D2 battery low; the second byte is the maker's. */
export function encodeStatus({ valve, batteryLow }: ValveStatus): readonly [number, number] {
  return [(valve === 'off' ? 1 : 0) | (batteryLow ? 4 : 0), 0];
}
