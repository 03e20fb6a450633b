import { concatBytes } from '@openprepay/kernel';
import { decodeBcd, encodeBcd } from '../bcd.ts';
import { protocolError } from '../errors.ts';
import { open, seal } from './envelope.ts';
import { type Acrel4gUp, COMMAND, ICCID_BYTES, SERIAL_BYTES } from './messages.ts';
import { decodeSections, encodeSections } from './sections.ts';
import { decodeText, encodeText, tryText } from './text.ts';

const REGISTER_BYTES = 58;
const NOTHING = new Uint8Array(0);

/** @throws frame.bad_value, frame.bad_payload, frame.too_long */
export function encodeUp(message: Acrel4gUp): Uint8Array {
  switch (message.kind) {
    case 'register':
      return seal(COMMAND.register, registerBody(message));
    case 'time_request':
      return seal(COMMAND.time, encodeText(message.serial, SERIAL_BYTES));
    case 'heartbeat':
      return seal(COMMAND.heartbeat, NOTHING);
    case 'data':
      return seal(COMMAND.data, concatBytes(serialOrNothing(message.serial), encodeSections(message.sections)));
    case 'transparent':
      return seal(COMMAND.transparent, concatBytes(serialOrNothing(message.serial), message.modbus));
    case 'other':
      return seal(message.command, message.body);
  }
}

/**
 * An unknown command is no error: it becomes 'other', so that newer firmware can be seen and recorded.
 * @throws frame.truncated, frame.too_long, frame.bad_delimiter, frame.bad_checksum, frame.bad_payload, frame.bad_bcd
 */
export function decodeUp(frame: Uint8Array): Acrel4gUp {
  const { command, body } = open(frame);
  switch (command) {
    case COMMAND.register:
      return decodeRegister(body);
    case COMMAND.time:
      expectLength(body, SERIAL_BYTES);
      return { kind: 'time_request', serial: decodeText(body) };
    case COMMAND.heartbeat:
      expectLength(body, 0);
      return { kind: 'heartbeat' };
    case COMMAND.data: {
      const { serial, rest } = splitSerial(body);
      return { kind: 'data', serial, sections: decodeSections(rest) };
    }
    case COMMAND.transparent: {
      const { serial, rest } = splitSerial(body);
      if (serial === null && rest.length === 0)
        throw protocolError('frame.bad_payload', 'neither serial nor Modbus reply');
      return { kind: 'transparent', serial, modbus: rest };
    }
    default:
      return { kind: 'other', command, body };
  }
}

/**
 * The serial in front is optional. It is letters and digits to its second byte at least, or zero; what follows
 * without it is `[[`, or a unit and a Modbus function code: neither is ever a letter, a digit or zero there.
 */
function splitSerial(body: Uint8Array): { serial: string | null; rest: Uint8Array } {
  const serial = body.length < SERIAL_BYTES ? null : tryText(body.subarray(0, SERIAL_BYTES));
  return { serial, rest: serial === null ? body : body.subarray(SERIAL_BYTES) };
}

const serialOrNothing = (serial: string | null): Uint8Array =>
  serial === null ? NOTHING : encodeText(serial, SERIAL_BYTES);

function registerBody(message: Extract<Acrel4gUp, { kind: 'register' }>): Uint8Array {
  for (const value of [message.rssi, message.intervalMin]) {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) {
      throw protocolError('frame.bad_value', 'rssi and intervalMin are one byte each', { value });
    }
  }
  return concatBytes(
    encodeText(message.serial, SERIAL_BYTES),
    encodeText(message.iccid, ICCID_BYTES),
    Uint8Array.of(message.rssi),
    ...message.firmware.map((version) => encodeBcd(version, 2)),
    Uint8Array.of(message.intervalMin),
  );
}

function decodeRegister(body: Uint8Array): Acrel4gUp {
  expectLength(body, REGISTER_BYTES);
  const iccidEnd = SERIAL_BYTES + ICCID_BYTES;
  const version = (index: number) => decodeBcd(body.subarray(iccidEnd + 1 + 2 * index, iccidEnd + 3 + 2 * index));
  return {
    kind: 'register',
    serial: decodeText(body.subarray(0, SERIAL_BYTES)),
    iccid: decodeText(body.subarray(SERIAL_BYTES, iccidEnd)),
    rssi: body[iccidEnd] ?? 0,
    firmware: [version(0), version(1), version(2)],
    intervalMin: body[REGISTER_BYTES - 1] ?? 0,
  };
}

function expectLength(body: Uint8Array, bytes: number): void {
  if (body.length !== bytes) throw protocolError('frame.bad_payload', `a body of ${bytes} bytes, got ${body.length}`);
}
