import { fromHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { isObject, type JsonObject } from '../json.ts';

/** A value as the device sent it: numbers keep their digits. */
export type DeviceValue = readonly [name: string, value: string];

const MAX_VALUES = 512;
const MAX_CHARACTERS = 128;
/** A Modbus frame has 256 bytes, a DL/T 645 frame 267 and its preamble. */
const MAX_LINE_BYTES = 512;

/**
 * Values under names of their own, and those of the variant `data: [{ point: [{ id, val }] }]`.
 * @param head names that are no values
 * @throws frame.too_long
 */
export function valuesOf(body: JsonObject, head: readonly string[]): DeviceValue[] {
  const flat = Object.entries(body).filter(([name]) => !head.includes(name));
  const groups: unknown[] = Array.isArray(body['data']) ? body['data'] : [];
  const points = groups.flatMap((group): unknown[] =>
    isObject(group) && Array.isArray(group['point']) ? group['point'] : [],
  );
  const listed = points.filter(isObject).map((point) => [String(point['id']), point['val']] as const);
  const values: DeviceValue[] = [];
  for (const [name, value] of [...flat, ...listed]) {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(Number(value)) : value;
    if (typeof text !== 'string' || text.length > MAX_CHARACTERS || name.length > MAX_CHARACTERS) continue;
    if (values.push([name, text]) > MAX_VALUES) throw protocolError('frame.too_long', `over ${MAX_VALUES} values`);
  }
  return values;
}

/** Bytes of a meter's line, in hexadecimal. @throws frame.bad_payload, frame.too_long */
export function lineBytesOf(hex: unknown): Uint8Array {
  if (typeof hex !== 'string' || !/^(?:[0-9A-Fa-f]{2})+$/.test(hex))
    throw protocolError('frame.bad_payload', 'no bytes in hexadecimal');
  if (hex.length > 2 * MAX_LINE_BYTES)
    throw protocolError('frame.too_long', `over ${MAX_LINE_BYTES} bytes from a line`);
  return fromHex(hex);
}

/** Null is what a device leaves out. */
export function asJson(command: string, body: JsonObject): { readonly command: string; readonly payload: Uint8Array } {
  const present = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  return { command, payload: new TextEncoder().encode(JSON.stringify(present)) };
}
