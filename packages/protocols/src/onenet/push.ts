import { createHash, randomBytes } from 'node:crypto';
import { protocolError } from '../errors.ts';
import {
  canonicalJson,
  idOf,
  integerOf,
  isObject,
  type JsonObject,
  memberText,
  objectOf,
  parseJson,
  textOf,
} from '../json.ts';
import { decodeUtf8, decryptCbc, encryptCbc, equalSecrets } from '../secure.ts';

/** One thing that the platform reports of a device. `at` is when the platform had it. */
export type OneNetPush = {
  readonly deviceId: string;
  readonly imei: string | null;
  readonly at: Date;
} & (
  | {
      readonly kind: 'data';
      /** The stream, for NB devices `object_instance_resource`, for example `3200_0_5750`. */
      readonly streamId: string;
      readonly value: OneNetValue;
    }
  | { readonly kind: 'online'; readonly online: boolean }
  | {
      readonly kind: 'command_response';
      readonly commandId: string | null;
      /** As the platform gives it. */
      readonly result: string;
    }
);

/** The device's own bytes where the value is hexadecimal text; else what the platform sent. */
export type OneNetValue =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'values'; readonly values: JsonObject };

/** Types 1 and 2 are published; that 7 is the answer to a command is known from users. */
const TYPE = { data: 1, online: 2, commandResponse: 7 } as const;
const MAX_MESSAGES = 1_000;
const MAX_PAYLOAD_BYTES = 4_096;
const MAX_NONCE_CHARACTERS = 64;
const MAX_MESSAGE_CHARACTERS = 256 * 1024;
/** 2000-01-01 and 2100-01-01 in milliseconds. */
const EARLIEST_MS = 946_684_800_000;
const LATEST_MS = 4_102_444_800_000;

/** base64(MD5(token, nonce, message)), as the platform signs what it sends and what it asks to be echoed. */
export const signatureOf = (token: string, nonce: string, message: string): string =>
  createHash('md5')
    .update(token + nonce + message)
    .digest('base64');

/**
 * The address is being registered: the platform asks with `?msg=…&nonce=…&signature=…` and wants `msg` back.
 * A '+' of the signature arrives as a space where the query was decoded as a form; it is put back.
 * @returns what to answer with, or null when the signature is not the token's; compared in constant time
 */
export function answerVerification(
  query: { readonly msg?: unknown; readonly nonce?: unknown; readonly signature?: unknown },
  token: string,
): string | null {
  const { msg, nonce, signature } = query;
  if (typeof msg !== 'string' || typeof nonce !== 'string' || typeof signature !== 'string') return null;
  if (msg.length > MAX_NONCE_CHARACTERS || nonce.length > MAX_NONCE_CHARACTERS) return null;
  return isSigned(token, nonce, msg, signature) ? msg : null;
}

const isSigned = (token: string, nonce: string, message: string, signature: string): boolean =>
  equalSecrets(signatureOf(token, nonce, message), signature.replaceAll(' ', '+'));

/** What a product's secrets are, on the platform's side of it. */
export interface PushSecrets {
  readonly token: string;
  /** The 43 characters of the encrypted mode; null where the product pushes in the clear. */
  readonly aesKey: string | null;
}

/**
 * A POST of the platform: `{ msg, nonce, signature }`, or `{ enc_msg, nonce, signature }` in the encrypted mode. `msg` is one
 * message or an array of them, as JSON, signed as the sender wrote it, or as the text of it.
 * @throws frame.not_decrypted for a signature that is not the token's, and without the key where one is needed;
 * frame.bad_payload, frame.bad_value, frame.too_long, frame.unknown_function for an unknown type
 */
export function parseOneNetPush(body: Uint8Array | string, secrets: PushSecrets): OneNetPush[] {
  const text = typeof body === 'string' ? body : decodeUtf8(body);
  const push = objectOf(parseJson(text), 'push');
  const nonce = textOf(push, 'nonce') ?? '';
  const signature = textOf(push, 'signature') ?? textOf(push, 'msg_signature') ?? '';
  const encrypted = push['enc_msg'];
  const signed = encrypted ?? (typeof push['msg'] === 'string' ? push['msg'] : memberText(text, 'msg'));
  if (typeof signed !== 'string' || signed.length > MAX_MESSAGE_CHARACTERS)
    throw protocolError('frame.bad_payload', 'no msg');
  if (!isSigned(secrets.token, nonce, signed, signature))
    throw protocolError('frame.not_decrypted', 'the signature is not of our token');
  const message = parseJson(encrypted === undefined ? signed : decryptMessage(signed, secrets.aesKey));
  const messages: unknown[] = Array.isArray(message) ? message : [message];
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    throw protocolError('frame.bad_payload', `1 to ${MAX_MESSAGES} messages`);
  return messages.map(parseMessage);
}

