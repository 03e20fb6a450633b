import { protocolError } from '../errors.ts';
import { hasCrc16, withCrc16 } from './crc16.ts';
import {
  EXCEPTION_BIT,
  FUNCTION,
  MAX_READ_REGISTERS,
  MAX_WRITE_REGISTERS,
  type ModbusReply,
  type ModbusRequest,
} from './messages.ts';
import { checkByte, checkQuantity, checkWord, coilState, header } from './request.ts';

/** The RTU frame of a reply, CRC included. */
export function encodeReply(reply: ModbusReply): Uint8Array {
  checkByte(reply.unit, 'unit');
  switch (reply.kind) {
    case 'read': {
      checkReadData(reply.data.length);
      const bytes = new Uint8Array(3 + reply.data.length);
      bytes.set([reply.unit, FUNCTION.readRegisters, reply.data.length]);
      bytes.set(reply.data, 3);
      return withCrc16(bytes);
    }
    case 'write':
      if (reply.singleValue !== undefined) {
        checkWord(reply.singleValue, 'singleValue');
        return withCrc16(header(reply.unit, FUNCTION.writeRegister, reply.start, reply.singleValue));
      }
      checkQuantity(reply.quantity, MAX_WRITE_REGISTERS);
      return withCrc16(header(reply.unit, FUNCTION.writeRegisters, reply.start, reply.quantity));
    case 'write_coil':
      return withCrc16(header(reply.unit, FUNCTION.writeCoil, reply.coil, reply.on ? 0xff00 : 0));
    case 'exception':
      if (reply.functionCode < 1 || reply.functionCode >= EXCEPTION_BIT) {
        throw protocolError('frame.bad_value', 'a function code of 1 to 7F', { functionCode: reply.functionCode });
      }
      checkByte(reply.exceptionCode, 'exceptionCode');
      return withCrc16(Uint8Array.of(reply.unit, reply.functionCode | EXCEPTION_BIT, reply.exceptionCode));
  }
}

/**
 * `data` is a view of the frame.
 * @throws frame.truncated, frame.bad_length, frame.bad_checksum, frame.unknown_function, frame.bad_value
 */
export function decodeReply(frame: Uint8Array): ModbusReply {
  const expected = replyLength(frame);
  if (expected === null) {
    throw protocolError('frame.unknown_function', 'not a reply of function 03, 05, 06 or 10', { function: frame[1] });
  }
  if (frame.length < expected)
    throw protocolError('frame.truncated', `a reply of ${expected} bytes, got ${frame.length}`);
  if (frame.length > expected)
    throw protocolError('frame.bad_length', `a reply of ${expected} bytes, got ${frame.length}`);
  if (!hasCrc16(frame)) throw protocolError('frame.bad_checksum', 'wrong CRC');
  const unit = frame[0] ?? 0;
  const functionCode = frame[1] ?? 0;
  const third = frame[2] ?? 0;
  if (functionCode & EXCEPTION_BIT) {
    return { kind: 'exception', unit, functionCode: functionCode & ~EXCEPTION_BIT, exceptionCode: third };
  }
  if (functionCode === FUNCTION.readRegisters) {
    checkReadData(third);
    return { kind: 'read', unit, data: new Uint8Array(frame.buffer, frame.byteOffset + 3, third) };
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const start = view.getUint16(2);
  const word = view.getUint16(4);
  if (functionCode === FUNCTION.writeCoil) return { kind: 'write_coil', unit, coil: start, on: coilState(word) };
  if (functionCode === FUNCTION.writeRegister) return { kind: 'write', unit, start, quantity: 1, singleValue: word };
  checkQuantity(word, MAX_WRITE_REGISTERS);
  return { kind: 'write', unit, start, quantity: word };
}

/** Length of a reply with its CRC, as far as the first bytes tell; null when no such function is known. */
export function replyLength(bytes: Uint8Array): number | null {
  if (bytes.length < 2) return 2;
  const functionCode = bytes[1] ?? 0;
  switch (functionCode) {
    case FUNCTION.readRegisters:
      return bytes.length < 3 ? 5 : 5 + (bytes[2] ?? 0);
    case FUNCTION.writeCoil:
    case FUNCTION.writeRegister:
    case FUNCTION.writeRegisters:
      return 8;
    default:
      return functionCode > EXCEPTION_BIT ? 5 : null;
  }
}

/**
 * Whether this reply can be the answer to that request: same unit, same function, and the length or the address
 * asked for. RTU has no transaction id, so this is all that keeps a late answer from passing for the next one.
 */
export function answers(request: ModbusRequest, reply: ModbusReply): boolean {
  if (request.unit !== reply.unit) return false;
  if (reply.kind === 'exception') return reply.functionCode === functionOf(request);
  if (request.kind === 'read') return reply.kind === 'read' && reply.data.length === 2 * request.quantity;
  if (request.kind === 'write') {
    if (reply.kind !== 'write' || reply.start !== request.start) return false;
    return request.single ? reply.singleValue === request.registers[0] : reply.quantity === request.registers.length;
  }
  return reply.kind === 'write_coil' && reply.coil === request.coil && reply.on === request.on;
}

function functionOf(request: ModbusRequest): number {
  switch (request.kind) {
    case 'read':
      return FUNCTION.readRegisters;
    case 'write':
      return request.single ? FUNCTION.writeRegister : FUNCTION.writeRegisters;
    case 'write_coil':
      return FUNCTION.writeCoil;
  }
}

function checkReadData(bytes: number): void {
  if (bytes % 2 !== 0) throw protocolError('frame.bad_length', 'registers are two bytes each', { bytes });
  checkQuantity(bytes / 2, MAX_READ_REGISTERS);
}
