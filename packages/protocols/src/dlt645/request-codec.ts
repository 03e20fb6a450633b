import { concatBytes } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { decodeAddress, encodeAddress } from './address.ts';
import {
  type Authority,
  decodeBaud,
  decodeDigits,
  decodePassword,
  encodeAuthority,
  encodeBaud,
  encodeDigits,
  encodePassword,
  isSealed,
  PASSWORD_BYTES,
  splitAuthority,
} from './authority.ts';
import { type Dlt645Frame, type Edition, encodeDataId, splitDataId } from './frame.ts';
import { type FunctionName, functionCode, identify } from './functions.ts';
import { decodeRelayOrder, encodeRelayOrder } from './relay.ts';
import type { Dlt645Request, RequestBody } from './request.ts';

const MINUTE_LAYOUT = 'YYMMDDhhmm';
const SECOND_LAYOUT = 'YYMMDDhhmmss';
const FREEZE_LAYOUT = 'MMDDhhmm';
const NO_DATA = new Uint8Array(0);

/** @throws frame.unknown_function when the edition has no such function, frame.bad_value, frame.bad_bcd */
export function frameOfRequest(request: Dlt645Request): Dlt645Frame {
  const name: FunctionName = request.kind === 'control_sealed' ? 'control' : request.kind;
  const control = functionCode(request.edition, name);
  if (control === null) throw protocolError('frame.unknown_function', `no ${name} in ${request.edition}`);
  return { address: request.address, control, data: encodeBody(request) };
}

function encodeBody(request: Dlt645Request): Uint8Array {
  const { edition } = request;
  switch (request.kind) {
    case 'read':
      return concatBytes(encodeDataId(edition, request.dataId), encodeSelection(request.blocks, request.since));
    case 'read_more':
      return concatBytes(encodeDataId(edition, request.dataId), encodeSequence(edition, request.sequence));
    case 'read_address':
      return NO_DATA;
    case 'write':
      return concatBytes(encodeDataId(edition, request.dataId), permit(edition, request.authority), request.data);
    case 'write_address':
      return encodeAddress(request.newAddress);
    case 'set_time':
      return encodeDigits(request.time, SECOND_LAYOUT);
    case 'freeze':
      return encodeDigits(request.at, FREEZE_LAYOUT);
    case 'set_baud':
      return encodeBaud(request.baud);
    case 'set_password':
      return concatBytes(
        encodePasswordId(edition, request.dataId),
        encodePassword(request.old),
        encodePassword(request.next),
      );
    case 'clear_demand':
    case 'clear_meter':
      return permit(edition, request.authority);
    case 'clear_events':
      return concatBytes(permit(edition, request.authority), encodeDataId(edition, request.dataId));
    case 'control':
      return concatBytes(permit(edition, request.authority), encodeRelayOrder(request.order));
    case 'control_sealed':
      return concatBytes(permit(edition, request.authority), request.sealed);
    case 'set_terminal':
      return Uint8Array.of(byteOf(request.signal));
    case 'authenticate':
      return concatBytes(encodeDataId(edition, request.dataId), request.data);
  }
}

/** @throws frame.unknown_function for a reply or a function of neither edition; frame.bad_length, frame.bad_bcd, frame.bad_value */
export function decodeRequest(frame: Dlt645Frame): Dlt645Request {
  const identified = identify(frame);
  if (identified === null || functionCode(identified.edition, identified.name) !== frame.control) {
    throw protocolError('frame.unknown_function', 'not a request', { control: frame.control });
  }
  const { edition, name } = identified;
  return { edition, address: frame.address, ...decodeBody(edition, name, frame.data) };
}

