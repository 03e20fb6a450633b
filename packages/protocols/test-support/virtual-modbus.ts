import type { MeterModel } from '@openprepay/protocols';
import { decodeRequest, encodeReply, type ModbusRequest } from '@openprepay/protocols/modbus';
import { FIELD_BYTES, type Field } from '../src/acrel1352/fields.ts';
import type { ModbusModel, RegisterBlock } from '../src/models/index.ts';
import { NOON, noFaults, type VirtualMeter } from './virtual-meter.ts';

const CENTURY = 2000;
const WH_PER_COUNT = 10n;
const ILLEGAL_ADDRESS = 2;
const READ = 3;
const WRITE = 16;

/** Registers that the model's profile says there are; only those can be read. */
export function virtualModbus(model: Extract<MeterModel, { driver: 'modbus' }>, address: string): VirtualMeter {
  const force = [0, 0];
  const meter: VirtualMeter = {
    point: { model, address, access: { unverified: 'allowed' } },
    total: 1_234_560n,
    clock: NOON,
    switchState: 'on',
    frozen: [],
    faults: noFaults(),
    answer(bytes) {
      const request = decodeRequest(bytes);
      if (request.unit !== Number(address)) return null;
      const refusal = {
        kind: 'exception',
        unit: request.unit,
        functionCode: request.kind === 'read' ? READ : WRITE,
        exceptionCode: ILLEGAL_ADDRESS,
      } as const;
      return encodeReply(meter.faults.refuses ? refusal : (replyTo(model, meter, force, request) ?? refusal));
    },
  };
  return meter;
}

function replyTo(model: ModbusModel, meter: VirtualMeter, force: number[], request: ModbusRequest) {
  const { blocks, relay } = model.profile;
  const { unit } = request;
  if (request.kind === 'write' && request.start === relay?.registers.start) {
    force.splice(0, 2, ...request.registers);
    if (force[0] === 1) meter.switchState = force[1] === 1 ? 'off' : 'on';
    return { kind: 'write', unit, start: request.start, quantity: request.registers.length } as const;
  }
  if (request.kind !== 'read') return null;
  if (request.start === relay?.registers.start) {
    return { kind: 'read', unit, data: Uint8Array.from(force.flatMap((word) => [0, word])) } as const;
  }
  const block = blocks.find(({ start, quantity }) => start === request.start && quantity === request.quantity);
  return block ? ({ kind: 'read', unit, data: registersOf(model, block, meter) } as const) : null;
}

function registersOf(model: ModbusModel, block: RegisterBlock, meter: VirtualMeter): Uint8Array {
  const { profile, phases } = model;
  const data = new Uint8Array(2 * block.quantity);
  const put = (name: string | undefined, value: bigint) => {
    const field = block.fields.find((one) => one.name === name);
    if (field) data.set(bigEndian(field, value), field.byte);
  };
  put(profile.total, meter.total / WH_PER_COUNT);
  put(profile.relay?.phaseCode, phases === 3 ? 0n : 1n);
  const closed = meter.switchState === 'on' ? (profile.relay?.closed.bits.slice(0, phases ?? 1) ?? []) : [];
  put(profile.relay?.closed.field, BigInt(closed.reduce((byte, bit) => byte | (1 << bit), 0)));
  if (block.clock) {
    const { year, month, day, hour, minute, second, weekday } = meter.clock;
    const now = [year - CENTURY, month, day, weekday, hour, minute, second];
    data.set(meter.faults.absurdClock ? now.with(1, 13) : now, block.clock.byte);
  }
  return data;
}

const bigEndian = ({ type }: Field, value: bigint): Uint8Array =>
  Uint8Array.from({ length: FIELD_BYTES[type] }, (_, at) =>
    Number((value >> BigInt(8 * (FIELD_BYTES[type] - 1 - at))) & 0xffn),
  );
