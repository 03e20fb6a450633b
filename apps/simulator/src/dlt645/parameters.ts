import { fromHex, toHex } from '@openprepay/kernel';
import { bcd, bcdLowFirst, fromBcdLowFirst } from '../bcd.ts';
import { FACTORY_DAY, type Slot } from '../tariffs.ts';

/** What can be written to the meter and is given back as it was written: hexadecimal, as on the wire, by data id. */
export type ParameterMemory = Readonly<Record<string, string>>;

const ALARM_AMOUNT_1 = '04001001';
const ALARM_AMOUNT_2 = '04001002';
const PRICES = '040501';
const SPARE_PRICES = '040502';
const PRICE_COUNT = 4;
const PRICE_BYTES = 4;
export const DAY_TABLE = '04010001';
const SLOT_BYTES = 3;
const SLOTS_MOST = 14;
const BLOCK = 'FF';

/** Bytes of each single parameter; the day table has as many slots as are written. */
const SIZES: Readonly<Record<string, number>> = {
  '04000104': 1,
  '04000106': 5,
  '04000107': 5,
  '04000108': 5,
  '04000109': 5,
  '04000306': 3,
  '04000307': 3,
  '0400040E': 6,
  [ALARM_AMOUNT_1]: 4,
  [ALARM_AMOUNT_2]: 4,
  '04001003': 4,
  '04001004': 4,
  '04001005': 4,
  '04001201': 5,
  '04001202': 1,
  '04001203': 2,
  '04001401': 2,
};

const priceIds = (set: string): readonly string[] =>
  Array.from({ length: PRICE_COUNT }, (_, i) => `${set}${String(i + 1).padStart(2, '0')}`);
const PRICE_IDS: ReadonlySet<string> = new Set([...priceIds(PRICES), ...priceIds(SPARE_PRICES)]);

/** The meter's settings: prices, alarm amounts, day table, and a few that it only keeps. */
export class Parameters {
  #values: Record<string, string>;

  constructor(memory: ParameterMemory) {
    this.#values = { ...memory };
  }

  static factory(ctRatio: number): ParameterMemory {
    return {
      '04000104': '01',
      '04000306': toHex(Uint8Array.from(bcdLowFirst(ctRatio, 3))),
      '04000307': '010000',
      [ALARM_AMOUNT_1]: '00000000',
      [ALARM_AMOUNT_2]: '00000000',
      '04001203': '0000',
      [DAY_TABLE]: toHex(dayBytes(FACTORY_DAY)),
      ...Object.fromEntries([...PRICE_IDS].map((id) => [id, '00000000'])),
    };
  }

  get memory(): ParameterMemory {
    return this.#values;
  }

  /** Null where the meter has no such setting. */
  read(dataId: string): Uint8Array | null {
    const set = blockOf(dataId);
    const ids = set === null ? [dataId] : priceIds(set);
    if (!ids.every((id) => id in this.#values)) return null;
    return fromHex(ids.map((id) => this.#values[id]).join(''));
  }

  /** False where the meter has no such setting, or the value cannot be one. */
  write(dataId: string, data: Uint8Array): boolean {
    const set = blockOf(dataId);
    if (set !== null) {
      if (data.length === 0 || data.length % PRICE_BYTES !== 0 || data.length > PRICE_COUNT * PRICE_BYTES) return false;
      return priceIds(set)
        .slice(0, data.length / PRICE_BYTES)
        .every((id, i) => this.write(id, data.slice(i * PRICE_BYTES, (i + 1) * PRICE_BYTES)));
    }
    const fits = dataId === DAY_TABLE ? slotsOf(data) !== null : data.length === sizeOf(dataId);
    if (!fits || fromBcdLowFirst(data) === null) return false;
    this.#values[dataId] = toHex(data);
    return true;
  }

  /** How the day is divided by now. */
  get day(): readonly Slot[] {
    return slotsOf(fromHex(this.#values[DAY_TABLE] ?? '')) ?? FACTORY_DAY;
  }
}

const sizeOf = (dataId: string): number | undefined => (PRICE_IDS.has(dataId) ? PRICE_BYTES : SIZES[dataId]);

function blockOf(dataId: string): string | null {
  const set = dataId.slice(0, -2);
  return dataId.endsWith(BLOCK) && (set === PRICES || set === SPARE_PRICES) ? set : null;
}

/** Slots of `NN mm hh`. */
const dayBytes = (day: readonly Slot[]): Uint8Array =>
  Uint8Array.from(day.flatMap(({ minute, tariff }) => [tariff, bcd(minute % 60), bcd(Math.floor(minute / 60))]));

/** Null where these bytes divide no day. */
function slotsOf(data: Uint8Array): readonly Slot[] | null {
  const count = data.length / SLOT_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > SLOTS_MOST) return null;
  const slots: Slot[] = [];
  for (let i = 0; i < count; i++) {
    const [tariff, minute, hour] = [0, 1, 2].map((at) => fromBcdLowFirst(data.slice(3 * i + at, 3 * i + at + 1)));
    if (tariff == null || minute == null || hour == null) return null;
    if (tariff < 1 || tariff > 4 || minute > 59 || hour > 23) return null;
    slots.push({ minute: 60 * hour + minute, tariff });
  }
  return slots;
}