/** The same push as the platform makes it, for simulated ones. `messages` is the JSON text of one message or an array. */
export function buildOneNetPush(messages: string, nonce: string, secrets: PushSecrets): string {
  const { token, aesKey } = secrets;
  if (aesKey === null) return JSON.stringify({ msg: messages, nonce, signature: signatureOf(token, nonce, messages) });
  const encrypted = encryptMessage(messages, aesKey);
  return JSON.stringify({ enc_msg: encrypted, nonce, signature: signatureOf(token, nonce, encrypted) });
}

/** One message of a push. @throws as `parseOneNetPush` */
export function parseMessage(json: unknown): OneNetPush {
  const message = objectOf(json, 'message');
  const common = { deviceId: idOf(message, 'dev_id'), imei: textOf(message, 'imei'), at: instantOf(message) };
  const type = integerOf(message, 'type');
  switch (type) {
    case TYPE.data:
      return { ...common, kind: 'data', streamId: idOf(message, 'ds_id'), value: deviceValue(message['value']) };
    case TYPE.online: {
      const status = integerOf(message, 'status');
      if (status !== 0 && status !== 1) throw protocolError('frame.bad_value', 'status is not 0 or 1', { status });
      return { ...common, kind: 'online', online: status === 1 };
    }
    case TYPE.commandResponse: {
      const result = textOf(message, 'confirm_status') ?? textOf(message, 'status') ?? 'unknown';
      return { ...common, kind: 'command_response', commandId: textOf(message, 'cmd_id'), result };
    }
    default:
      throw protocolError('frame.unknown_function', 'no known type', { type });
  }
}

function instantOf(message: JsonObject): Date {
  const at = integerOf(message, 'at');
  if (at < EARLIEST_MS || at >= LATEST_MS) throw protocolError('frame.bad_value', 'at is not in milliseconds', { at });
  return new Date(at);
}

function deviceValue(value: unknown): OneNetValue {
  if (isObject(value)) return { kind: 'values', values: value };
  if (typeof value === 'string' && /^(?:[0-9A-Fa-f]{2})+$/.test(value)) {
    if (value.length > 2 * MAX_PAYLOAD_BYTES) throw protocolError('frame.too_long', `over ${MAX_PAYLOAD_BYTES} bytes`);
    return { kind: 'bytes', bytes: new Uint8Array(Buffer.from(value, 'hex')) };
  }
  return { kind: 'values', values: { value } };
}

/**
 * The same for a message that the platform sends again and different for any other: SHA-256 over device, time and contents,
 * in hexadecimal.
 */
export const oneNetDedupeKey = (push: OneNetPush): string =>
  createHash('sha256').update(canonicalJson(push)).digest('hex');

const RANDOM_BYTES = 16;
const LENGTH_BYTES = 4;

/**
 * AES-256-CBC, the first half of the key as initialisation vector, over `16 random bytes | length, 4 bytes, high first |
 * message`. The layout is known from users of the encrypted mode, not from a recorded push.
 */
export function decryptMessage(base64: string, aesKey: string | null): string {
  const key = keyBytes(aesKey);
  const plain = decryptCbc(Buffer.from(base64, 'base64'), key, key.subarray(0, RANDOM_BYTES));
  const bytes = plain.subarray(RANDOM_BYTES + LENGTH_BYTES);
  const isLong = plain.length >= RANDOM_BYTES + LENGTH_BYTES;
  const length = isLong ? Buffer.from(plain).readUInt32BE(RANDOM_BYTES) : -1;
  if (length < 0 || length > bytes.length)
    throw protocolError('frame.bad_payload', 'the length inside of the encrypted message is wrong');
  return decodeUtf8(bytes.subarray(0, length));
}

function encryptMessage(message: string, aesKey: string): string {
  const key = keyBytes(aesKey);
  const bytes = Buffer.from(message);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  const plain = Buffer.concat([randomBytes(RANDOM_BYTES), length, bytes]);
  return Buffer.from(encryptCbc(plain, key, key.subarray(0, RANDOM_BYTES))).toString('base64');
}

function keyBytes(aesKey: string | null): Buffer {
  if (aesKey === null) throw protocolError('frame.not_decrypted', 'an encrypted push, and no key for this product');
  const key = Buffer.from(`${aesKey}=`, 'base64');
  if (!/^[0-9A-Za-z+/]{43}$/.test(aesKey)) throw protocolError('frame.bad_value', 'a key of 43 characters of base64');
  return key;
}
