import { isProtocolError } from '../errors.ts';
import { decodeFrame, encodeFrame, isFromMeter, preambleBytesOf } from './frame.ts';
import type { Dlt645Request } from './request.ts';
import { decodeRequest, frameOfRequest } from './request-codec.ts';

const NO_CODE = '000000';

/**
 * A frame as it may be shown to people: what opens the meter is zeros, and everything else as it was on the wire. Bytes that
 * are no frame, or no order, are given back as they are.
 */
export function withoutPassword(bytes: Uint8Array): Uint8Array {
  try {
    const frame = decodeFrame(bytes);
    if (isFromMeter(frame)) return bytes;
    const concealed = conceal(decodeRequest(frame));
    return concealed ? encodeFrame(frameOfRequest(concealed), preambleBytesOf(bytes)) : bytes;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return bytes;
  }
}

function conceal(request: Dlt645Request): Dlt645Request | null {
  if (request.kind === 'set_password') {
    return { ...request, old: { ...request.old, code: NO_CODE }, next: { ...request.next, code: NO_CODE } };
  }
  return 'authority' in request ? { ...request, authority: { ...request.authority, code: NO_CODE } } : null;
}
