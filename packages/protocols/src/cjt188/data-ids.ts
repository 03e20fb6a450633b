import { concatBytes, toHex } from '@openprepay/kernel';
import { bits, bytes, digits, type Format, number, record, type Source, time } from '../dlt645/format.ts';
import { type DataValue, decodeValue, encodeValue, sizeOf } from '../dlt645/value.ts';
import { protocolError } from '../errors.ts';
import { type Cjt188Frame, CONTROL, WILDCARD_ADDRESS } from './frame.ts';
import { type Cjt188Habits, COLD_WATER } from './water.ts';

/** One data id of CJ/T 188, appendix A of the edition of 2004: what is asked with it and what comes back. */
export interface Cjt188DataId {
  /** Four hexadecimal digits, the group first, whatever the order on the wire. */
  readonly id: string;
  readonly name: string;
  /** The function that it goes with. */
  readonly control: number;
  /** What a request carries after SER; null: nothing. */
  readonly request: Format | null;
  readonly reply: Format | null;
  /** `recorded` in a frame, in a `single` public source, or `known` as common knowledge of the standard. */
  readonly source: Source;
}

/** C without direction and error; 01, 03, 04 and 15 are recorded, 09 and 16 in a single source. */
export const FUNCTION = {
  read: CONTROL.read,
  readAddress: CONTROL.readAddress,
  write: CONTROL.write,
  readKeyVersion: 0x09,
  writeAddress: 0x15,
  writeBase: 0x16,
} as const;

/** XXXXXX.XX and its unit, 2C for m³. */
const VOLUME = [
  ['volume', number(4, 2)],
  ['unit', bits(1)],
] as const;
const CLOCK = time('CCYYMMDDhhmmss');
const STATUS = bytes(2);
const DAY = number(1, 0);
const PRICE = number(3, 2, 'yuan/m³');
const USE = number(3, 0, 'm³');
const AMOUNT = number(4, 2);
const PRICES = [
  ['price1', PRICE],
  ['use1', USE],
  ['price2', PRICE],
  ['use2', USE],
  ['price3', PRICE],
] as const;

const METERING = record(
  ['current', number(4, 2)],
  ['currentUnit', bits(1)],
  ['settlement', number(4, 2)],
  ['settlementUnit', bits(1)],
  ['clock', CLOCK],
  ['status', STATUS],
);

const MONTHS = Array.from({ length: 12 }, (_, at) => at + 1);

const read = (id: string, name: string, reply: Format | null, source: Source = 'known'): Cjt188DataId => ({
  id,
  name,
  control: FUNCTION.read,
  request: null,
  reply,
  source,
});
const write = (
  id: string,
  name: string,
  request: Format | null,
  reply: Format | null = null,
  source: Source = 'known',
): Cjt188DataId => ({ id, name, control: FUNCTION.write, request, reply, source });

export const CJT188_DATA_IDS: readonly Cjt188DataId[] = [
  read('901F', 'metering data', METERING, 'recorded'),
  ...MONTHS.map((month) =>
    read(
      `D1${(0x1f + month).toString(16).toUpperCase()}`,
      `settled volume, ${month} settlements ago`,
      record(...VOLUME),
    ),
  ),
  read('8102', 'price table', record(...PRICES)),
  read('8103', 'settlement day', DAY),
  read('8104', 'meter reading day', DAY),
  read(
    '8105',
    'purchased amount',
    record(
      ['count', number(1, 0)],
      ['purchased', AMOUNT],
      ['purchasedInTotal', AMOUNT],
      ['remaining', AMOUNT],
      ['status', STATUS],
    ),
  ),
  { ...read('8106', 'key version', number(1, 0)), control: FUNCTION.readKeyVersion },
  { ...read('810A', 'address', null, 'recorded'), control: FUNCTION.readAddress },
  write('A010', 'write price table', record(...PRICES, ['fromDay', DAY]), STATUS),
  write('A011', 'write settlement day', DAY),
  write('A012', 'write meter reading day', DAY),
  write('A013', 'write purchased amount', record(['count', number(1, 0)], ['purchased', AMOUNT])),
  write('A014', 'write key', record(['version', number(1, 0)], ['key', bytes(8)])),
  write('A015', 'write clock', CLOCK, null, 'single'),
  { ...write('A016', 'write base reading', record(...VOLUME), STATUS, 'single'), control: FUNCTION.writeBase },
  write('A017', 'valve', bits(1), STATUS, 'recorded'),
  { ...write('A018', 'write address', digits(7), null, 'recorded'), control: FUNCTION.writeAddress },
  write('A019', 'enable factory settings', null),
];

