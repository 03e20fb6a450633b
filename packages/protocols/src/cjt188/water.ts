import { concatBytes, fromHex, toHex, type ZonedParts } from '@openprepay/kernel';
import { decodeBcdLowFirst, encodeBcdLowFirst } from '../bcd.ts';
import { protocolError } from '../errors.ts';
import { wallClock } from '../wall-clock.ts';
import { type Cjt188Frame, CONTROL } from './frame.ts';
import { CUBIC_METRE, litresPerCount } from './units.ts';

export type ValveState = 'on' | 'off' | 'fault';

/** ST. `statusRaw` is its four hexadecimal digits as on the wire: makers give the spare bits meanings of their own. */
export interface MeterStatus {
  readonly valve: ValveState;
  readonly batteryLow: boolean;
  readonly statusRaw: string;
}

/** What a water meter answers to a read of 901F. */
export interface Metering extends MeterStatus {
  readonly currentLitres: bigint;
  /** As it stood on the meter's own settlement day. */
  readonly settlementLitres: bigint;
  /** The meter's wall clock; null where it has none, or shows no possible time. */
  readonly clock: ZonedParts | null;
}

/** How one maker's meters want to be addressed. */
export interface Cjt188Habits {
  readonly meterType: number;
  readonly dataIdOrder: Cjt188Frame['dataIdOrder'];
}

export const COLD_WATER: Cjt188Habits = { meterType: 0x10, dataIdOrder: 'msb-first' };

export const DATA_ID = { metering: '901F', clock: 'A015', valve: 'A017', address: '810A' } as const;

const VALVE_ORDER = { on: 0x55, off: 0x99 } as const;
const METERING_BYTES = 19;
const STATUS_BYTES = 2;
const VOLUME_DIGITS = 8;

export function readRequest(
  address: string,
  series: number,
  { meterType, dataIdOrder }: Cjt188Habits = COLD_WATER,
): Cjt188Frame {
  const data = new Uint8Array(0);
  return { meterType, dataIdOrder, address, control: CONTROL.read, dataId: DATA_ID.metering, series, data };
}

/** The meter's answer to `request`, with the order and series of it. */
export function readReply(request: Cjt188Frame, metering: Metering, address = request.address): Cjt188Frame {
  return { ...request, address, control: CONTROL.read | CONTROL.reply, data: encodeMetering(metering) };
}

/** @throws frame.unknown_function when it is no answer to a read of 901F; what `decodeMetering` throws */
export function decodeReadReply(frame: Cjt188Frame): Metering {
  expect(frame, CONTROL.read | CONTROL.reply, DATA_ID.metering);
  return decodeMetering(frame.data);
}

/** An acknowledged write is no proof: the valve moves for up to a minute, and only a later status shows where it is. */
export function valveRequest(
  address: string,
  wanted: 'on' | 'off',
  series: number,
  { meterType, dataIdOrder }: Cjt188Habits = COLD_WATER,
): Cjt188Frame {
  const data = Uint8Array.of(VALVE_ORDER[wanted]);
  return { meterType, dataIdOrder, address, control: CONTROL.write, dataId: DATA_ID.valve, series, data };
}

/** @throws frame.unknown_function, frame.bad_value */
export function decodeValveRequest(frame: Cjt188Frame): 'on' | 'off' {
  expect(frame, CONTROL.write, DATA_ID.valve);
  const [order] = frame.data;
  if (frame.data.length === 1 && order === VALVE_ORDER.on) return 'on';
  if (frame.data.length === 1 && order === VALVE_ORDER.off) return 'off';
  throw protocolError('frame.bad_value', 'a valve order is 55 or 99', { data: toHex(frame.data) });
}

/** Sets the meter's clock. One public source, and the layout is that of the clock in 901F: try it on a meter first. */
export function clockRequest(
  address: string,
  local: ZonedParts,
  series: number,
  { meterType, dataIdOrder }: Cjt188Habits = COLD_WATER,
): Cjt188Frame {
  const data = encodeClock(local);
  return { meterType, dataIdOrder, address, control: CONTROL.write, dataId: DATA_ID.clock, series, data };
}

export function valveReply(request: Cjt188Frame, status: MeterStatus, address = request.address): Cjt188Frame {
  return { ...request, address, control: CONTROL.write | CONTROL.reply, data: encodeStatus(status) };
}

