import { readFields } from '../acrel1352/registers.ts';
import { protocolError } from '../errors.ts';
import { EXCEPTION, type ModbusReply, type ModbusRequest } from '../modbus/messages.ts';
import { answers, decodeReply } from '../modbus/reply.ts';
import { encodeRequest } from '../modbus/request.ts';
import { createModbusLineStream } from '../modbus/stream.ts';
import type { MeterModel, ModbusModel, RegisterBlock } from '../models/index.ts';
import type { Dialogue, MeterDriver, MeterPoint, MeterReading } from './driver.ts';
import { type RegisterValues, readingOf, relayState, valuesOf } from './registers.ts';
import { fitting, modelOf, mustSwitch } from './support.ts';

const FIRST_UNIT = 1;
const LAST_UNIT = 247;

/** @throws meter.bad_address */
function parseUnit(address: string): number {
  const unit = /^\d{1,3}$/.test(address) ? Number(address) : 0;
  if (unit < FIRST_UNIT || unit > LAST_UNIT) {
    throw protocolError('meter.bad_address', 'a Modbus address is a number from 1 to 247', {
      address: address.slice(0, 32),
    });
  }
  return unit;
}

function* exchange(request: ModbusRequest): Dialogue<ModbusReply | null> {
  const frame = yield {
    request: encodeRequest(request),
    write: request.kind !== 'read',
    fits: fitting((answer) => answers(request, decodeReply(answer))),
  };
  const reply = frame.length === 0 ? null : decodeReply(frame);
  if (reply?.kind === 'exception') {
    const { exceptionCode } = reply;
    throw protocolError('meter.refused', EXCEPTION[exceptionCode] ?? `exception ${exceptionCode}`, { exceptionCode });
  }
  return reply;
}

function* readRegisters(point: MeterPoint, { start, quantity }: RegisterBlock): Dialogue<Uint8Array> {
  const reply = yield* exchange({ kind: 'read', unit: parseUnit(point.address), start, quantity });
  if (reply?.kind !== 'read') throw protocolError('frame.bad_payload', 'no registers in the answer');
  return reply.data;
}

function* readBlocks(point: MeterPoint, blocks: readonly RegisterBlock[]): Dialogue<RegisterValues> {
  const data: Uint8Array[] = [];
  for (const block of blocks) data.push(yield* readRegisters(point, block));
  return valuesOf(blocks, data);
}

const relayOf = ({ model, profile }: ModbusModel) => {
  if (profile.relay === null) throw protocolError('meter.not_supported', `${model} has no relay`);
  return profile.relay;
};

/** Meters that keep their values in Modbus registers. The wire is RTU. */
export const modbusDriver: MeterDriver = {
  protocol: 'modbus',
  createStream: createModbusLineStream,
  parseAddress: parseUnit,

  *read(point) {
    const model = modelOf('modbus', point);
    return readingOf(model, yield* readBlocks(point, model.profile.blocks));
  },

  *writeSwitch(point, wanted) {
    mustSwitch(point);
    const { start } = relayOf(modelOf('modbus', point)).registers;
    const registers = [1, wanted === 'off' ? 1 : 0];
    yield* exchange({ kind: 'write', unit: parseUnit(point.address), start, registers });
  },

  /** A relay that stands right without being forced so may be moved again by the meter's own prepaid logic. */
  *readSwitch(point, wanted) {
    const model = modelOf('modbus', point);
    const relay = relayOf(model);
    const { forced, open } = readFields(relay.registers.fields, yield* readRegisters(point, relay.registers));
    if (forced === undefined || open === undefined || forced > 1 || open > 1) {
      throw protocolError('frame.bad_value', 'switch registers are 0 or 1', { forced, open });
    }
    const state = relayState(relay, yield* readBlocks(point, model.profile.blocks));
    const held = forced === 1 && wanted === (open === 1 ? 'off' : 'on');
    return state === wanted && !held ? 'not_held' : state;
  },

  // biome-ignore lint/correctness/useYield: no such meter keeps copies of its registers, so nothing is asked
  *readFrozen() {
    return [];
  },

  setting: () => null,
};

/**
 * What a meter sent by itself: the registers of one of its push blocks, told apart by their length.
 * @throws frame.bad_length when the model has no such block, meter.not_supported when it has no registers
 */
export function readingOfPush(model: MeterModel, data: Uint8Array): MeterReading {
  if (model.driver !== 'modbus') throw protocolError('meter.not_supported', `${model.model} pushes no registers`);
  const block = model.profile.pushes.find(({ quantity }) => 2 * quantity === data.length);
  if (!block) throw protocolError('frame.bad_length', `no block of ${data.length} bytes is pushed by ${model.model}`);
  return readingOf(model, valuesOf([block], [data]));
}
