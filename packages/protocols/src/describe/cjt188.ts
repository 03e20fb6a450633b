import { formatDecimal, toHex } from '@openprepay/kernel';
import { decodeContents, findDataId } from '../cjt188/data-ids.ts';
import { type Cjt188Frame, CONTROL, decodeFrame } from '../cjt188/frame.ts';
import { DATA_ID, decodeMetering, decodeStatus, decodeValveRequest, type MeterStatus } from '../cjt188/water.ts';
import { formatWallClock } from '../wall-clock.ts';
import { type Description, describe, type Fields, hexOf, measured, orRefused } from './description.ts';
import { valueWords } from './dlt645.ts';

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
  const { format, value, tail } = decodeContents(frame);
  return { ...(format && { contents: valueWords(format, value) }), ...(tail === '' ? {} : { tail }) };
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

const dataIdWords = (dataId: string): string => findDataId(dataId)?.name ?? 'unknown data id';
