import { toHex } from '@openprepay/kernel';
import { type MeterModel, protocolError } from '@openprepay/protocols';
import {
  decodeLiveBlock,
  decodeSwitchRegisters,
  LIVE_BLOCK,
  type LiveBlock,
  SWITCH_REGISTERS,
  switchWrite,
} from '@openprepay/protocols/acrel1352';
import type { Ask, Dialogue, MeterDriver, MeterReading } from '@openprepay/protocols/driver';
import {
  answers,
  decodeReply,
  encodeRequest,
  type ModbusReply,
  type ModbusRequest,
} from '@openprepay/protocols/modbus';

function* exchange(request: ModbusRequest): Dialogue<ModbusReply | null> {
  const ask: Ask = {
    request: encodeRequest(request),
    write: request.kind !== 'read',
    fits: (frame) => answers(request, decodeReply(frame)),
  };
  const frame = yield ask;
  const reply = frame.length === 0 ? null : decodeReply(frame);
  if (reply?.kind === 'exception') throw protocolError('meter.refused', 'exception', { code: reply.exceptionCode });
  return reply;
}

function* registers(unit: number, block: { start: number; quantity: number }): Dialogue<Uint8Array> {
  const reply = yield* exchange({ kind: 'read', unit, ...block });
  if (reply?.kind !== 'read') throw protocolError('frame.bad_payload', 'no registers');
  return reply.data;
}

export function readingOfLiveBlock(block: LiveBlock): MeterReading {
  const { sharp, peak, flat, valley, deepValley } = block.tariffsWh;
  return {
    total: block.totalWh,
    tariffs: [sharp, peak, flat, valley, deepValley],
    clock: block.clock,
    switchState: block.switchState,
    batteryLow: null,
    details: [],
  };
}

const modbus: MeterDriver = {
  protocol: 'modbus',
  createStream: () => ({
    push: (chunk) => [{ message: toHex(chunk), frame: chunk }],
    bufferedBytes: 0,
    skippedBytes: 0,
    rejectedFrames: 0,
    reset() {},
  }),
  parseAddress: Number,
  *read({ address }) {
    return readingOfLiveBlock(decodeLiveBlock(yield* registers(Number(address), LIVE_BLOCK)));
  },
  *writeSwitch({ address }, wanted) {
    yield* exchange(switchWrite(wanted, Number(address)));
  },
  *readSwitch({ address }) {
    const { forced, state } = decodeSwitchRegisters(yield* registers(Number(address), SWITCH_REGISTERS));
    const block = decodeLiveBlock(yield* registers(Number(address), LIVE_BLOCK));
    if (block.switchState === 'fault' || (forced && state === block.switchState)) return block.switchState;
    return 'not_held';
  },
  // biome-ignore lint/correctness/useYield: nothing to ask
  *readFrozen() {
    return [];
  },
  setting: () => null,
};

export const driverOf = (_model: MeterModel): MeterDriver => modbus;