const BY_ID: ReadonlyMap<string, Cjt188DataId> = new Map(CJT188_DATA_IDS.map((entry) => [entry.id, entry]));

export const findDataId = (dataId: string): Cjt188DataId | null => BY_ID.get(dataId) ?? null;

/** What a frame carries after SER. */
export interface Cjt188Contents {
  readonly format: Format | null;
  readonly value: DataValue;
  /** What came after it, in hexadecimal: the edition of 2018 and some makers add to what the edition of 2004 has. */
  readonly tail: string;
}

/**
 * An unknown data id, or one that should carry nothing, has all its bytes in the tail.
 * @throws frame.bad_length, frame.bad_bcd when the data is less than its id says, or not decimal
 */
export function decodeContents({ control, dataId, data }: Cjt188Frame): Cjt188Contents {
  const format = formatOf(control, dataId);
  const size = format && sizeOf(format);
  if (format === null || size === null) return { format: null, value: null, tail: toHex(data) };
  if (data.length < size) throw protocolError('frame.bad_length', `${size} bytes of data, got ${data.length}`);
  return { format, value: decodeValue(format, data.subarray(0, size)), tail: toHex(data.subarray(size)) };
}

function formatOf(control: number, dataId: string | null): Format | null {
  const entry = dataId === null ? null : findDataId(dataId);
  if (entry === null || (control & ~CONTROL.reply) !== entry.control) return null;
  return control & CONTROL.reply ? entry.reply : entry.request;
}

/**
 * Asks for a data id, or writes it.
 * @param value what the id's format of a request says; null where it carries nothing
 * @throws frame.bad_value when there is no such id, or the value does not fit
 */
export function requestOf(
  address: string,
  dataId: string,
  value: DataValue,
  series: number,
  { meterType, dataIdOrder }: Cjt188Habits = COLD_WATER,
): Cjt188Frame {
  const entry = findDataId(dataId);
  if (entry === null) throw protocolError('frame.bad_value', 'no such data id', { dataId });
  const data = entry.request === null ? new Uint8Array(0) : encodeValue(entry.request, value);
  return { meterType, dataIdOrder, address, control: entry.control, dataId, series, data };
}

/** The meter's answer. @param tail what this maker adds @throws frame.bad_value when the value does not fit */
export function replyOf(request: Cjt188Frame, value: DataValue, tail: Uint8Array = new Uint8Array(0)): Cjt188Frame {
  const control = request.control | CONTROL.reply;
  const format = formatOf(control, request.dataId);
  const said = format === null ? new Uint8Array(0) : encodeValue(format, value);
  return { ...request, control, data: concatBytes(said, tail) };
}

/** The meter will not: SER and two bytes of status. */
export const refusalOf = (request: Cjt188Frame, status: Uint8Array): Cjt188Frame => ({
  ...request,
  control: request.control | CONTROL.reply | CONTROL.error,
  dataId: null,
  data: status,
});

/** For a line with one meter, of whatever kind; it answers with its own address. */
export const readAddressRequest = (series: number): Cjt188Frame =>
  requestOf(WILDCARD_ADDRESS, '810A', null, series, { ...COLD_WATER, meterType: 0xaa });
