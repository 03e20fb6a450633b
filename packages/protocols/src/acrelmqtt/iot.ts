import { protocolError } from '../errors.ts';
import { isObject, type JsonObject, objectOf, parseJson, textOf } from '../json.ts';
import { type NamedReading, type NamedValue, readingOfNamed } from '../named-values.ts';
import { type DeviceValue, valuesOf } from './values.ts';
import { type Packing, pack, unpack } from './wrap.ts';

/** What every message of the domestic family has. */
export interface IotHead {
  /**
   * The sender's number of the message, up to 64 bits, in decimal digits: as a JSON number it would lose its last ones.
   * An answer has that of its question. Null where the sender gave none.
   */
  readonly msgid: string | null;
  readonly serial: string;
  /** When the sender says it was, to the second; null where it does not say. */
  readonly at: Date | null;
}

/** What a device says. */
export type IotUp = IotHead &
  (
    | {
        readonly kind: 'login';
        readonly compress: Packing['compress'];
        readonly encrypted: boolean;
        readonly uploadIntervalS: number | null;
        readonly deviceName: string | null;
        readonly softwareCode: string | null;
        readonly softwareVersion: string | null;
        readonly network: '4g' | 'wifi' | 'ethernet' | null;
        readonly imei: string | null;
        readonly iccid: string | null;
        readonly mac: string | null;
      }
    | { readonly kind: 'time_request' }
    /** An upload: values under the names that the device has; one message for each meter that it speaks of. */
    | { readonly kind: 'data'; readonly method: string; readonly meters: readonly IotMeter[] }
    /** How an order ended. `done` is the device's word; only a reading shows where a relay stands. */
    | { readonly kind: 'answer'; readonly method: string; readonly done: boolean; readonly errorCode: string | null }
    /** Everything else, whole. */
    | { readonly kind: 'other'; readonly method: string; readonly payload: JsonObject }
  );

export interface IotMeter {
  readonly address: string | null;
  readonly name: string | null;
  readonly values: readonly DeviceValue[];
}

/** What the server says. */
export type IotDown = IotHead &
  (
    | {
        readonly kind: 'answer';
        readonly method: string;
        readonly accepted: boolean;
        readonly errorCode: string | null;
      }
    /** The platform's time; under which name it is sent is assumed. */
    | { readonly kind: 'time' }
    /** Switches a prepaid meter: the device itself, or the one behind it that is addressed. From one source; to be verified on each model. */
    | {
        readonly kind: 'switch';
        readonly address: string | null;
        readonly meterName: string;
        readonly wanted: 'on' | 'off';
      }
    | { readonly kind: 'operate'; readonly payload: JsonObject }
  );

/** Names of the upload's values follow the overseas family's; none of them has been seen in this one. */
export const IOT_VALUES: readonly NamedValue[] = [
  { name: 'EPI', meaning: 'total', unit: 'kWh', source: 'assumed' },
  { name: 'wh', meaning: 'total', unit: 'kWh', source: 'assumed' },
  { name: 'do1', meaning: 'switch', unit: '', source: 'assumed', on: '1', off: '0' },
  { name: 'time', meaning: 'clock', unit: '', source: 'assumed' },
];

/** See `IOT_VALUES` for `verified`. */
export const readingOfIotMeter = (
  meter: IotMeter,
  options: { readonly verified: boolean },
  rows: readonly NamedValue[] = IOT_VALUES,
): NamedReading => readingOfNamed(meter.values, rows, options);

const NETWORKS = ['4g', 'wifi', 'ethernet'] as const;
/** Names of an upload that are no values. */
const HEAD: readonly string[] = ['addr', 'meteraddr', 'meterName', 'data'];
const MAX_METERS = 256;
/** 2000-01-01 and 2100-01-01: other seconds are none. */
const EARLIEST_S = 946_684_800;
const LATEST_S = 4_102_444_800;

