import { concatBytes, toHex } from '@openprepay/kernel';
import { protocolError } from '../errors.ts';
import { decodeAddress, encodeAddress } from './address.ts';
import { decodeBaud, decodePassword, encodeBaud, encodePassword, PASSWORD_BYTES, type Password } from './authority.ts';
import {
  CONTROL,
  type Dlt645Frame,
  type Edition,
  encodeDataId,
  hasMore,
  isFromMeter,
  isRefusal,
  splitDataId,
} from './frame.ts';
import { type FunctionName, functionCode, identify } from './functions.ts';

/** What a meter answers. */
export type ReplyBody =
  /** `more`: it did not fit, the rest is to be asked for with read_more. */
  | { readonly kind: 'data'; readonly dataId: string; readonly data: Uint8Array; readonly more: boolean }
  | {
      readonly kind: 'more_data';
      readonly dataId: string;
      readonly data: Uint8Array;
      readonly more: boolean;
      /** As asked; null in 1997, which has none. */
      readonly sequence: number | null;
    }
  | { readonly kind: 'address'; readonly meterAddress: string }
  | { readonly kind: 'baud'; readonly baud: number }
  /** The new password. */
  | { readonly kind: 'password'; readonly password: Password }
  | { readonly kind: 'terminal'; readonly signal: number }
  | { readonly kind: 'authenticated'; readonly dataId: string; readonly data: Uint8Array }
  /** It did what was asked of it, as far as an acknowledgement proves. */
  | { readonly kind: 'done'; readonly of: FunctionName }
  /** `errors` is ERR, or the two bytes SERR of the security chip; `describeErrors` has the words. */
  | { readonly kind: 'refused'; readonly of: FunctionName; readonly errors: Uint8Array };

export type Dlt645Reply = { readonly edition: Edition; readonly address: string } & ReplyBody;

const FUNCTION_OF = {
  data: 'read',
  more_data: 'read_more',
  address: 'read_address',
  baud: 'set_baud',
  password: 'set_password',
  terminal: 'set_terminal',
  authenticated: 'authenticate',
} as const satisfies Readonly<Record<Exclude<ReplyBody['kind'], 'done' | 'refused'>, FunctionName>>;

/** @throws frame.unknown_function when the edition has no such function, frame.bad_value, frame.bad_bcd */
export function frameOfReply(reply: Dlt645Reply): Dlt645Frame {
  const name = 'of' in reply ? reply.of : FUNCTION_OF[reply.kind];
  const code = functionCode(reply.edition, name);
  if (code === null) throw protocolError('frame.unknown_function', `no ${name} in ${reply.edition}`);
  const refused = reply.kind === 'refused' ? CONTROL.refused : 0;
  const more = 'more' in reply && reply.more ? CONTROL.more : 0;
  return { address: reply.address, control: code | CONTROL.reply | refused | more, data: encodeBody(reply) };
}

function encodeBody(reply: Dlt645Reply): Uint8Array {
  switch (reply.kind) {
    case 'data':
    case 'authenticated':
      return concatBytes(encodeDataId(reply.edition, reply.dataId), reply.data);
    case 'more_data': {
      if ((reply.sequence === null) !== (reply.edition === '1997')) {
        throw protocolError('frame.bad_value', 'a sequence in 2007, none in 1997');
      }
      const sequence = reply.sequence === null ? new Uint8Array(0) : Uint8Array.of(reply.sequence);
      return concatBytes(encodeDataId(reply.edition, reply.dataId), reply.data, sequence);
    }
    case 'address':
      return encodeAddress(reply.meterAddress);
    case 'baud':
      return encodeBaud(reply.baud);
    case 'password':
      return encodePassword(reply.password);
    case 'terminal':
      return Uint8Array.of(reply.signal);
    case 'done':
      return new Uint8Array(0);
    case 'refused':
      return reply.errors;
  }
}

