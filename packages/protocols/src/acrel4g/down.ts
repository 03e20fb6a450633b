import type { ZonedParts } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { wallClock } from '../wall-clock.ts';
import { open, seal } from './envelope.ts';
import { type Acrel4gDown, COMMAND } from './messages.ts';

const NOTHING = new Uint8Array(0);
const TIME_BYTES = 7;
const CENTURY = 2000;

/** @throws frame.bad_value, frame.too_long */
export function encodeDown(message: Acrel4gDown): Uint8Array {
  switch (message.kind) {
    case 'register_ack':
      return seal(COMMAND.register, NOTHING);
    case 'data_ack':
      return seal(COMMAND.data, NOTHING);
    case 'time':
      return seal(COMMAND.time, encodeTime(message.local));
    case 'transparent':
      if (message.modbus.length === 0) throw protocolError('frame.bad_value', 'no Modbus frame to carry');
      return seal(COMMAND.transparent, message.modbus);
  }
}

/** @throws frame.truncated, frame.too_long, frame.bad_delimiter, frame.bad_checksum, frame.bad_payload, frame.unknown_function */
export function decodeDown(frame: Uint8Array): Acrel4gDown {
  const { command, body } = open(frame);
  switch (command) {
    case COMMAND.register:
      expectEmpty(body);
      return { kind: 'register_ack' };
    case COMMAND.data:
      expectEmpty(body);
      return { kind: 'data_ack' };
    case COMMAND.time:
      return { kind: 'time', local: decodeTime(body) };
    case COMMAND.transparent:
      if (body.length === 0) throw protocolError('frame.bad_payload', 'no Modbus frame inside');
      return { kind: 'transparent', modbus: body };
    default:
      throw protocolError('frame.unknown_function', 'no such command of the server', { command });
  }
}

/**
 * `YY MM DD W hh mm ss`, binary. The vendor's recorded example has W = 3 on Tuesday 2023-10-10, so Sunday is 1; another
 * server in production sends Sunday as 0. We send the vendor's form.
 */
function encodeTime(local: ZonedParts): Uint8Array {
  const clock = wallClock(local);
  const year = local.year - CENTURY;
  if (!clock || year < 0 || year > 99)
    throw protocolError('frame.bad_value', 'no such time in 2000–2099', { ...local });
  return Uint8Array.of(year, clock.month, clock.day, clock.weekday + 1, clock.hour, clock.minute, clock.second);
}

/** Both ways of counting weekdays are accepted: the date decides, so W tells nothing that could be wrong. */
function decodeTime(body: Uint8Array): ZonedParts {
  if (body.length !== TIME_BYTES)
    throw protocolError('frame.bad_payload', `a time of ${TIME_BYTES} bytes, got ${body.length}`);
  const [year = 0, month = 0, day = 0, weekday = 0, hour = 0, minute = 0, second = 0] = body;
  const clock = year > 99 || weekday > 7 ? null : wallClock({ year: CENTURY + year, month, day, hour, minute, second });
  if (!clock) throw protocolError('frame.bad_payload', 'no such time', { time: [...body] });
  return clock;
}

function expectEmpty(body: Uint8Array): void {
  if (body.length > 0) throw protocolError('frame.bad_payload', `an empty body, got ${body.length} bytes`);
}
