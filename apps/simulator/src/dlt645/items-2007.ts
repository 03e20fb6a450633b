import { bcdLowFirst } from '../bcd.ts';
import { TARIFFS } from '../tariffs.ts';
import type { Face, Switching } from './face.ts';
import type { Freeze, Occasion } from './freezes.ts';
import { loadRecords, type RecordsAsked } from './load-records.ts';
import {
  addressBytes,
  dateBytes,
  energiesOf,
  energyBytes,
  localOf,
  measured,
  minuteBytes,
  QUANTITIES,
  secondBytes,
  statusWord3,
  timeBytes,
} from './values.ts';

const GRID_CENTIHERTZ = 5_000;
const INSIDE_DECICELSIUS = 289;
const PULSES_PER_KWH = 1_200;
const STATUS_WORDS = 7;
const OCCASIONS: Readonly<Record<string, Occasion>> = { '04': 'hourly', '06': 'daily', '01': 'ordered' };

/** The data of an id of the 2007 edition; null where this meter has none. */
export function dataOf2007(face: Face, dataId: string, asked: RecordsAsked): Uint8Array | null {
  const group = dataId.slice(0, 2);
  const bytes =
    group === '00'
      ? energy(face, dataId)
      : group === '02'
        ? variable(face, dataId)
        : group === '05'
          ? freeze(face, dataId)
          : group === '06'
            ? loadRecords(face, dataId, asked)
            : parameter(face, dataId);
  return bytes && Uint8Array.from(bytes);
}

/** 0000 combined and 0001 import are the same to a meter that nothing flows back through; 0002 export is zero. */
function energy({ ticks }: Face, dataId: string): number[] | null {
  const [, direction, tariff] = /^00(0[012])(..)00$/.exec(dataId) ?? [];
  if (direction === undefined || tariff === undefined) return null;
  const values = direction === '02' ? energiesOf(ticks).fill(0) : energiesOf(ticks);
  if (tariff === 'FF') return values.flatMap(energyBytes);
  const value = values[Number.parseInt(tariff, 16)];
  return value === undefined ? null : energyBytes(value);
}

function variable({ phases, electrical }: Face, dataId: string): number[] | null {
  if (dataId === '02800002') return bcdLowFirst(GRID_CENTIHERTZ, 2);
  if (dataId === '02800007') return bcdLowFirst(INSIDE_DECICELSIUS, 2);
  const quantity = QUANTITIES[dataId.slice(0, 4)];
  return quantity && dataId.endsWith('00') ? measured(quantity, dataId.slice(4, 6), phases, electrical) : null;
}

function parameter(face: Face, dataId: string): Iterable<number> | null {
  const { clock, relay } = face;
  const [, word] = /^040005(0[1-7]|FF)$/.exec(dataId) ?? [];
  if (word !== undefined) return statusWords(face, word);
  switch (dataId) {
    case '04000101':
      return dateBytes(clock);
    case '04000102':
      return timeBytes(clock);
    case '0400010C':
      return [...timeBytes(clock), ...dateBytes(clock)];
    case '04000204':
      return [TARIFFS.length];
    case '04000401':
    case '04000402':
      return addressBytes(face.address);
    case '04000409':
      return bcdLowFirst(PULSES_PER_KWH, 3);
    case '1D000001':
      return relay && bcdLowFirst(relay.tripCount, 3);
    case '1E000001':
      return relay && bcdLowFirst(relay.closeCount, 3);
    default:
      return relayRecord(face, dataId) ?? face.parameters.read(dataId);
  }
}

function statusWords({ relay }: Face, which: string): number[] {
  const words = Array.from({ length: STATUS_WORDS }, (_, i) => (i === 2 ? statusWord3(relay) : [0, 0]));
  return which === 'FF' ? words.flat() : (words[Number(which) - 1] ?? []);
}

/** 1D0001nn the trips and 1E0001nn the closings, the last one first: when, who, and the register then. */
function relayRecord({ relay, zone }: Face, dataId: string): number[] | null {
  const [, deed, nth] = /^1([DE])0001(..)$/.exec(dataId) ?? [];
  if (!relay || nth === undefined) return null;
  const records: readonly Switching[] = deed === 'D' ? relay.trips : relay.closes;
  const record = records[Number.parseInt(nth, 16) - 1];
  if (!record) return null;
  const operator = (record.operator.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse();
  return [...secondBytes(localOf(record.clockMs, zone)), ...operator, ...energyBytes(record.totalTicks)];
}

/** 05 occasion content number: content 00 the time, 01 import energy. Hourly freezes have the total only. */
function freeze({ freezes, zone }: Face, dataId: string): number[] | null {
  const [, which = '', content, number = ''] = /^05(..)(00|01)(..)$/.exec(dataId) ?? [];
  const occasion = OCCASIONS[which];
  const kept: Freeze | null = occasion ? freezes.get(occasion, Number.parseInt(number, 16)) : null;
  if (!kept) return null;
  if (content === '00') return minuteBytes(localOf(kept.clockMs, zone));
  return occasion === 'hourly' ? energyBytes(kept.ticks.total) : energiesOf(kept.ticks).flatMap(energyBytes);
}
