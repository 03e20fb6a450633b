import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { MAX_DATA_BYTES } from './frame.ts';
import type { Dlt645Reply } from './reply.ts';
import type { Dlt645Request } from './request.ts';

/** What is to be done after a reply: ask on, or nothing more. */
export type AssemblyStep =
  | { readonly kind: 'ask'; readonly request: Dlt645Request }
  | { readonly kind: 'complete'; readonly data: Uint8Array };

export interface Assembly {
  /**
   * Takes the next reply. A refused one changes nothing: the right one may still come.
   * @throws frame.bad_value when it is not the part that is due: other data id, other meter, gap, repetition
   * @throws frame.too_long after 255 follow-ups
   */
  take(reply: Dlt645Reply): AssemblyStep;
}

type Read = Extract<Dlt645Request, { kind: 'read' }>;
type Part = Extract<Dlt645Reply, { kind: 'data' | 'more_data' }>;

/** SEQ is one byte and begins with 1. */
const MAX_FOLLOW_UPS = 255;
/** The whole is at most 256 frames of data. */
export const MAX_ASSEMBLED_BYTES = (MAX_FOLLOW_UPS + 1) * MAX_DATA_BYTES;

/** Joins the first reply to `read` with its follow-ups. */
export function createAssembly(read: Read): Assembly {
  const parts: Uint8Array[] = [];
  let address: string | null = null;
  let complete = false;

  function due(reply: Dlt645Reply): Part {
    const first = parts.length === 0;
    if (complete || (reply.kind !== 'data' && reply.kind !== 'more_data') || (reply.kind === 'data') !== first) {
      throw protocolError('frame.bad_value', 'not the part that is due', { kind: reply.kind, parts: parts.length });
    }
    if (reply.edition !== read.edition || reply.dataId !== read.dataId) {
      throw protocolError('frame.bad_value', 'a part of other data', { dataId: reply.dataId });
    }
    if (address !== null && reply.address !== address) {
      throw protocolError('frame.bad_value', 'a part from another meter', { address: reply.address });
    }
    if (reply.kind === 'more_data' && read.edition === '2007' && reply.sequence !== parts.length) {
      throw protocolError('frame.bad_value', `part ${parts.length} is due`, { sequence: reply.sequence });
    }
    return reply;
  }

  return {
    take(reply) {
      const part = due(reply);
      if (part.more && parts.length === MAX_FOLLOW_UPS) {
        throw protocolError('frame.too_long', `over ${MAX_FOLLOW_UPS} follow-ups`);
      }
      parts.push(part.data);
      address = part.address;
      complete = !part.more;
      if (complete) return { kind: 'complete', data: concatBytes(...parts) };
      const sequence = read.edition === '2007' ? parts.length : null;
      return {
        kind: 'ask',
        request: { edition: read.edition, address, kind: 'read_more', dataId: read.dataId, sequence },
      };
    },
  };
}

/** Room beside the data: data id and sequence. */
const ROOM_BYTES = 5;

/**
 * The meter's side: the replies that carry `data`, the first for the read itself, the others for each follow-up.
 * @throws frame.too_long when it does not fit 255 follow-ups
 */
export function repliesOf(
  read: Read,
  data: Uint8Array,
  address = read.address,
  partBytes = MAX_DATA_BYTES - ROOM_BYTES,
): readonly Dlt645Reply[] {
  const count = Math.max(1, Math.ceil(data.length / partBytes));
  if (count > MAX_FOLLOW_UPS + 1) throw protocolError('frame.too_long', `over ${MAX_FOLLOW_UPS} follow-ups`);
  const { edition, dataId } = read;
  return Array.from({ length: count }, (_, at): Dlt645Reply => {
    const part = data.slice(at * partBytes, (at + 1) * partBytes);
    const more = at + 1 < count;
    if (at === 0) return { edition, address, kind: 'data', dataId, data: part, more };
    return { edition, address, kind: 'more_data', dataId, data: part, more, sequence: edition === '2007' ? at : null };
  });
}
