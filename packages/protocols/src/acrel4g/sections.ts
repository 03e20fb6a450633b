import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { crc16, hasCrc16 } from '../modbus/crc16.ts';
import { replyLength } from '../modbus/reply.ts';
import type { Acrel4gSection } from './messages.ts';
import { encodeText, tryText } from './text.ts';

/** `[[ address (( modbus )) ]]`, once or several times. */
const OPEN = 0x5b;
const DATA = 0x28;
const CLOSE = Uint8Array.of(0x29, 0x29, 0x5d, 0x5d);
const CRC_BYTES = 2;
/** An address is a bus address or a meter number. */
const MAX_ADDRESS_BYTES = 20;

export function encodeSections(sections: readonly Acrel4gSection[]): Uint8Array {
  return concatBytes(
    ...sections.flatMap(({ address, modbus }) => {
      if (modbus.length !== bareLength(modbus)) {
        throw protocolError('frame.bad_payload', 'a section holds one Modbus reply without CRC', { address });
      }
      const addressBytes = encodeText(address, Math.min(address.length, MAX_ADDRESS_BYTES));
      return [Uint8Array.of(OPEN, OPEN), addressBytes, Uint8Array.of(DATA, DATA), modbus, CLOSE];
    }),
  );
}

/**
 * The Modbus reply is binary and may contain any of the marks, so its end is found by its own length, never by
 * searching. Some firmware adds the CRC; it is checked and left out.
 */
export function decodeSections(body: Uint8Array): Acrel4gSection[] {
  const sections: Acrel4gSection[] = [];
  let at = 0;
  while (at < body.length) {
    if (body[at] !== OPEN || body[at + 1] !== OPEN) throw broken('a section begins with [[', at);
    const dataAt = body.indexOf(DATA, at + 2);
    if (dataAt < 0 || body[dataAt + 1] !== DATA) throw broken('no (( after the address', at);
    const address = tryText(body.subarray(at + 2, dataAt));
    if (address === null || dataAt - at - 2 > MAX_ADDRESS_BYTES) throw broken('no address', at);
    const modbusAt = dataAt + 2;
    const bareEnd = modbusAt + bareLength(body.subarray(modbusAt));
    const end = closesAt(body, bareEnd) ? bareEnd : bareEnd + CRC_BYTES;
    if (!closesAt(body, end)) throw broken('no ))]] after the Modbus reply', at);
    if (end > bareEnd && !hasCrc16(body.subarray(modbusAt, end))) {
      const expected = crc16(body.subarray(modbusAt, bareEnd));
      throw protocolError('frame.bad_checksum', 'wrong CRC inside a section', { address, expected });
    }
    sections.push({ address, modbus: body.subarray(modbusAt, bareEnd) });
    at = end + CLOSE.length;
  }
  if (sections.length === 0) throw broken('no section', 0);
  return sections;
}

function bareLength(modbus: Uint8Array): number {
  const length = modbus.length < 3 ? null : replyLength(modbus);
  if (length === null) throw protocolError('frame.bad_payload', 'no Modbus reply inside the section');
  return length - CRC_BYTES;
}

function closesAt(body: Uint8Array, at: number): boolean {
  for (let index = 0; index < CLOSE.length; index++) if (body[at + index] !== CLOSE[index]) return false;
  return true;
}

const broken = (why: string, at: number) => protocolError('frame.bad_payload', why, { at });
