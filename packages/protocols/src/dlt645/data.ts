import { concatBytes, toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { findDataId } from './data-ids.ts';
import { bytes, type Format } from './format.ts';
import type { Edition } from './frame.ts';
import { type DataValue, decodeNumberAt, decodeValue, encodeValue, sizeOf } from './value.ts';

/** One value with its name: a block has several, in order. */
export interface DataItem {
  readonly name: string;
  readonly format: Format;
  readonly value: DataValue;
}

const UNKNOWN_NAME = 'unknown data';

/**
 * What the data of an id say. An id that the tables do not know gives its bytes, in hexadecimal, as one item.
 * @param data what follows the data id in a reply
 * @throws frame.bad_length, frame.bad_bcd when a known id has other data than its format says
 */
export function decodeData(edition: Edition, dataId: string, data: Uint8Array): readonly DataItem[] {
  const known = findDataId(edition, dataId);
  if (known === null) return [{ name: UNKNOWN_NAME, format: bytes(data.length), value: toHex(data) }];
  const { entry, name, block, itemNames } = known;
  const { format } = entry;
  if (block === null) return [{ name, format, value: decodeValue(format, data) }];
  const size = sizeOf(format) ?? data.length;
  const count = data.length / size;
  if (!Number.isInteger(count) || count > block.to - block.from + 1) {
    throw protocolError('frame.bad_length', `a block of ${size} bytes each, got ${data.length}`, { dataId });
  }
  const items = new Array<DataItem>(count);
  for (let at = 0; at < count; at++) {
    const from = at * size;
    const to = from + size;
    const value =
      format.kind === 'number'
        ? decodeNumberAt(data, from, to, format.signed)
        : decodeValue(format, data.subarray(from, to));
    items[at] = { name: itemNames[at] ?? name, format, value };
  }
  return items;
}

/**
 * The data of an id. A block has a value for each of its items, anything else one value; an unknown id takes
 * hexadecimal text.
 * @throws frame.bad_value, frame.bad_bcd when a value does not fit
 */
export function encodeData(edition: Edition, dataId: string, values: readonly DataValue[]): Uint8Array {
  const known = findDataId(edition, dataId);
  const [first = null] = values;
  const most = known?.block ? known.block.to - known.block.from + 1 : 1;
  if (values.length === 0 || values.length > most) {
    throw protocolError('frame.bad_value', `1 to ${most} values, got ${values.length}`, { dataId });
  }
  if (known === null) return encodeValue(bytes(typeof first === 'string' ? first.length / 2 : 0), first);
  return concatBytes(...values.map((value) => encodeValue(known.entry.format, value)));
}
