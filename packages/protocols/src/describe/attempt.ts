import { toHex } from '@openprepay/kernel';
import { isProtocolError } from '../errors.ts';
import { describeCjt188 } from './cjt188.ts';
import type { Description } from './description.ts';
import { describeDlt645 } from './dlt645.ts';
import { describeModbus } from './modbus.ts';

/** What `work` gives, or null where it refused by name. */
export function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return null;
  }
}

/** Bytes of a meter's line: the first protocol whose checksum is right. Nothing where there is none. */
export function describeLineBytes(bytes: Uint8Array): readonly Description[] {
  for (const describeAs of [describeModbus, describeDlt645, describeCjt188]) {
    const description = attempt(() => describeAs(bytes));
    if (description) return [description];
  }
  return [];
}

/** Printable text as it is, anything else in hexadecimal. */
export function textOrHex(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, 256));
  return /^[\x20-\x7e]*$/.test(text) && bytes.length <= 256 ? text : toHex(bytes);
}
