import { formatDecimal } from '@openprepay/kernel';
import { type Cjt188Frame, CONTROL, createCjt188Stream, encodeFrame } from '../cjt188/frame.ts';
import {
  type Cjt188Habits,
  COLD_WATER,
  DATA_ID,
  decodeReadReply,
  type Metering,
  readRequest,
  valveRequest,
} from '../cjt188/water.ts';
import type { MeterReading } from '../driver/driver.ts';
import { isProtocolError, protocolError } from '../errors.ts';
import type { NbCodec, NbMessage } from './codec.ts';

const ADDRESS = /^\d{14}$/;

/** CJ/T 188 frames, passed through by the platform as they are; several in one payload, and noise between, are allowed. */
export const cjt188Codec = (name: string, habits: Cjt188Habits): NbCodec => ({
  name,
  protocol: 'cjt188',
  decodeReport(payload) {
    const frames = payload instanceof Uint8Array ? createCjt188Stream().push(payload) : [];
    if (frames.length === 0) throw protocolError('frame.unknown_shape', 'no CJ/T 188 frame in the payload');
    return frames.map(({ message, frame }) => ({ address: message.address, frame, ...contentsOf(message) }));
  },
  encodeValve: (address, wanted, sequence) => ({
    kind: 'bytes',
    bytes: encodeFrame(valveRequest(checked(address), wanted, sequence, habits)),
  }),
  encodeRead: (address, sequence) => ({
    kind: 'bytes',
    bytes: encodeFrame(readRequest(checked(address), sequence, habits)),
  }),
});

/** Both orders of the data id occur in real meters; either is understood, and each is answered only in its own. */
export const CJT188_CODECS: readonly NbCodec[] = [
  cjt188Codec('cjt188', COLD_WATER),
  cjt188Codec('cjt188-lsb-first', { ...COLD_WATER, dataIdOrder: 'lsb-first' }),
];

function checked(address: string): string {
  if (!ADDRESS.test(address))
    throw protocolError('meter.bad_address', 'an address of 14 digits', { address: address.slice(0, 32) });
  return address;
}

type Contents =
  | { readonly kind: 'reading'; readonly reading: MeterReading }
  | { readonly kind: 'valve_answer'; readonly sequence: number }
  | Pick<Extract<NbMessage, { kind: 'other' }>, 'kind' | 'refused'>;

function contentsOf(frame: Cjt188Frame): Contents {
  const { control, dataId, series } = frame;
  if (control === (CONTROL.write | CONTROL.reply) && dataId === DATA_ID.valve)
    return { kind: 'valve_answer', sequence: series };
  if (control !== (CONTROL.read | CONTROL.reply) || dataId !== DATA_ID.metering)
    return { kind: 'other', refused: null };
  try {
    return { kind: 'reading', reading: readingOf(decodeReadReply(frame)) };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { kind: 'other', refused: error.code };
  }
}

const readingOf = (metering: Metering): MeterReading => ({
  total: metering.currentLitres,
  tariffs: null,
  clock: metering.clock,
  switchState: metering.valve,
  batteryLow: metering.batteryLow,
  details: [
    { name: 'settlement_day_total', value: formatDecimal(metering.settlementLitres, 3), unit: 'm³' },
    { name: 'status', value: metering.statusRaw, unit: '' },
  ],
});
