import { toHex } from '@openprepay/kernel';
import { type Cjt188Frame, CONTROL, createCjt188Stream, decodeFrame, encodeFrame } from '../cjt188/frame.ts';
import { clockRequest, decodeMetering, type Metering, readRequest } from '../cjt188/water.ts';
import { protocolError } from '../errors.ts';
import type { Cjt188Model, Cjt188Profile } from '../models/index.ts';
import type { Dialogue, MeterDriver, MeterPoint, SettingDialogues, SettingKind } from './driver.ts';
import { allows, fitting, modelOf, mustSwitch } from './support.ts';

/** @throws meter.bad_address */
function parseMeterNumber(address: string): string {
  if (!/^\d{14}$/.test(address)) {
    throw protocolError('meter.bad_address', 'a CJ/T 188 address is the meter number of 14 digits, the maker first', {
      address: address.slice(0, 32),
    });
  }
  return address;
}

const MOST_SERIES = 0xff;
let lastSeries = 0;
/** Every question has another SER than those before it, so that a late answer shows. */
const nextSeries = (): number => {
  lastSeries = (lastSeries % MOST_SERIES) + 1;
  return lastSeries;
};

/** From the meter asked, to this function and series, and of the same data id; an error reply has none. */
function answers(request: Cjt188Frame, reply: Cjt188Frame): boolean {
  const isAnswer = reply.control === (request.control | CONTROL.reply) && reply.dataId === request.dataId;
  const isRefusal = reply.control === (request.control | CONTROL.reply | CONTROL.error);
  return (isAnswer || isRefusal) && reply.address === request.address && reply.series === request.series;
}

/** Null where the link acknowledged by itself. @throws meter.refused */
function* exchange(request: Cjt188Frame, { preambleBytes }: Cjt188Profile): Dialogue<Cjt188Frame | null> {
  const frame = yield {
    request: encodeFrame(request, preambleBytes),
    write: request.control !== CONTROL.read,
    fits: fitting((answer) => answers(request, decodeFrame(answer))),
  };
  const reply = frame.length === 0 ? null : decodeFrame(frame);
  if (reply !== null && reply.control & CONTROL.error) {
    throw protocolError('meter.refused', `status ${toHex(reply.data)}`, { status: toHex(reply.data) });
  }
  return reply;
}

function* readMetering(point: MeterPoint, { profile }: Cjt188Model): Dialogue<Metering> {
  const reply = yield* exchange(readRequest(parseMeterNumber(point.address), nextSeries(), profile), profile);
  if (reply === null) throw protocolError('frame.bad_payload', 'a read was acknowledged and not answered');
  return decodeMetering(reply.data);
}

/** The two low bits of ST, as this maker means them. */
function valveOf({ status }: Cjt188Profile, { statusRaw }: Metering): 'on' | 'off' | 'fault' {
  const position = Number.parseInt(statusRaw.slice(0, 2), 16) & 0b11;
  if (position === status.open) return 'on';
  return position === status.closed ? 'off' : 'fault';
}

const clock: SettingDialogues<'clock'> = {
  *write(point, { local }) {
    const { profile } = modelOf('cjt188', point);
    yield* exchange(clockRequest(parseMeterNumber(point.address), local, nextSeries(), profile), profile);
  },
  *readBack(point) {
    const metering = yield* readMetering(point, modelOf('cjt188', point));
    if (metering.clock === null) throw protocolError('frame.bad_payload', 'the meter shows no possible time');
    return { local: metering.clock };
  },
};

const SETTINGS: { readonly [K in SettingKind]: SettingDialogues<K> | null } = {
  keep_power: null,
  clock,
  price_table: null,
  alarm_amounts: null,
};

/** Water meters of CJ/T 188 on a wire. */
export const cjt188Driver: MeterDriver = {
  protocol: 'cjt188',
  createStream: createCjt188Stream,
  parseAddress: parseMeterNumber,

  *read(point) {
    const model = modelOf('cjt188', point);
    const metering = yield* readMetering(point, model);
    return {
      total: metering.currentLitres,
      tariffs: null,
      clock: metering.clock,
      switchState: model.switch === null ? null : valveOf(model.profile, metering),
      batteryLow: metering.batteryLow,
      details: [{ name: 'status', value: metering.statusRaw, unit: '' }],
    };
  },

  *writeSwitch(point, wanted) {
    mustSwitch(point);
    const { profile } = modelOf('cjt188', point);
    const order: Cjt188Frame = {
      meterType: profile.meterType,
      dataIdOrder: profile.dataIdOrder,
      address: parseMeterNumber(point.address),
      control: CONTROL.write,
      dataId: 'A017',
      series: nextSeries(),
      data: Uint8Array.of(profile.valve[wanted]),
    };
    yield* exchange(order, profile);
  },

  /** The valve of a battery meter moves for up to a minute, and until then its status is the old one. */
  *readSwitch(point) {
    const model = modelOf('cjt188', point);
    return valveOf(model.profile, yield* readMetering(point, model));
  },

  // biome-ignore lint/correctness/useYield: months are all that such meters keep, so nothing is asked
  *readFrozen() {
    return [];
  },

  setting(point, kind) {
    return allows(point, kind) ? SETTINGS[kind] : null;
  },
};