/** @throws frame.unknown_function, frame.bad_length */
export function decodeValveReply(frame: Cjt188Frame): MeterStatus {
  expect(frame, CONTROL.write | CONTROL.reply, DATA_ID.valve);
  return decodeStatus(frame.data);
}

/**
 * `current 4 unit 1 | settlement day 4 unit 1 | clock 7 | ST 2`; a longer tail (2018 edition) is left alone.
 * @throws frame.bad_length, frame.bad_bcd, frame.unknown_unit
 */
export function decodeMetering(data: Uint8Array): Metering {
  if (data.length < METERING_BYTES) {
    throw protocolError('frame.bad_length', `metering data of ${METERING_BYTES} bytes, got ${data.length}`);
  }
  return {
    currentLitres: decodeVolume(data.subarray(0, 5)),
    settlementLitres: decodeVolume(data.subarray(5, 10)),
    clock: decodeClock(data.subarray(10, 17)),
    ...decodeStatus(data.subarray(17)),
  };
}

function encodeMetering(metering: Metering): Uint8Array {
  return concatBytes(
    encodeVolume(metering.currentLitres),
    encodeVolume(metering.settlementLitres),
    encodeClock(metering.clock),
    encodeStatus(metering),
  );
}

/** @throws frame.bad_length */
export function decodeStatus(data: Uint8Array): MeterStatus {
  const [byte] = data;
  if (byte === undefined || data.length < STATUS_BYTES) throw protocolError('frame.bad_length', 'a status of 2 bytes');
  return { valve: valveOf(byte), batteryLow: (byte & 0b100) !== 0, statusRaw: toHex(data.subarray(0, STATUS_BYTES)) };
}

/** D1D0 of ST: 00 open, 01 closed, 11 abnormal. 10 is not defined, and not knowing is a fault too. */
function valveOf(byte: number): ValveState {
  const position = byte & 0b11;
  if (position === 0b00) return 'on';
  return position === 0b01 ? 'off' : 'fault';
}

/** The maker's own bits come from `statusRaw`; what it says of valve and battery gives way to the named fields. */
function encodeStatus(status: MeterStatus): Uint8Array {
  const [byte, vendor] = fromHex(status.statusRaw);
  if (byte === undefined || vendor === undefined || status.statusRaw.length !== 2 * STATUS_BYTES) {
    throw protocolError('frame.bad_value', 'a status of four hexadecimal digits', { statusRaw: status.statusRaw });
  }
  const position = { on: 0b00, off: 0b01, fault: 0b11 }[status.valve];
  const valve = valveOf(byte) === status.valve ? byte & 0b11 : position;
  return Uint8Array.of((byte & ~0b111) | valve | (status.batteryLow ? 0b100 : 0), vendor);
}

function decodeVolume(field: Uint8Array): bigint {
  return BigInt(decodeBcdLowFirst(field.subarray(0, 4))) * litresPerCount(field[4] ?? 0);
}

/** The register shows hundredths of a cubic metre: what is less is not yet seen. */
function encodeVolume(volumeLitres: bigint): Uint8Array {
  const digits = (volumeLitres / litresPerCount(CUBIC_METRE)).toString().padStart(VOLUME_DIGITS, '0');
  return concatBytes(encodeBcdLowFirst(digits, VOLUME_DIGITS / 2), Uint8Array.of(CUBIC_METRE));
}

/** `ss mm hh DD MM YY CC`. A meter without a clock sends zeros; a broken clock must not cost the reading. */
export function decodeClock(field: Uint8Array): ZonedParts | null {
  const digits = toHex(field.toReversed());
  if (!/^\d{14}$/.test(digits)) return null;
  const two = (at: number) => Number(digits.slice(at, at + 2));
  const year = Number(digits.slice(0, 4));
  return wallClock({ year, month: two(4), day: two(6), hour: two(8), minute: two(10), second: two(12) });
}

function encodeClock(clock: ZonedParts | null): Uint8Array {
  if (clock === null) return new Uint8Array(7);
  const fields = [clock.month, clock.day, clock.hour, clock.minute, clock.second];
  const two = (value: number) => String(value).padStart(2, '0');
  return encodeBcdLowFirst(`${String(clock.year).padStart(4, '0')}${fields.map(two).join('')}`, 7);
}

function expect(frame: Cjt188Frame, control: number, dataId: string): void {
  if (frame.control !== control || frame.dataId !== dataId) {
    throw protocolError('frame.unknown_function', `not control ${control.toString(16)} with data id ${dataId}`, {
      control: frame.control,
      dataId: frame.dataId,
    });
  }
}
