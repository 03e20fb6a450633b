import { protocolError } from '../errors.ts';
import { hasCrc16, withCrc16 } from './crc16.ts';
import { FUNCTION, MAX_READ_REGISTERS, MAX_WRITE_REGISTERS, type ModbusRequest } from './messages.ts';

const COIL_ON = 0xff00;

/** The RTU frame of a request, CRC included. @throws frame.bad_value */
export function encodeRequest(request: ModbusRequest): Uint8Array {
  checkByte(request.unit, 'unit');
  switch (request.kind) {
    case 'read':
      checkQuantity(request.quantity, MAX_READ_REGISTERS);
      return withCrc16(header(request.unit, FUNCTION.readRegisters, request.start, request.quantity));
    case 'write_coil':
      return withCrc16(header(request.unit, FUNCTION.writeCoil, request.coil, request.on ? COIL_ON : 0));
    case 'write':
      return withCrc16(
        request.single
          ? writeOne(request.unit, request.start, request.registers)
          : writeMany(request.unit, request.start, request.registers),
      );
  }
}

function writeOne(unit: number, start: number, registers: readonly number[]): Uint8Array {
  const [register] = registers;
  if (register === undefined || registers.length > 1) {
    throw protocolError('frame.bad_value', 'function 06 writes one register', { registers: registers.length });
  }
  checkWord(register, 'register');
  return header(unit, FUNCTION.writeRegister, start, register);
}

function writeMany(unit: number, start: number, registers: readonly number[]): Uint8Array {
  checkQuantity(registers.length, MAX_WRITE_REGISTERS);
  const bytes = new Uint8Array(7 + 2 * registers.length);
  bytes.set(header(unit, FUNCTION.writeRegisters, start, registers.length));
  bytes[6] = 2 * registers.length;
  const view = new DataView(bytes.buffer);
  for (const [index, register] of registers.entries()) {
    checkWord(register, 'register');
    view.setUint16(7 + 2 * index, register);
  }
  return bytes;
}

/** @throws frame.truncated, frame.bad_length, frame.bad_checksum, frame.unknown_function, frame.bad_value */
export function decodeRequest(frame: Uint8Array): ModbusRequest {
  const expected = requestLength(frame);
  if (expected === null) {
    throw protocolError('frame.unknown_function', 'not a request of function 03, 05, 06 or 10', { function: frame[1] });
  }
  if (frame.length < expected)
    throw protocolError('frame.truncated', `a request of ${expected} bytes, got ${frame.length}`);
  if (frame.length > expected)
    throw protocolError('frame.bad_length', `a request of ${expected} bytes, got ${frame.length}`);
  if (!hasCrc16(frame)) throw protocolError('frame.bad_checksum', 'wrong CRC');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const unit = view.getUint8(0);
  const start = view.getUint16(2);
  const word = view.getUint16(4);
  switch (view.getUint8(1)) {
    case FUNCTION.readRegisters:
      checkQuantity(word, MAX_READ_REGISTERS);
      return { kind: 'read', unit, start, quantity: word };
    case FUNCTION.writeCoil:
      return { kind: 'write_coil', unit, coil: start, on: coilState(word) };
    case FUNCTION.writeRegister:
      return { kind: 'write', unit, start, registers: [word], single: true };
    default:
      checkQuantity(word, MAX_WRITE_REGISTERS);
      if (view.getUint8(6) !== 2 * word)
        throw protocolError('frame.bad_length', 'byte count does not fit the quantity');
      return {
        kind: 'write',
        unit,
        start,
        registers: Array.from({ length: word }, (_, i) => view.getUint16(7 + 2 * i)),
      };
  }
}

/** Length that the first bytes promise, as far as they tell; null when no such function is known. */
export function requestLength(bytes: Uint8Array): number | null {
  if (bytes.length < 2) return 2;
  switch (bytes[1]) {
    case FUNCTION.readRegisters:
    case FUNCTION.writeCoil:
    case FUNCTION.writeRegister:
      return 8;
    case FUNCTION.writeRegisters:
      return bytes.length < 7 ? 9 : 9 + (bytes[6] ?? 0);
    default:
      return null;
  }
}

export function header(unit: number, functionCode: number, start: number, word: number): Uint8Array {
  checkWord(start, 'start');
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, unit);
  view.setUint8(1, functionCode);
  view.setUint16(2, start);
  view.setUint16(4, word);
  return bytes;
}

export function coilState(word: number): boolean {
  if (word !== COIL_ON && word !== 0) throw protocolError('frame.bad_value', 'a coil is FF00 or 0000', { word });
  return word === COIL_ON;
}

export function checkQuantity(quantity: number, most: number): void {
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > most) {
    throw protocolError('frame.bad_value', `a quantity of 1 to ${most} registers`, { quantity });
  }
}

export function checkByte(value: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) {
    throw protocolError('frame.bad_value', `${name} must be one byte`, { [name]: value });
  }
}

export function checkWord(value: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw protocolError('frame.bad_value', `${name} must be 16 bits`, { [name]: value });
  }
}
