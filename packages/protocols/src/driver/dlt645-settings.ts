import { formatDecimal, parseDecimal } from '@openprepay/kernel';
import { encodeData } from '../dlt645/data.ts';
import { DATA_ID } from '../dlt645/data-ids.ts';
import { decodeRunStatus, type RunStatus } from '../dlt645/status-words.ts';
import type { DataValue } from '../dlt645/value.ts';
import { isProtocolError, protocolError } from '../errors.ts';
import { readClock, writeClock } from './dlt645-clock.ts';
import { type Asked, asked, readItems, readValue, unlessRefused, writeData } from './dlt645-exchange.ts';
import { orderRelay } from './dlt645-relay.ts';
import type { Dialogue, SettingDialogues, SettingKind } from './driver.ts';

const KEEP_ORDER_MINUTES = 60;
/** XXXX.XXXX yuan/kWh. */
const PRICE_DECIMALS = 4;
const PRICE_SET_1 = '040501';
const PRICE_BLOCK = `${PRICE_SET_1}FF`;

export function* readRunStatus(meter: Asked): Dialogue<RunStatus> {
  const word = yield* readValue(meter, DATA_ID.runStatus);
  if (typeof word !== 'number') throw protocolError('frame.bad_payload', 'no status word 3');
  return decodeRunStatus(word);
}

const priceId = (tariff: number): string => `${PRICE_SET_1}${tariff.toString(16).toUpperCase().padStart(2, '0')}`;

const present = (value: DataValue): bigint => {
  if (typeof value === 'bigint') return value;
  throw protocolError('frame.bad_payload', 'the meter has no such value');
};

/** @throws frame.bad_value when a price is none, or has more digits than the meter keeps */
function priceCounts(price: string): bigint {
  try {
    return parseDecimal(price, PRICE_DECIMALS);
  } catch (error) {
    if (isProtocolError(error)) throw error;
    throw protocolError('frame.bad_value', `the meter keeps a price to ${PRICE_DECIMALS} decimals`, { price });
  }
}

function* readPrices(meter: Asked): Dialogue<bigint[]> {
  const { tariffs } = meter.model;
  const block = yield* unlessRefused(readItems(meter, PRICE_BLOCK));
  if (block !== null) return block.slice(0, tariffs).map(({ value }) => present(value));
  const prices: bigint[] = [];
  for (let tariff = 1; tariff <= tariffs; tariff++) prices.push(present(yield* readValue(meter, priceId(tariff))));
  return prices;
}

const writeNumber = (meter: Asked, dataId: string, value: bigint): Dialogue<void> =>
  writeData(meter, dataId, encodeData('2007', dataId, [value]));

type Settings = { readonly [K in SettingKind]: SettingDialogues<K> };

/** The settings of the 2007 edition; of them that of 1997 has the clock only. */
export const SETTINGS: Settings = {
  keep_power: {
    *write(point, { on }) {
      const meter = asked(point);
      const shown = yield* readClock(meter);
      if (shown === null) throw protocolError('frame.bad_payload', 'the meter has no clock to time the order by');
      yield* orderRelay(meter, on ? 'keep_power' : 'keep_power_off', shown, KEEP_ORDER_MINUTES);
    },
    *readBack(point) {
      return { on: (yield* readRunStatus(asked(point))).keepPower };
    },
  },

  clock: {
    write: (point, { local }) => writeClock(asked(point), local),
    *readBack(point) {
      const local = yield* readClock(asked(point));
      if (local === null) throw protocolError('frame.bad_payload', 'the meter shows no possible time');
      return { local };
    },
  },

  price_table: {
    *write(point, { prices }) {
      const meter = asked(point);
      if (prices.length !== meter.model.tariffs) {
        throw protocolError('frame.bad_value', `a price for each of ${meter.model.tariffs} tariffs`);
      }
      const counts = prices.map(priceCounts);
      for (const [at, price] of counts.entries()) yield* writeNumber(meter, priceId(at + 1), price);
    },
    *readBack(point) {
      const prices = yield* readPrices(asked(point));
      return { prices: prices.map((price) => formatDecimal(price, PRICE_DECIMALS)) };
    },
  },

  alarm_amounts: {
    *write(point, { alarm1Fen, alarm2Fen }) {
      const meter = asked(point);
      yield* writeNumber(meter, DATA_ID.alarmAmount1, BigInt(alarm1Fen));
      yield* writeNumber(meter, DATA_ID.alarmAmount2, BigInt(alarm2Fen));
    },
    *readBack(point) {
      const meter = asked(point);
      const alarm1 = present(yield* readValue(meter, DATA_ID.alarmAmount1));
      const alarm2 = present(yield* readValue(meter, DATA_ID.alarmAmount2));
      return { alarm1Fen: Number(alarm1), alarm2Fen: Number(alarm2) };
    },
  },
};
