import { protocolError } from '../errors.ts';
import type { NbCodec } from './codec.ts';

/** "PU", then the length: of the whole message or of what follows is not known, so either is taken. */
const MAGIC = [0x50, 0x55];
const HEADER_BYTES = 4;

/**
 * An example of a maker's private bytes: a pressure node whose head is known from one published payload and whose fields
 * are not. What has that head is kept as "other"; anything else is refused by name, so that a wrong product is noticed.
 */
export const pressurePuCodec: NbCodec = {
  name: 'pressure-pu',
  protocol: 'pressure-pu',
  decodeReport(payload) {
    if (!(payload instanceof Uint8Array) || !hasHead(payload)) {
      throw protocolError('frame.unknown_shape', 'not "PU" and a length that fits');
    }
    return [{ kind: 'other', address: null, frame: payload, refused: 'frame.not_supported' }];
  },
  encodeValve() {
    throw protocolError('meter.not_supported', 'a pressure node has no valve');
  },
  encodeRead() {
    throw protocolError('meter.not_supported', 'how this node is asked is not known');
  },
};

function hasHead(payload: Uint8Array): boolean {
  const length = ((payload[2] ?? 0) << 8) | (payload[3] ?? 0);
  const fits = length === payload.length || length === payload.length - HEADER_BYTES;
  return payload.length >= HEADER_BYTES && MAGIC.every((byte, at) => payload[at] === byte) && fits;
}
