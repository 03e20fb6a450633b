import { toHex, type ZonedParts } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { type JsonObject, objectOf, parseJson, textOf } from '../json.ts';
import {
  formatCompactClock,
  type NamedReading,
  type NamedValue,
  parseCompactClock,
  readingOfNamed,
} from '../named-values.ts';
import { asJson, type DeviceValue, lineBytesOf, valuesOf } from './values.ts';

/** What a device of the overseas family (acrelHW) says. `gwSN` is the device that speaks, `meterSN` the meter spoken of. */
export type HwUp =
  | {
      readonly kind: 'login';
      readonly serial: string;
      readonly local: ZonedParts | null;
      readonly iccid: string | null;
      readonly imei: string | null;
      readonly rssi: number | null;
      readonly version: string | null;
    }
  | { readonly kind: 'time_request'; readonly serial: string }
  | { readonly kind: 'heartbeat'; readonly serial: string }
  | {
      readonly kind: 'data';
      readonly serial: string;
      readonly meterSerial: string;
      readonly meterName: string | null;
      /** The device cannot reach the meter: there are no values, or old ones. */
      readonly missing: boolean;
      readonly local: ZonedParts | null;
      /** Live, or kept by the device while it had no connection. */
      readonly history: boolean;
      readonly values: readonly DeviceValue[];
    }
  /** What the bytes mean is the meter's own protocol. */
  | {
      readonly kind: 'transparent';
      readonly serial: string;
      readonly meterSerial: string | null;
      readonly bytes: Uint8Array;
    }
  /** Everything else, whole: acknowledgements of commands, configuration, events. */
  | {
      readonly kind: 'other';
      readonly serial: string;
      readonly command: string;
      readonly res: number | null;
      readonly body: JsonObject;
    };

/** What the server says. */
export type HwDown =
  /** To every upload: without it the device sends again. */
  | { readonly kind: 'ack'; readonly command: string; readonly accepted: boolean }
  | { readonly kind: 'time'; readonly local: ZonedParts }
  /** Which keys carry the bytes is assumed. */
  | { readonly kind: 'transparent'; readonly meterSerial: string; readonly bytes: Uint8Array }
  /** The keys of a control are not published: the profile of an installation gives them whole. */
  | { readonly kind: 'command'; readonly command: string; readonly body: JsonObject };

/** Keys of a data message that are no values. */
const HEAD: readonly string[] = ['type', 'time', 'gwSN', 'meterSN', 'meterName', 'meterStatus', 'ch', 'data'];

/** Names are recorded; that `wh` is the total in kWh has not been seen, and a device must be verified before it is charged by. */
export const HW_VALUES: readonly NamedValue[] = [
  { name: 'wh', meaning: 'total', unit: 'kWh', source: 'assumed' },
  { name: 'do1', meaning: 'switch', unit: '', source: 'assumed', on: '1', off: '0' },
  ...(['a', 'b', 'c'] as const).flatMap((phase): NamedValue[] => [
    { name: `u${phase}`, meaning: { detail: `voltage_${phase}` }, unit: 'V', source: 'recorded' },
    { name: `i${phase}`, meaning: { detail: `current_${phase}` }, unit: 'A', source: 'recorded' },
    { name: `p${phase}`, meaning: { detail: `power_${phase}` }, unit: 'kW', source: 'recorded' },
    { name: `q${phase}`, meaning: { detail: `reactive_power_${phase}` }, unit: 'kvar', source: 'recorded' },
  ]),
  { name: 'p', meaning: { detail: 'power' }, unit: 'kW', source: 'recorded' },
  { name: 'q', meaning: { detail: 'reactive_power' }, unit: 'kvar', source: 'recorded' },
  { name: 'pf', meaning: { detail: 'power_factor' }, unit: '', source: 'recorded' },
  { name: 'hz', meaning: { detail: 'frequency' }, unit: 'Hz', source: 'recorded' },
];

/** Null total where the meter is missing. The reading's clock is the device's. See `HW_VALUES` for `verified`. */
export function readingOfHwData(
  data: Extract<HwUp, { kind: 'data' }>,
  options: { readonly verified: boolean },
  rows: readonly NamedValue[] = HW_VALUES,
): NamedReading {
  const { reading, details } = readingOfNamed(data.values, rows, options);
  if (data.missing) return { reading: null, details };
  return { reading: reading && { ...reading, clock: reading.clock ?? data.local }, details };
}