/**
 * @param packing as the device said when it logged in; `PLAIN` before
 * @throws frame.bad_payload, frame.too_long, frame.not_supported, frame.not_decrypted
 */
export function decodeIotUp(channel: 'sys' | 'data' | 'indicate', bytes: Uint8Array, packing: Packing): IotUp {
  const message = objectOf(parseJson(unpack(bytes, packing)), 'message');
  const head = headOf(message);
  const method = textOf(message, 'method') ?? '';
  if (message['res'] !== undefined) {
    return { ...head, kind: 'answer', method, done: resultOf(message), errorCode: textOf(message, 'errcode') };
  }
  if (channel === 'data') return { ...head, kind: 'data', method, meters: metersOf(message['payload']) };
  const payload = isObject(message['payload']) ? message['payload'] : {};
  if (channel === 'sys' && method === 'login') return { ...head, ...loginOf(payload) };
  if (channel === 'sys' && method === 'time') return { ...head, kind: 'time_request' };
  return { ...head, kind: 'other', method, payload };
}

/** The device's side. @throws frame.bad_value, frame.not_supported */
export function encodeIotUp(message: IotUp, packing: Packing): Uint8Array {
  switch (message.kind) {
    case 'login': {
      const { compress, network } = message;
      return seal(message, packing, {
        method: 'login',
        payload: present({
          compress: compress === 'none' ? 0 : 1,
          compressAlgo: compress === 'none' ? null : compress.toUpperCase(),
          encrypt: message.encrypted ? 1 : 0,
          upInterval: message.uploadIntervalS,
          devname: message.deviceName,
          softcode: message.softwareCode,
          softversion: message.softwareVersion,
          network: network && NETWORKS.indexOf(network),
          imei: message.imei,
          ccid: message.iccid,
          mac: message.mac,
        }),
      });
    }
    case 'time_request':
      return seal(message, packing, { method: 'time', payload: {} });
    case 'data': {
      const meters = message.meters.map(({ address, name, values }) =>
        present({ meteraddr: address, meterName: name, ...Object.fromEntries(values) }),
      );
      return seal(message, packing, { method: message.method, payload: meters });
    }
    case 'answer':
      return seal(message, packing, answerOf(message.method, message.done, message.errorCode));
    case 'other':
      return seal(message, packing, { method: message.method, payload: message.payload });
  }
}

/** @throws frame.bad_value, frame.not_supported */
export function encodeIotDown(message: IotDown, packing: Packing): Uint8Array {
  switch (message.kind) {
    case 'answer':
      return seal(message, packing, answerOf(message.method, message.accepted, message.errorCode));
    case 'time':
      return seal(message, packing, { method: 'time', res: 1 });
    case 'switch': {
      const { serial: addr, address, meterName } = message;
      const value = message.wanted === 'on' ? 1 : 0;
      const payload = {
        addr,
        ...present({ meteraddr: address }),
        meterName,
        method: 'FORCESWITCH',
        ForceSwitch: value,
        do1: value,
      };
      return seal(message, packing, { method: 'operate', payload });
    }
    case 'operate':
      return seal(message, packing, { method: 'operate', payload: message.payload });
  }
}

/** @throws frame.bad_payload, frame.too_long, frame.not_supported, frame.not_decrypted */
export function decodeIotDown(bytes: Uint8Array, packing: Packing): IotDown {
  const message = objectOf(parseJson(unpack(bytes, packing)), 'message');
  const head = headOf(message);
  const method = textOf(message, 'method') ?? '';
  if (method === 'time' && message['res'] !== undefined && head.at) return { ...head, kind: 'time' };
  if (message['res'] !== undefined) {
    return { ...head, kind: 'answer', method, accepted: resultOf(message), errorCode: textOf(message, 'errcode') };
  }
  const payload = objectOf(message['payload'], 'payload');
  const meterName = textOf(payload, 'meterName');
  const force = payload['ForceSwitch'];
  if (payload['method'] === 'FORCESWITCH' && meterName !== null && (force === 0 || force === 1)) {
    const address = textOf(payload, 'meteraddr');
    return { ...head, kind: 'switch', address, meterName, wanted: force === 1 ? 'on' : 'off' };
  }
  return { ...head, kind: 'operate', payload };
}

