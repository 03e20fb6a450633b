import { BROADCAST_ADDRESS } from '../dlt645/address.ts';
import { createAssembly } from '../dlt645/assembly.ts';
import { type Authority, isSealed } from '../dlt645/authority.ts';
import { type DataItem, decodeData } from '../dlt645/data.ts';
import { answers } from '../dlt645/exchange.ts';
import { decodeFrame, encodeFrame } from '../dlt645/frame.ts';
import { type Dlt645Reply, decodeReply, describeErrors } from '../dlt645/reply.ts';
import { type Dlt645Request, readRequest } from '../dlt645/request.ts';
import { frameOfRequest } from '../dlt645/request-codec.ts';
import type { DataValue } from '../dlt645/value.ts';
import { protocolError } from '../errors.ts';
import type { Dlt645Model } from '../models/index.ts';
import type { Dialogue, MeterPoint } from './driver.ts';
import { fitting, modelOf } from './support.ts';

/** A meter of DL/T 645 with what every question to it needs. */
export interface Asked {
  readonly point: MeterPoint;
  readonly model: Dlt645Model;
  /** Twelve digits. */
  readonly address: string;
}

/** FE that wake the receiver (clause 7.1.1). */
const PREAMBLE_BYTES = 4;
const ADDRESS_DIGITS = 12;
/** PA where the password names none: 02 is usual for a plain one. */
const USUAL_LEVEL = '02';
const NO_OPERATOR = '00000000';

/** A meter number as it stands on the meter, with or without its leading zeros. @throws meter.bad_address */
export function parseMeterNumber(address: string): string {
  if (!/^\d{1,12}$/.test(address) || address === BROADCAST_ADDRESS) {
    throw protocolError('meter.bad_address', 'a DL/T 645 address is the meter number of up to 12 digits', {
      address: address.slice(0, 32),
    });
  }
  return address.padStart(ADDRESS_DIGITS, '0');
}

export const asked = (point: MeterPoint): Asked => ({
  point,
  model: modelOf('dlt645', point),
  address: parseMeterNumber(point.address),
});

/** Null where the link acknowledged by itself, or nobody answers. @throws meter.refused in the meter's words */
export function* exchange(request: Dlt645Request): Dialogue<Dlt645Reply | null> {
  const sent = frameOfRequest(request);
  const isBroadcast = request.address === BROADCAST_ADDRESS;
  const frame = yield {
    request: encodeFrame(sent, PREAMBLE_BYTES),
    write: request.kind !== 'read' && request.kind !== 'read_more',
    fits: isBroadcast ? null : fitting((answer) => answers(sent, decodeFrame(answer))),
  };
  if (frame.length === 0) return null;
  const reply = decodeReply(decodeFrame(frame));
  if (reply.kind !== 'refused') return reply;
  const reasons = describeErrors(reply.edition, reply.errors);
  throw protocolError('meter.refused', reasons.join(', ') || 'no reason given', { reasons });
}

/** The values of an id, its follow-up frames joined. @throws meter.refused; frame.* where the answer makes no sense */
export function* readItems({ address, model }: Asked, dataId: string): Dialogue<readonly DataItem[]> {
  const { edition } = model.profile;
  return decodeData(edition, dataId, yield* readBytes(readRequest(address, dataId, edition)));
}

export function* readBytes(request: Dlt645Request): Dialogue<Uint8Array> {
  if (request.kind !== 'read') throw protocolError('frame.bad_value', 'only a read has data to join');
  const assembly = createAssembly(request);
  let next: Dlt645Request = request;
  for (;;) {
    const reply = yield* exchange(next);
    if (reply === null) throw protocolError('frame.bad_payload', 'a read was acknowledged and not answered');
    const step = assembly.take(reply);
    if (step.kind === 'complete') return step.data;
    next = step.request;
  }
}

/** The one value of an id. @throws as `readItems` */
export function* readValue(meter: Asked, dataId: string): Dialogue<DataValue> {
  const [first] = yield* readItems(meter, dataId);
  return first?.value ?? null;
}

/** What the dialogue gives, or null where the meter refuses: it does not have that. */
export function* unlessRefused<T>(dialogue: Dialogue<T>): Dialogue<T | null> {
  try {
    return yield* dialogue;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'meter.refused';

/**
 * Who may write: `password` is six digits, or eight with the level in front; `operator` eight.
 * @throws meter.not_supported when the meter's access has no password, or one that its security chip must seal
 */
export function authorityOf({ point, model }: Asked): Authority {
  const password = point.access['password'] ?? '';
  const operator = point.access['operator'] ?? NO_OPERATOR;
  if (!/^(\d{2})?\d{6}$/.test(password) || !/^\d{8}$/.test(operator)) {
    throw protocolError('meter.not_supported', 'to be written to, the meter needs a password of 6 or 8 digits');
  }
  const digits = password.padStart(8, USUAL_LEVEL);
  const authority = { level: Number.parseInt(digits.slice(0, 2), 16), code: digits.slice(2), operator };
  if (isSealed(authority)) throw protocolError('meter.not_supported', 'a password of level 98 or 99 must be sealed');
  return model.profile.edition === '2007' ? authority : { ...authority, operator: null };
}

export const hasPassword = ({ point }: Asked): boolean => point.access['password'] !== undefined;

export function* writeData(meter: Asked, dataId: string, data: Uint8Array): Dialogue<void> {
  const { edition } = meter.model.profile;
  yield* exchange({ edition, address: meter.address, kind: 'write', dataId, authority: authorityOf(meter), data });
}