/**
 * @param command the topic's; the payload's `type` says the same
 * @throws frame.bad_payload, frame.too_long
 */
export function decodeHwUp(command: string, payload: Uint8Array): HwUp {
  const body = objectOf(parseJson(payload), 'payload');
  const serial = textOf(body, 'gwSN') ?? textOf(body, 'meterSN');
  if (serial === null) throw protocolError('frame.bad_payload', 'neither gwSN nor meterSN');
  switch (command) {
    case 'login':
      return {
        kind: 'login',
        serial,
        local: parseCompactClock(textOf(body, 'time') ?? ''),
        iccid: textOf(body, 'ccid'),
        imei: textOf(body, 'imei'),
        rssi: numberIn(body, 'rssi'),
        version: textOf(body, 'ver'),
      };
    case 'time':
      return { kind: 'time_request', serial };
    case 'heart':
      return { kind: 'heartbeat', serial };
    case 'data':
    case 'hstdata':
      return {
        kind: 'data',
        serial,
        meterSerial: textOf(body, 'meterSN') ?? serial,
        meterName: textOf(body, 'meterName'),
        missing: textOf(body, 'meterStatus') === 'missing',
        local: parseCompactClock(textOf(body, 'time') ?? ''),
        history: command === 'hstdata',
        values: valuesOf(body, HEAD),
      };
    case 'transport':
      if (body['data'] === undefined) break;
      return { kind: 'transparent', serial, meterSerial: textOf(body, 'meterSN'), bytes: lineBytesOf(body['data']) };
  }
  return { kind: 'other', serial, command, res: numberIn(body, 'res'), body };
}

/** The device's side. @returns the topic's command and the payload */
export function encodeHwUp(message: HwUp): { readonly command: string; readonly payload: Uint8Array } {
  const { serial: gwSN } = message;
  const timeOf = (local: ZonedParts | null) => (local ? { time: formatCompactClock(local) } : {});
  switch (message.kind) {
    case 'login': {
      const { iccid, imei, rssi, version } = message;
      return asJson('login', { type: 'login', gwSN, ...timeOf(message.local), ver: version, ccid: iccid, imei, rssi });
    }
    case 'time_request':
      return asJson('time', { type: 'time', gwSN });
    case 'heartbeat':
      return asJson('heart', { type: 'heart', gwSN });
    case 'data': {
      const { meterSerial: meterSN, meterName, missing, values } = message;
      const type = message.history ? 'hstdata' : 'data';
      const head = {
        type,
        ...timeOf(message.local),
        gwSN,
        meterSN,
        meterName,
        meterStatus: missing ? 'missing' : 'normal',
      };
      return asJson(type, { ...head, ...Object.fromEntries(values) });
    }
    case 'transparent':
      return asJson('transport', { type: 'transport', gwSN, meterSN: message.meterSerial, data: toHex(message.bytes) });
    case 'other':
      return asJson(message.command, message.body);
  }
}

export function encodeHwDown(message: HwDown): { readonly command: string; readonly payload: Uint8Array } {
  switch (message.kind) {
    case 'ack':
      return asJson(message.command, { type: message.command, res: message.accepted ? 1 : 0 });
    case 'time':
      return asJson('time', { type: 'time', res: 1, time: formatCompactClock(message.local) });
    case 'transparent':
      return asJson('transport', { type: 'transport', meterSN: message.meterSerial, data: toHex(message.bytes) });
    case 'command':
      return asJson(message.command, { type: message.command, ...message.body });
  }
}

/** @throws frame.bad_payload, frame.too_long */
export function decodeHwDown(command: string, payload: Uint8Array): HwDown {
  const { type: _, ...body } = objectOf(parseJson(payload), 'payload');
  const local = parseCompactClock(textOf(body, 'time') ?? '');
  const meterSerial = textOf(body, 'meterSN');
  if (command === 'time' && local) return { kind: 'time', local };
  if (command === 'transport' && meterSerial !== null && body['data'] !== undefined) {
    return { kind: 'transparent', meterSerial, bytes: lineBytesOf(body['data']) };
  }
  const res = numberIn(body, 'res');
  if (res !== null && Object.keys(body).length === 1) return { kind: 'ack', command, accepted: res === 1 };
  return { kind: 'command', command, body };
}

function numberIn(body: JsonObject, name: string): number | null {
  const text = textOf(body, name);
  return text !== null && /^-?\d{1,9}$/.test(text) ? Number(text) : null;
}
