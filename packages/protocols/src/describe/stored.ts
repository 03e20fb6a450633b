import { withoutPassword } from '../dlt645/index.ts';
import { isProtocolError } from '../errors.ts';
import { DESCRIBED_PROTOCOLS, describeFrame } from './describe.ts';
import type { Description } from './description.ts';

/** A kept frame as a person may see it. */
export interface StoredFrame {
  /** Without what opens a meter. */
  readonly bytes: Uint8Array;
  /** Null where the bytes have no words. */
  readonly description: Description | null;
  /** Why they have none: the code of the refusal; null for a protocol that is not described. */
  readonly refusal: string | null;
}

/** Puts a kept frame of any protocol into words, and cuts out what is nobody's to read. */
export function describeStored(protocol: string, stored: Uint8Array): StoredFrame {
  const bytes = protocol === 'dlt645' ? withoutPassword(stored) : stored;
  const described = DESCRIBED_PROTOCOLS.find((name) => name === protocol);
  if (!described) return { bytes, description: null, refusal: null };
  try {
    return { bytes, description: describeFrame(described, bytes), refusal: null };
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { bytes, description: null, refusal: error.code };
  }
}