function decodeBody(edition: Edition, name: FunctionName, data: Uint8Array): RequestBody {
  switch (name) {
    case 'read': {
      const { dataId, rest } = splitDataId(edition, data);
      return { kind: 'read', dataId, ...decodeSelection(rest) };
    }
    case 'read_more': {
      const { dataId, rest } = splitDataId(edition, data);
      return { kind: 'read_more', dataId, sequence: decodeSequence(edition, rest) };
    }
    case 'read_address':
      exactly(data, 0);
      return { kind: 'read_address' };
    case 'write': {
      const { dataId, rest } = splitDataId(edition, data);
      const permitted = splitAuthority(rest, edition === '2007');
      return { kind: 'write', dataId, authority: permitted.authority, data: permitted.rest };
    }
    case 'write_address':
      return { kind: 'write_address', newAddress: decodeAddress(data) };
    case 'set_time':
      return { kind: 'set_time', time: decodeDigits(data, SECOND_LAYOUT) };
    case 'freeze':
      return { kind: 'freeze', at: decodeDigits(data, FREEZE_LAYOUT) };
    case 'set_baud':
      return { kind: 'set_baud', baud: decodeBaud(data) };
    case 'set_password':
      return decodePasswordChange(edition, data);
    case 'clear_demand':
    case 'clear_meter': {
      const { authority, rest } = splitAuthority(data, edition === '2007');
      exactly(rest, 0);
      return { kind: name, authority };
    }
    case 'clear_events': {
      const { authority, rest } = splitAuthority(data, edition === '2007');
      exactly(rest, 4);
      return { kind: 'clear_events', authority, dataId: splitDataId(edition, rest).dataId };
    }
    case 'control': {
      const { authority, rest } = splitAuthority(data, edition === '2007');
      if (isSealed(authority)) return { kind: 'control_sealed', authority, sealed: rest };
      return { kind: 'control', authority, order: decodeRelayOrder(rest) };
    }
    case 'set_terminal':
      exactly(data, 1);
      return { kind: 'set_terminal', signal: data[0] ?? 0 };
    case 'authenticate': {
      const { dataId, rest } = splitDataId(edition, data);
      return { kind: 'authenticate', dataId, data: rest };
    }
  }
}

/** In 2007 every order names its operator, in 1997 none does. */
function permit(edition: Edition, authority: Authority): Uint8Array {
  if ((authority.operator === null) !== (edition === '1997')) {
    throw protocolError('frame.bad_value', 'the edition of 2007 has an operator, that of 1997 has none');
  }
  return encodeAuthority(authority);
}

function encodeSelection(blocks: number | null, since: string | null): Uint8Array {
  if (blocks === null && since === null) return NO_DATA;
  if (blocks === null) throw protocolError('frame.bad_value', 'a time without a number of blocks');
  const count = Uint8Array.of(byteOf(blocks));
  return since === null ? count : concatBytes(count, encodeDigits(since, MINUTE_LAYOUT));
}

function decodeSelection(rest: Uint8Array): { blocks: number | null; since: string | null } {
  const [blocks = null] = rest;
  if (rest.length <= 1) return { blocks, since: null };
  return { blocks, since: decodeDigits(rest.subarray(1), MINUTE_LAYOUT) };
}

function encodeSequence(edition: Edition, sequence: number | null): Uint8Array {
  if ((sequence === null) !== (edition === '1997') || sequence === 0) {
    throw protocolError('frame.bad_value', 'a sequence of 1 to 255 in 2007, none in 1997', { sequence });
  }
  return sequence === null ? NO_DATA : Uint8Array.of(byteOf(sequence));
}

function decodeSequence(edition: Edition, rest: Uint8Array): number | null {
  exactly(rest, edition === '1997' ? 0 : 1);
  const [sequence = null] = rest;
  if (sequence === 0) throw protocolError('frame.bad_value', 'a sequence begins with 1');
  return sequence;
}

function encodePasswordId(edition: Edition, dataId: string | null): Uint8Array {
  if ((dataId === null) !== (edition === '1997')) {
    throw protocolError(
      'frame.bad_value',
      'the edition of 2007 names the password by its data id, that of 1997 does not',
    );
  }
  return dataId === null ? NO_DATA : encodeDataId(edition, dataId);
}

function decodePasswordChange(edition: Edition, data: Uint8Array): RequestBody {
  const { dataId, rest } = edition === '2007' ? splitDataId(edition, data) : { dataId: null, rest: data };
  exactly(rest, 2 * PASSWORD_BYTES);
  const old = decodePassword(rest.subarray(0, PASSWORD_BYTES));
  return { kind: 'set_password', dataId, old, next: decodePassword(rest.subarray(PASSWORD_BYTES)) };
}

function exactly(data: Uint8Array, bytes: number): void {
  if (data.length !== bytes) throw protocolError('frame.bad_length', `${bytes} bytes, got ${data.length}`);
}

function byteOf(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) {
    throw protocolError('frame.bad_value', 'not one byte', { value });
  }
  return value;
}
