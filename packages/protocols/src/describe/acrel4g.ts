import { toHex } from '@openprepay/kernel';
import { decodeDown } from '../acrel4g/down.ts';
import type { Acrel4gDown, Acrel4gUp } from '../acrel4g/messages.ts';
import { decodeUp } from '../acrel4g/up.ts';
import { isProtocolError } from '../errors.ts';
import { formatWallClock } from '../wall-clock.ts';
import { type Description, describe, type Fields, hexOf, measured } from './description.ts';
import { describeBareReply, describeModbus } from './modbus.ts';

const COMMAND_AT = 2;

/**
 * The direction is not in the frame. Only the server sends an empty 84 or 91, a 93 of seven bytes, or a 90 that holds a
 * request; whatever is no message of the server is the meter's.
 */
export function describeAcrel4g(frame: Uint8Array): Description {
  const down = attemptDown(frame);
  if (down && !(down.kind === 'transparent' && isFromMeter(frame))) return describeDown(frame, down);
  return describeUp(frame, decodeUp(frame));
}

function attemptDown(frame: Uint8Array): Acrel4gDown | null {
  try {
    return decodeDown(frame);
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return null;
  }
}

/** A transparent message that names its serial, or holds a Modbus reply. */
function isFromMeter(frame: Uint8Array): boolean {
  const up = decodeUp(frame);
  if (up.kind !== 'transparent') return false;
  if (up.serial !== null) return true;
  const [inner] = innerOf(up.modbus);
  return inner?.['direction'] === 'reply';
}

function describeUp(frame: Uint8Array, up: Acrel4gUp): Description {
  const head = { direction: 'up (from the meter)', command: hexOf(frame[COMMAND_AT] ?? 0) };
  const said = (what: string, fields: Fields, inner: readonly Description[] = []) =>
    describe('acrel4g', `meter: ${what}`, { ...head, meaning: what, ...fields }, inner);
  switch (up.kind) {
    case 'register': {
      const { serial, iccid, rssi, firmware, intervalMin } = up;
      return said('registers', { serial, iccid, rssi, firmware, interval: measured(intervalMin, 'min') });
    }
    case 'time_request':
      return said('asks for the time', { serial: up.serial });
    case 'heartbeat':
      return said('heartbeat', {});
    case 'data': {
      const { serial, sections } = up;
      const addresses = sections.map((section) => section.address);
      return said(
        'data',
        { serial, addresses },
        sections.map((section) => describeBareReply(section.modbus)),
      );
    }
    case 'transparent': {
      const { serial, modbus } = up;
      if (modbus.length === 0) return said('acknowledges a write with its serial alone', { serial });
      return said('transparent', { serial, modbus: toHex(modbus) }, innerOf(modbus));
    }
    case 'other':
      return said('unknown command', { body: toHex(up.body) });
  }
}

function describeDown(frame: Uint8Array, down: Acrel4gDown): Description {
  const head = { direction: 'down (from the server)', command: hexOf(frame[COMMAND_AT] ?? 0) };
  const said = (what: string, fields: Fields, inner: readonly Description[] = []) =>
    describe('acrel4g', `server: ${what}`, { ...head, meaning: what, ...fields }, inner);
  switch (down.kind) {
    case 'register_ack':
      return said('accepts the registration', {});
    case 'data_ack':
      return said('has stored the data', {});
    case 'time':
      return said('gives the time', { local: formatWallClock(down.local), weekday: down.local.weekday });
    case 'transparent':
      return said('transparent', { modbus: toHex(down.modbus) }, innerOf(down.modbus));
  }
}

/** What is carried may be anything; only a good Modbus frame is described. */
function innerOf(modbus: Uint8Array): readonly Description[] {
  try {
    return [describeModbus(modbus)];
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return [describe('modbus', `refused: ${error.message}`, { hex: toHex(modbus), refused: error.code })];
  }
}
