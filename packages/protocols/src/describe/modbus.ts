import { toHex } from '@openprepay/kernel';
import { LEGACY_ENERGY } from '../acrel1352/energy.ts';
import { LIVE_BLOCK } from '../acrel1352/live-block.ts';
import { SWITCH_REGISTERS } from '../acrel1352/switch.ts';
import { isProtocolError } from '../errors.ts';
import { EXCEPTION, FUNCTION_NAMES, type ModbusReply, type ModbusRequest } from '../modbus/messages.ts';
import { decodeReply } from '../modbus/reply.ts';
import { decodeRequest } from '../modbus/request.ts';
import { describeLiveBlock } from './acrel1352.ts';
import { type Description, describe, hexOf } from './description.ts';

const LIVE_BLOCK_BYTES: readonly number[] = [96, 144];

/** The frame alone does not say which way it goes: its length decides, and both ways the CRC is checked. */
export function describeModbus(frame: Uint8Array): Description {
  const request = attempt(() => decodeRequest(frame));
  const reply = attempt(() => decodeReply(frame));
  if ('value' in request) return describeRequest(frame, request.value, 'value' in reply);
  if ('value' in reply) return describeReply(frame, reply.value);
  throw moreTelling(request.error, reply.error);
}

/** A reply's data as the meter pushes it, without CRC: `unit 03 count data`. */
export function describeBareReply(bare: Uint8Array): Description {
  const unit = bare[0] ?? 0;
  const functionCode = bare[1] ?? 0;
  const data = bare.subarray(3);
  const inner = functionCode === 0x03 && LIVE_BLOCK_BYTES.includes(data.length) ? [describeLiveBlock(data)] : [];
  return describe(
    'modbus',
    `reply of unit ${unit} without CRC: ${wordsOf(functionCode)}, ${data.length} bytes`,
    { direction: 'reply', unit, ...functionFields(functionCode), data: toHex(data) },
    inner,
  );
}

function describeRequest(frame: Uint8Array, request: ModbusRequest, alsoReply: boolean): Description {
  const direction = alsoReply ? 'request, or the reply that repeats it' : 'request';
  const head = { direction, unit: request.unit, ...functionFields(frame[1] ?? 0) };
  const meaning = meaningOf(request);
  const summary = `${direction} to unit ${request.unit}: ${meaning ?? wordsOf(frame[1] ?? 0)}`;
  switch (request.kind) {
    case 'read': {
      const { start, quantity } = request;
      return describe('modbus', summary, { ...head, ...startFields(start), quantity, meaning });
    }
    case 'write': {
      const { start, registers } = request;
      const words = registers.map((register) => hexOf(register, 2));
      return describe('modbus', summary, { ...head, ...startFields(start), registers, registersHex: words, meaning });
    }
    case 'write_coil':
      return describe('modbus', summary, { ...head, coil: request.coil, on: request.on });
  }
}

function describeReply(frame: Uint8Array, reply: ModbusReply): Description {
  const functionCode = reply.kind === 'exception' ? reply.functionCode : (frame[1] ?? 0);
  const head = { direction: 'reply', unit: reply.unit, ...functionFields(functionCode) };
  const summary = `reply of unit ${reply.unit}: ${wordsOf(functionCode)}`;
  switch (reply.kind) {
    case 'exception': {
      const exceptionMeaning = EXCEPTION[reply.exceptionCode] ?? 'unknown';
      const fields = { ...head, exception: hexOf(reply.exceptionCode), exceptionMeaning };
      return describe('modbus', `${summary} refused, ${exceptionMeaning}`, fields);
    }
    case 'read': {
      const { data } = reply;
      const inner = LIVE_BLOCK_BYTES.includes(data.length) ? [describeLiveBlock(data)] : [];
      return describe('modbus', `${summary}, ${data.length} bytes`, { ...head, data: toHex(data) }, inner);
    }
    case 'write':
      return describe('modbus', summary, { ...head, ...startFields(reply.start), quantity: reply.quantity });
    case 'write_coil':
      return describe('modbus', summary, { ...head, coil: reply.coil, on: reply.on });
  }
}

/** What the registers mean in a DDSY1352 or DTSY1352. */
function meaningOf(request: ModbusRequest): string | null {
  if (request.kind === 'read') {
    if (request.start === LIVE_BLOCK.start && request.quantity === LIVE_BLOCK.quantity) return 'prepaid live block';
    if (request.start === LEGACY_ENERGY.start && request.quantity === LEGACY_ENERGY.quantity) return 'energy registers';
    return request.start === SWITCH_REGISTERS.start && request.quantity === 2 ? 'switch registers' : null;
  }
  if (request.kind !== 'write' || request.start !== SWITCH_REGISTERS.start || request.registers.length !== 2)
    return null;
  const [forced, open] = request.registers;
  if (forced === 0 && open === 0) return 'restore prepaid control';
  if (forced === 1 && open === 0) return 'forced close (supply on)';
  return forced === 1 && open === 1 ? 'forced trip (supply off)' : null;
}

const wordsOf = (functionCode: number): string => FUNCTION_NAMES[functionCode] ?? 'unknown function';

const functionFields = (functionCode: number) => ({
  function: hexOf(functionCode),
  functionMeaning: wordsOf(functionCode),
});

const startFields = (start: number) => ({ start, startHex: hexOf(start, 2) });

function attempt<T>(decode: () => T): { readonly value: T } | { readonly error: Error & { readonly code: string } } {
  try {
    return { value: decode() };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { error };
  }
}

/** A wrong CRC on a frame of the right length says more than a wrong length the other way. */
function moreTelling<E extends { readonly code: string }>(asRequest: E, asReply: E): E {
  if (asReply.code === 'frame.bad_checksum') return asReply;
  return asRequest.code === 'frame.unknown_function' ? asReply : asRequest;
}
