import { createHash } from 'node:crypto';
import { protocolError } from '../errors.ts';
import { canonicalJson, idOf, integerOf, isObject, type JsonObject, objectOf, textOf } from '../json.ts';

interface Common {
  readonly productId: string;
  readonly deviceId: string;
  /** When the platform had it from the device. Pushes are ordered by this, never by arrival. */
  readonly at: Date;
}

/** One push of the CTWing platform (product's HTTP subscription). */
export type CtwingPush = Common &
  (
    | {
        readonly kind: 'data';
        readonly imei: string | null;
        /** The device's own bytes, where the product is transparent. */
        readonly payload: Uint8Array | null;
        /** The values that the platform made of them, where it has a profile. */
        readonly profile: JsonObject | null;
        readonly serviceId: string | null;
      }
    | { readonly kind: 'online'; readonly online: boolean; readonly iccid: string | null }
    | {
        readonly kind: 'command_response';
        readonly taskId: string;
        readonly resultCode: string;
        readonly resultDetail: string | null;
        /** The platform will say no more on this command. It does not mean that a valve has moved. */
        readonly final: boolean;
      }
    | {
        readonly kind: 'event';
        readonly level: 'info' | 'warning' | 'fault';
        readonly content: unknown;
        readonly serviceId: string | null;
      }
  );

/** Result codes after which more may come. */
const UNDERWAY: readonly string[] = ['SAVED', 'SENT', 'DELIVERED'];
const EVENT_LEVELS = { 1: 'info', 2: 'warning', 3: 'fault' } as const;
const MAX_PAYLOAD_BYTES = 4096;
/** 2000-01-01 and 2100-01-01: a timestamp in seconds, or garbage, is none of ours. */
const EARLIEST_MS = 946_684_800_000;
const LATEST_MS = 4_102_444_800_000;

/** @throws frame.bad_payload, frame.bad_value, frame.too_long, frame.unknown_function for an unknown messageType */
export function parsePush(json: unknown): CtwingPush {
  const push = objectOf(json, 'push');
  const common: Common = {
    productId: idOf(push, 'productId'),
    deviceId: idOf(push, 'deviceId'),
    at: instantOf(push),
  };
  const messageType = textOf(push, 'messageType');
  switch (messageType) {
    case 'dataReport':
    case 'dataReportTupUnparsed':
      return { ...common, ...dataOf(push) };
    case 'deviceOnlineOfflineReport':
      return { ...common, kind: 'online', online: onlineOf(push), iccid: textOf(push, 'iccid') };
    case 'commandResponse':
      return { ...common, ...responseOf(push) };
    case 'eventReport':
      return { ...common, ...eventOf(push) };
    default:
      throw protocolError('frame.unknown_function', 'no known messageType', { messageType });
  }
}

/**
 * The same for a push that the platform sends again and different for any other: SHA-256 over device, time and contents,
 * in hexadecimal. Independent of the order of fields in the JSON and of the push's own serial numbers.
 */
export function dedupeKey(push: CtwingPush): string {
  const { productId, deviceId, at, kind, ...contents } = push;
  const text = canonicalJson([productId, deviceId, at.getTime(), kind, contents]);
  return createHash('sha256').update(text).digest('hex');
}

function instantOf(push: JsonObject): Date {
  const timestamp = integerOf(push, 'timestamp');
  if (timestamp < EARLIEST_MS || timestamp >= LATEST_MS) {
    throw protocolError('frame.bad_value', 'timestamp is not in milliseconds', { timestamp });
  }
  return new Date(timestamp);
}

/** Transparent products have `payload.APPdata`; others a profile, either under `serviceData` or flat. */
function dataOf(push: JsonObject) {
  const payload = objectOf(push['payload'], 'payload');
  const bytes = payload['APPdata'] === undefined ? null : bytesOf(payload['APPdata']);
  const profile = isObject(payload['serviceData']) ? payload['serviceData'] : payload;
  return {
    kind: 'data',
    imei: textOf(push, 'IMEI'),
    payload: bytes,
    profile: bytes === null ? profile : null,
    serviceId: textOf(payload, 'serviceId') ?? textOf(push, 'serviceId'),
  } as const;
}

function bytesOf(base64: unknown): Uint8Array {
  if (typeof base64 !== 'string' || !/^[0-9A-Za-z+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw protocolError('frame.bad_payload', 'APPdata is not base64');
  }
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  if (bytes.length > MAX_PAYLOAD_BYTES)
    throw protocolError('frame.too_long', `APPdata over ${MAX_PAYLOAD_BYTES} bytes`);
  return bytes;
}

function onlineOf(push: JsonObject): boolean {
  const eventType = integerOf(push, 'eventType');
  if (eventType !== 0 && eventType !== 1)
    throw protocolError('frame.bad_value', 'eventType is not 0 or 1', { eventType });
  return eventType === 1;
}

function responseOf(push: JsonObject) {
  const result = objectOf(push['result'], 'result');
  const resultCode = idOf(result, 'resultCode');
  return {
    kind: 'command_response',
    taskId: idOf(push, 'taskId'),
    resultCode,
    resultDetail: isObject(result['resultDetail'])
      ? JSON.stringify(result['resultDetail'])
      : textOf(result, 'resultDetail'),
    final: !UNDERWAY.includes(resultCode),
  } as const;
}

function eventOf(push: JsonObject) {
  const eventType = integerOf(push, 'eventType');
  if (eventType !== 1 && eventType !== 2 && eventType !== 3) {
    throw protocolError('frame.bad_value', 'eventType is not 1, 2 or 3', { eventType });
  }
  return {
    kind: 'event',
    level: EVENT_LEVELS[eventType],
    content: push['eventContent'] ?? null,
    serviceId: textOf(push, 'serviceId'),
  } as const;
}
