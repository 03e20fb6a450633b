import {
  type Cjt188Frame,
  CONTROL,
  createCjt188Stream,
  DATA_ID,
  decodeReadReply,
  encodeFrame,
  readRequest,
  valveRequest,
} from '@openprepay/protocols/cjt188';
import type { MeterReading } from '@openprepay/protocols/driver';

/** What a device said through a platform. */
export interface NbUp {
  /** Its own bytes, where the product is transparent. */
  readonly payload: Uint8Array | null;
  /** The values that the platform made of them, where it has a profile. */
  readonly profile: Readonly<Record<string, unknown>> | null;
  readonly serviceId: string | null;
}

/** What a device is told through a platform. */
export type NbDown =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'service'; readonly identifier: string; readonly params: Readonly<Record<string, unknown>> };

/** One thing that a payload says. `address` is null where the device is the meter. */
export interface NbSaid {
  readonly address: string | null;
  readonly reading: MeterReading | null;
  /** The series of the order it answers; null when it answers none. */
  readonly answers: number | null;
  readonly bytes: Uint8Array;
}

/** How the payloads of one kind of meter are read and written. */
export interface NbCodec {
  /** Under which the bytes are kept and decoded. */
  readonly protocol: string;
  /** Everything the payload says; empty when it says nothing that is understood. */
  read(up: NbUp): NbSaid[];
  switchOrder(address: string, wanted: 'on' | 'off', series: number): NbDown;
  /** Asks for a report; null where the meter cannot be asked. */
  readOrder(address: string, series: number): NbDown | null;
}

const cjt188: NbCodec = {
  protocol: 'cjt188',
  read: ({ payload }) =>
    payload === null
      ? []
      : createCjt188Stream()
          .push(payload)
          .map(({ message, frame }) => saidBy(message, frame)),
  switchOrder: (address, wanted, series) => ({
    kind: 'bytes',
    bytes: encodeFrame(valveRequest(address, wanted, series)),
  }),
  readOrder: (address, series) => ({ kind: 'bytes', bytes: encodeFrame(readRequest(address, series)) }),
};

function saidBy(message: Cjt188Frame, bytes: Uint8Array): NbSaid {
  const isAnswer = message.control === (CONTROL.write | CONTROL.reply) && message.dataId === DATA_ID.valve;
  return { address: message.address, reading: readingOf(message), answers: isAnswer ? message.series : null, bytes };
}

function readingOf(message: Cjt188Frame): MeterReading | null {
  try {
    const { currentLitres, clock, valve, batteryLow } = decodeReadReply(message);
    return { total: currentLitres, tariffs: null, clock, switchState: valve, batteryLow, details: [] };
  } catch {
    return null;
  }
}

const CODECS: Readonly<Record<string, NbCodec>> = { cjt188 };

export const codecOf = (name: string): NbCodec | null => CODECS[name] ?? null;