/** @throws frame.unknown_function for a request or a function of neither edition; frame.bad_length, frame.bad_bcd, frame.bad_value */
export function decodeReply(frame: Dlt645Frame): Dlt645Reply {
  const identified = identify(frame);
  if (identified === null || !isFromMeter(frame)) {
    throw protocolError('frame.unknown_function', 'not a reply', { control: frame.control });
  }
  const { edition, name } = identified;
  const origin = { edition, address: frame.address };
  if (isRefusal(frame)) return { ...origin, kind: 'refused', of: name, errors: errorBytes(frame.data) };
  if (hasMore(frame) && name !== 'read' && name !== 'read_more') {
    throw protocolError('frame.unknown_function', 'only data that was read may have more to follow', {
      control: frame.control,
    });
  }
  if (name === 'read') {
    const { dataId, rest } = splitDataId(edition, frame.data);
    return { edition, address: frame.address, kind: 'data', dataId, data: rest, more: hasMore(frame) };
  }
  return { ...origin, ...decodeBody(edition, name, frame) };
}

function decodeBody(edition: Edition, name: Exclude<FunctionName, 'read'>, frame: Dlt645Frame): ReplyBody {
  const { data } = frame;
  switch (name) {
    case 'read_more': {
      const { dataId, rest } = splitDataId(edition, data);
      if (edition === '1997') return { kind: 'more_data', dataId, data: rest, more: hasMore(frame), sequence: null };
      const sequence = rest.at(-1);
      if (sequence === undefined) throw protocolError('frame.bad_length', 'no sequence at the end');
      return { kind: 'more_data', dataId, data: rest.slice(0, -1), more: hasMore(frame), sequence };
    }
    case 'read_address':
      return { kind: 'address', meterAddress: decodeAddress(data) };
    case 'authenticate': {
      const { dataId, rest } = splitDataId(edition, data);
      return { kind: 'authenticated', dataId, data: rest };
    }
    default:
      return data.length === 0 ? { kind: 'done', of: name } : decodeEcho(name, data);
  }
}

/** Some functions answer with the value that is now set; makers leave it out. */
function decodeEcho(name: FunctionName, data: Uint8Array): ReplyBody {
  if (name === 'set_baud') return { kind: 'baud', baud: decodeBaud(data) };
  if (name === 'set_password' && data.length === PASSWORD_BYTES) {
    return { kind: 'password', password: decodePassword(data) };
  }
  if (name === 'set_terminal' && data.length === 1) return { kind: 'terminal', signal: data[0] ?? 0 };
  throw protocolError('frame.bad_length', `an answer to ${name} without data`, { data: toHex(data).slice(0, 64) });
}

const MOST_ERROR_BYTES = 2;

function errorBytes(data: Uint8Array): Uint8Array {
  if (data.length < 1 || data.length > MOST_ERROR_BYTES) {
    throw protocolError('frame.bad_length', 'a refusal has one or two bytes of errors');
  }
  return data;
}

/** ERR, bit 0 first: table of error words; bits 1 and 2 are recorded, the others common knowledge. */
const ERRORS: Readonly<Record<Edition, readonly string[]>> = {
  '2007': [
    'other error',
    'no such data',
    'wrong password or not authorised',
    'baud rate cannot be changed',
    'too many year zones',
    'too many day tables',
    'too many tariffs',
    'reserved bit 7',
  ],
  '1997': [
    'invalid data',
    'wrong data id',
    'wrong password',
    'reserved bit 3',
    'too many year zones',
    'too many day tables',
    'too many tariffs',
    'reserved bit 7',
  ],
};

/** SERR of the security chip, bit 0 first; common knowledge. */
const SECURITY_ERRORS: readonly string[] = [
  'other error',
  'recharged twice',
  'security chip check failed',
  'authentication failed',
  'customer number differs',
  'purchase count wrong',
  'over the hoard limit',
];

/** The bits that are set, in words. @param errors one byte ERR, or two bytes SERR, low first */
export function describeErrors(edition: Edition, errors: Uint8Array): readonly string[] {
  const names = errors.length > 1 ? SECURITY_ERRORS : ERRORS[edition];
  const bits = (errors[0] ?? 0) | ((errors[1] ?? 0) << 8);
  return Array.from({ length: 8 * errors.length }, (_, bit) => bit)
    .filter((bit) => (bits >> bit) & 1)
    .map((bit) => names[bit] ?? `reserved bit ${bit}`);
}
