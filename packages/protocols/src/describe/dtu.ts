import { toHex } from '@openprepay/kernel';
import { DEFAULT_CONVENTIONS } from '../dtu/convention.ts';
import { createDtuStripper } from '../dtu/stripper.ts';
import { protocolError } from '../errors.ts';
import { createSniffer } from '../sniff/sniff.ts';
import { describeLineBytes, textOrHex } from './attempt.ts';
import { type Description, describe, type Fields } from './description.ts';

const sniff = createSniffer(DEFAULT_CONVENTIONS);

/** The bytes that a modem sent first, by the usual conventions; without a registration they are the line's. */
export function describeDtu(bytes: Uint8Array): Description {
  if (bytes.length === 0) throw protocolError('frame.truncated', 'no bytes');
  const sniffed = sniff(bytes, true);
  if (sniffed.kind !== 'dtu') return line(bytes, 'no registration', { text: textOrHex(bytes) });
  const stripper = createDtuStripper(sniffed.convention);
  const events = [...stripper.push(bytes), ...stripper.settle()];
  const rest = events.find((event) => event.kind === 'line')?.bytes ?? new Uint8Array(0);
  return line(rest, `registers as ${stripper.key}`, { convention: sniffed.convention.name, key: stripper.key });
}

const line = (bytes: Uint8Array, what: string, fields: Fields): Description =>
  describe('dtu', `modem: ${what}`, { ...fields, line: toHex(bytes) }, describeLineBytes(bytes));
