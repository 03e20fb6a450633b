import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { type Format, MINUTE, number, signed } from './format.ts';
import { type DataValue, decodeValue, encodeValue, partsOf, sizeOf } from './value.ts';

/**
 * One block of a load record, what the meter noted at one time (data ids 06…). Common knowledge of appendix B of
 * DL/T 645-2007, not seen in a recorded frame.
 */
export interface LoadRecord {
  /** `YYMMDDhhmm`, the meter's wall clock; null if the meter had none. */
  readonly time: string | null;
  /** By class, only those that the meter keeps; the values in the order of `LOAD_CLASSES`. */
  readonly classes: readonly (readonly DataValue[] | null)[];
}

const perPhase = (name: string, format: Format) => ['A', 'B', 'C'].map((phase) => [`${name}${phase}`, format] as const);
const withTotal = (name: string, format: Format) => [[`${name}Total`, format] as const, ...perPhase(name, format)];

/** What the six classes hold, in their order on the wire. */
export const LOAD_CLASSES: readonly Extract<Format, { kind: 'record' }>['fields'][] = [
  [
    ...perPhase('voltage', number(2, 1, 'V')),
    ...perPhase('current', signed(3, 3, 'A')),
    ['frequency', number(2, 2, 'Hz')],
  ],
  [...withTotal('activePower', signed(3, 4, 'kW')), ...withTotal('reactivePower', signed(3, 4, 'kvar'))],
  withTotal('powerFactor', signed(2, 3)),
  [
    ['importActive', number(4, 2, 'kWh')],
    ['exportActive', number(4, 2, 'kWh')],
    ['combinedReactive1', signed(4, 2, 'kvarh')],
    ['combinedReactive2', signed(4, 2, 'kvarh')],
  ],
  [1, 2, 3, 4].map((quadrant) => [`reactiveQuadrant${quadrant}`, number(4, 2, 'kvarh')] as const),
  [
    ['activeDemand', signed(3, 4, 'kW')],
    ['reactiveDemand', signed(3, 4, 'kvar')],
  ],
];

const WHICH = ['earliest', 'from a time on', 'latest'];

/** `load records of class 4, latest` for 06040002; null for an id of anything else. */
export function loadRecordName(dataId: string): string | null {
  const [, group, which] = /^060([0-6])000([0-2])$/.exec(dataId) ?? [];
  if (group === undefined) return null;
  return `load records of ${group === '0' ? 'all classes' : `class ${group}`}, ${WHICH[Number(which)]}`;
}

const HEAD = 0xa0;
const CLASS_END = 0xaa;
const END = 0xe5;
/** A0 A0 and the number of bytes from after itself to before the checksum. */
const HEAD_BYTES = 3;
const TAIL_BYTES = 2;
const TIME_BYTES = 5;

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
type Fields = (typeof LOAD_CLASSES)[number];

const asRecord = (fields: Fields): Format => ({ kind: 'record', fields });

/**
 * `A0 A0 n | mm hh DD MM YY | class 1 AA … class 6 AA | CS E5`, block after block. A class that the meter does not keep
 * is its AA alone: no decimal value begins with AA.
 * @throws frame.truncated, frame.bad_delimiter, frame.bad_length, frame.bad_checksum, frame.bad_bcd
 */
export function decodeLoadRecords(data: Uint8Array): readonly LoadRecord[] {
  const records: LoadRecord[] = [];
  for (let at = 0; at < data.length; ) {
    const bytes = HEAD_BYTES + (data[at + 2] ?? 0) + TAIL_BYTES;
    if (data.length < at + bytes) throw protocolError('frame.truncated', `a load record of ${bytes} bytes`, { at });
    records.push(decodeRecord(data.subarray(at, at + bytes)));
    at += bytes;
  }
  return records;
}

function decodeRecord(block: Uint8Array): LoadRecord {
  if (block[0] !== HEAD || block[1] !== HEAD || block.at(-1) !== END) {
    throw protocolError('frame.bad_delimiter', 'a load record stands between A0 A0 and E5');
  }
  if (sum(block.subarray(0, -TAIL_BYTES)) !== block.at(-TAIL_BYTES)) {
    throw protocolError('frame.bad_checksum', 'wrong checksum of a load record');
  }
  let rest = block.subarray(HEAD_BYTES, -TAIL_BYTES);
  const time = decodeValue(MINUTE, rest.subarray(0, TIME_BYTES));
  rest = rest.subarray(TIME_BYTES);
  const classes = LOAD_CLASSES.map((fields) => {
    const bytes = rest[0] === CLASS_END ? 0 : (sizeOf(asRecord(fields)) ?? 0);
    const values = bytes === 0 ? null : partsOf(decodeValue(asRecord(fields), rest.subarray(0, bytes)));
    if (rest[bytes] !== CLASS_END) throw protocolError('frame.bad_delimiter', 'a class of a load record ends with AA');
    rest = rest.subarray(bytes + 1);
    return values;
  });
  if (rest.length > 0) throw protocolError('frame.bad_length', `${rest.length} bytes after the six classes`);
  return { time: typeof time === 'string' ? time : null, classes };
}

/** The meter's side. @throws frame.bad_value when the values are not those of the class */
export function encodeLoadRecord({ time, classes }: LoadRecord): Uint8Array {
  const body = LOAD_CLASSES.map((fields, at) => {
    const values = classes[at] ?? null;
    const end = Uint8Array.of(CLASS_END);
    return values === null ? end : concatBytes(encodeValue(asRecord(fields), values), end);
  });
  const contents = concatBytes(encodeValue(MINUTE, time), ...body);
  const checked = concatBytes(Uint8Array.of(HEAD, HEAD, contents.length), contents);
  return concatBytes(checked, Uint8Array.of(sum(checked), END));
}
