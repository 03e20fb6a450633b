import { BROADCAST_ADDRESS, matchesAddress } from './address.ts';
import { type Dlt645Frame, functionOf, isFromMeter, isRefusal, preambleBytesOf } from './frame.ts';
import { FUNCTION_1997, FUNCTION_2007 } from './functions.ts';

/** How many bytes at the front of a reply's data repeat the request's: the data id. */
const REPEATED_BYTES: ReadonlyMap<number, number> = new Map([
  [FUNCTION_2007.read, 4],
  [FUNCTION_2007.read_more, 4],
  [FUNCTION_1997.read, 2],
  [FUNCTION_1997.read_more, 2],
]);

/**
 * Whether `reply` answers `request`: from the address asked for, for the same function and data id, and for follow-up
 * data with the same sequence. A late answer to an earlier request does not, nor does the line's echo of the request;
 * a broadcast is answered by nobody.
 */
export function answers(request: Dlt645Frame, reply: Dlt645Frame): boolean {
  if (isFromMeter(request) || !isFromMeter(reply) || functionOf(request) !== functionOf(reply)) return false;
  if (request.address === BROADCAST_ADDRESS || !matchesAddress(request.address, reply.address)) return false;
  if (isRefusal(reply)) return true;
  const repeated = REPEATED_BYTES.get(functionOf(request)) ?? 0;
  if (reply.data.length < repeated) return false;
  const sequenceFits = functionOf(request) !== FUNCTION_2007.read_more || reply.data.at(-1) === request.data.at(-1);
  return sequenceFits && reply.data.subarray(0, repeated).every((byte, at) => byte === request.data[at]);
}

/** Takes out what an RS485 adapter hears of its own sending. */
export interface EchoFilter {
  /** To be told of every frame sent, with or without its FE. */
  sent(frame: Uint8Array): void;
  /** Whether these are the bytes of a frame sent, not yet heard again; each is taken out once. */
  isEcho(frame: Uint8Array): boolean;
}

/** More than one stands out only when a line drops echoes. */
const MAX_ECHOES = 4;

export function createEchoFilter(): EchoFilter {
  let awaited: Uint8Array[] = [];
  return {
    sent(frame) {
      awaited = [...awaited, frame.slice(preambleBytesOf(frame))].slice(-MAX_ECHOES);
    },
    isEcho(frame) {
      const heard = frame.subarray(preambleBytesOf(frame));
      const at = awaited.findIndex((one) => one.length === heard.length && one.every((byte, i) => byte === heard[i]));
      if (at < 0) return false;
      awaited = awaited.slice(at + 1);
      return true;
    },
  };
}