function headOf(message: JsonObject): IotHead {
  const serial = textOf(message, 'sn');
  if (serial === null) throw protocolError('frame.bad_payload', 'no sn');
  const msgid = textOf(message, 'msgid');
  if (msgid !== null && !/^\d{1,20}$/.test(msgid))
    throw protocolError('frame.bad_payload', 'msgid is no number of 64 bits');
  const seconds = Number(textOf(message, 'timestamp') ?? Number.NaN);
  const isTime = Number.isSafeInteger(seconds) && seconds >= EARLIEST_S && seconds < LATEST_S;
  return { msgid, serial, at: isTime ? new Date(seconds * 1000) : null };
}

function loginOf(payload: JsonObject) {
  const compressed = flag(payload['compress']);
  const algorithm = textOf(payload, 'compressAlgo')?.toUpperCase() ?? 'ZLIB';
  if (compressed && algorithm !== 'ZLIB' && algorithm !== 'LZO') {
    throw protocolError('frame.not_supported', 'compresses with neither ZLIB nor LZO', { algorithm });
  }
  const compress: Packing['compress'] = !compressed ? 'none' : algorithm === 'LZO' ? 'lzo' : 'zlib';
  return {
    kind: 'login',
    compress,
    encrypted: flag(payload['encrypt']),
    uploadIntervalS: secondsIn(payload, 'upInterval'),
    deviceName: textOf(payload, 'devname'),
    softwareCode: textOf(payload, 'softcode'),
    softwareVersion: textOf(payload, 'softversion'),
    network: NETWORKS[Number(textOf(payload, 'network') ?? Number.NaN)] ?? null,
    imei: textOf(payload, 'imei'),
    iccid: textOf(payload, 'ccid'),
    mac: textOf(payload, 'mac'),
  } as const;
}

function metersOf(payload: unknown): IotMeter[] {
  const meters = Array.isArray(payload) ? payload : [payload];
  if (meters.length > MAX_METERS) throw protocolError('frame.too_long', `over ${MAX_METERS} meters in an upload`);
  return meters.map((one): IotMeter => {
    const meter = objectOf(one, 'payload');
    const address = textOf(meter, 'meteraddr') ?? textOf(meter, 'addr');
    return { address, name: textOf(meter, 'meterName'), values: valuesOf(meter, HEAD) };
  });
}

const flag = (value: unknown): boolean => value === 1 || value === true || value === '1' || value === 'true';

function resultOf(message: JsonObject): boolean {
  const { res } = message;
  if (res !== 0 && res !== 1 && res !== '0' && res !== '1')
    throw protocolError('frame.bad_payload', 'res is not 0 or 1');
  return Number(res) === 1;
}

function secondsIn(payload: JsonObject, name: string): number | null {
  const text = textOf(payload, name);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

const answerOf = (method: string, isGood: boolean, errorCode: string | null): JsonObject => ({
  method,
  res: isGood ? 1 : 0,
  ...(errorCode === null ? {} : { errcode: errorCode }),
});

const present = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));

/** The number of the message is written by hand, digit by digit, see `IotHead.msgid`. */
function seal({ msgid, serial, at }: IotHead, packing: Packing, body: JsonObject): Uint8Array {
  if (msgid !== null && !/^(0|[1-9]\d{0,19})$/.test(msgid))
    throw protocolError('frame.bad_value', 'msgid is no number of 64 bits');
  const timestamp = at ? { timestamp: Math.floor(at.getTime() / 1000) } : {};
  const rest = JSON.stringify({ sn: serial, ...timestamp, ...body });
  const text = msgid === null ? rest : `{"msgid":${msgid},${rest.slice(1)}`;
  return pack(new TextEncoder().encode(text), packing);
}
