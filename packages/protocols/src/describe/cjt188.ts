import { formatDecimal, toHex } from '@openprepay/kernel';
import { type Cjt188Frame, CONTROL, decodeFrame } from '../cjt188/frame.ts';
import { DATA_ID, decodeMetering, decodeStatus, decodeValveRequest, type MeterStatus } from '../cjt188/water.ts';
import { formatWallClock } from '../wall-clock.ts';
import { type Description, describe, type Fields, hexOf, measured, orRefused } from './description.ts';

const METER_TYPES: Readonly<Record<number, string>> = {
  16: 'cold water',
  17: 'hot water',
  18: 'drinking water',
  19: 'grey water',
  32: 'heat',
  33: 'cooling',
  48: 'gas',
  64: 'electricity',
  170: 'any',
};

const CONTROLS: Readonly<Record<number, string>> = {
  1: 'read data',
  3: 'read address',
  4: 'write data',
  9: 'read key version',
  21: 'write address',
  22: 'set base reading',
};

const DATA_IDS: Readonly<Record<string, string>> = {
  '901F': 'metering data',
  '8102': 'price table',
  '8103': 'settlement day',
  '8104': 'meter reading day',
  '8105': 'purchased amount',
  '8106': 'key version',
  '810A': 'address',
  A010: 'write price table',
  A011: 'write settlement day',
  A012: 'write meter reading day',
  A013: 'write purchased amount',
  A014: 'write key',
  A015: 'write clock',
  A016: 'write base reading',
  A017: 'valve',
  A018: 'write address',
  A019: 'enable factory settings',
};

export function describeCjt188(bytes: Uint8Array): Description {
  const frame = decodeFrame(bytes);
  const fromMeter = (frame.control & CONTROL.reply) !== 0;
  const refused = (frame.control & CONTROL.error) !== 0;
  const what = CONTROLS[frame.control & ~(CONTROL.reply | CONTROL.error)] ?? 'vendor function';
  const controlMeaning = fromMeter ? `${refused ? 'error reply' : 'reply'} to: ${what}` : what;
  const dataIdMeaning = frame.dataId === null ? null : dataIdWords(frame.dataId);
  const about = [controlMeaning, ...(dataIdMeaning === null ? [] : [dataIdMeaning])].join(', ');
  return describe('cjt188', `meter ${frame.address}: ${about}`, {
    direction: fromMeter ? 'from the meter' : 'to the meter',
    meterType: hexOf(frame.meterType),
    meterTypeMeaning: METER_TYPES[frame.meterType] ?? 'unknown',
    address: frame.address,
    control: hexOf(frame.control),
    controlMeaning,
    dataId: frame.dataId,
    dataIdMeaning,
    dataIdOrder: frame.dataId === null ? null : frame.dataIdOrder,
    series: hexOf(frame.series),
    data: toHex(frame.data),
    ...orRefused(() => contentsOf(frame)),
  });
}

function contentsOf(frame: Cjt188Frame): Fields {
  const { control, dataId, data } = frame;
  if (dataId === null) return { status: toHex(data) };
  if (control === (CONTROL.read | CONTROL.reply) && dataId === DATA_ID.metering) return meteringFields(data);
  if (control === CONTROL.write && dataId === DATA_ID.valve) {
    const open = decodeValveRequest(frame) === 'on';
    return { valve: hexOf(data[0] ?? 0), valveMeaning: open ? 'open (supply on)' : 'close (supply off)' };
  }
  if (control === (CONTROL.write | CONTROL.reply) && dataId === DATA_ID.valve) return statusFields(decodeStatus(data));
  return {};
}

function meteringFields(data: Uint8Array): Fields {
  const metering = decodeMetering(data);
  return {
    current: cubicMetres(metering.currentLitres),
    settlement: cubicMetres(metering.settlementLitres),
    clock: metering.clock && formatWallClock(metering.clock),
    ...statusFields(metering),
  };
}

const cubicMetres = (volumeLitres: bigint) => measured(formatDecimal(volumeLitres / 10n, 2), 'm³');

function statusFields({ valve, batteryLow, statusRaw }: MeterStatus): Fields {
  const valveMeaning = { on: 'open (supply on)', off: 'closed (supply off)', fault: 'abnormal' }[valve];
  return { valve, valveMeaning, battery: batteryLow ? 'low' : 'good', status: statusRaw };
}

function dataIdWords(dataId: string): string {
  if (/^D12[0-9AB]$/.test(dataId)) return `settled volume, ${Number.parseInt(dataId.slice(3), 16) + 1} settlements ago`;
  return DATA_IDS[dataId] ?? 'unknown data id';
}
