import type { MeterModel } from '@openprepay/protocols';
import {
  type Cjt188Frame,
  CONTROL,
  DATA_ID,
  decodeClock,
  decodeFrame,
  encodeFrame,
  readReply,
  valveReply,
} from '@openprepay/protocols/cjt188';
import { NOON, noFaults, type VirtualMeter } from './virtual-meter.ts';

/** A water meter with a valve that has moved before it answers. */
export function virtualCjt188(model: Extract<MeterModel, { driver: 'cjt188' }>, address: string): VirtualMeter {
  const { profile } = model;
  const meter: VirtualMeter = {
    point: { model, address, access: { unverified: 'allowed' } },
    total: 12_340n,
    clock: NOON,
    switchState: 'on',
    frozen: [],
    faults: noFaults(),
    answer(bytes) {
      const request = decodeFrame(bytes);
      if (request.address !== address) return null;
      return encodeFrame(meter.faults.refuses ? refusalOf(request) : replyTo(request));
    },
  };

  const status = () => {
    const bits = meter.switchState === 'on' ? profile.status.open : profile.status.closed;
    const valve = (['on', 'off', 'fault', 'fault'] as const)[bits] ?? 'fault';
    return { valve, batteryLow: false, statusRaw: `0${bits}00` };
  };

  function replyTo(request: Cjt188Frame): Cjt188Frame {
    if (request.control === CONTROL.read && request.dataId === DATA_ID.metering) {
      const metering = { currentLitres: meter.total, settlementLitres: 0n, clock: meter.clock, ...status() };
      const reply = readReply(request, metering);
      return meter.faults.absurdClock ? { ...reply, data: withAbsurdClock(reply.data) } : reply;
    }
    if (request.dataId === DATA_ID.valve) {
      meter.switchState = request.data[0] === profile.valve.on ? 'on' : 'off';
      return valveReply(request, status());
    }
    if (request.dataId === DATA_ID.clock) {
      meter.clock = decodeClock(request.data) ?? meter.clock;
      return valveReply(request, status());
    }
    return refusalOf(request);
  }

  return meter;
}

const MONTH_AT = 14;
const withAbsurdClock = (data: Uint8Array): Uint8Array => data.with(MONTH_AT, 0x13);

const refusalOf = (request: Cjt188Frame): Cjt188Frame => ({
  ...request,
  control: request.control | CONTROL.reply | CONTROL.error,
  dataId: null,
  data: Uint8Array.of(0, 1),
});
