import { toHex } from '@openprepay/kernel';
import { decodeHwDown, decodeHwUp } from '../acrelmqtt/hw.ts';
import { type HwTopic, parseHwTopic } from '../acrelmqtt/hw-topic.ts';
import { decodeIotDown, decodeIotUp } from '../acrelmqtt/iot.ts';
import { type IotTopic, parseIotTopic } from '../acrelmqtt/iot-topic.ts';
import { type Packing, PLAIN, unpack } from '../acrelmqtt/wrap.ts';
import { isObject, type JsonObject, parseJson, textOf } from '../json.ts';
import { attempt, describeLineBytes } from './attempt.ts';
import { type Description, describe, type Fields, plain } from './description.ts';

interface Message {
  readonly hw: HwTopic | null;
  readonly iot: IotTopic | null;
  readonly payload: Uint8Array;
}

/** A topic has no braces, and no payload of these families begins otherwise than with one, unless it is packed. */
const TOPIC = /^([\w/-]{8,200})\s+/;

/**
 * @param input the payload, or the topic, white space and the payload; without a topic the family and direction follow from the payload
 * @param secret for payloads that the device encrypts; without it they are shown as such
 */
export function describeAcrelMqtt(input: Uint8Array | string, secret: string | null): Description {
  const message = split(input);
  const payload = unpackAny(message.payload, secret);
  if (payload === null) {
    const fields = { topicSerial: message.iot?.serial ?? null, packed: toHex(message.payload) };
    return describe('acrelmqtt', 'compressed or encrypted', fields);
  }
  const json = parseJson(payload);
  const body = isObject(json) ? json : {};
  return message.iot || (!message.hw && body['sn'] !== undefined)
    ? describeIot(message.iot, payload)
    : describeHw(message.hw, payload, body);
}

function split(input: Uint8Array | string): Message {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const [head = '', topic = ''] = TOPIC.exec(String.fromCharCode(...bytes.subarray(0, 256))) ?? [];
  const payload = bytes.subarray(head.length);
  if (topic === '') return { hw: null, iot: null, payload: bytes };
  const hw = attempt(() => parseHwTopic(topic));
  return { hw, iot: hw ? null : parseIotTopic(topic), payload };
}

/** How a device packs is said at its login only, so each way is tried; none of them gives JSON by chance. */
function unpackAny(payload: Uint8Array, secret: string | null): Uint8Array | null {
  const isJson = (bytes: Uint8Array) => attempt(() => parseJson(bytes)) !== null;
  if (isJson(payload)) return payload;
  const ways: readonly Packing[] = [
    { compress: 'zlib', secret: null },
    ...(secret === null ? [] : [{ compress: 'none', secret } as const, { compress: 'zlib', secret } as const]),
  ];
  for (const way of ways) {
    const plainBytes = attempt(() => unpack(payload, way));
    if (plainBytes && isJson(plainBytes)) return plainBytes;
  }
  return null;
}

function describeHw(topic: HwTopic | null, payload: Uint8Array, body: JsonObject): Description {
  const command = topic?.command ?? textOf(body, 'type') ?? '';
  const isDown = topic ? topic.direction === 'down' : body['gwSN'] === undefined;
  const message = isDown ? decodeHwDown(command, payload) : decodeHwUp(command, payload);
  const { kind } = message;
  const who = 'serial' in message ? `device ${message.serial}` : 'server';
  const said = (fields: Fields, inner: readonly Description[] = []) =>
    describe(
      'acrelmqtt',
      `${who}: ${kind}`,
      { family: 'acrelHW', direction: isDown ? 'down' : 'up', command, ...fields },
      inner,
    );
  if (kind === 'transparent') return said({ line: toHex(message.bytes) }, describeLineBytes(message.bytes));
  return said({ content: plain(body) });
}

function describeIot(topic: IotTopic | null, payload: Uint8Array): Description {
  const isDown = topic?.direction === 'down';
  const message = isDown ? decodeIotDown(payload, PLAIN) : decodeIotUp(topic?.channel ?? 'sys', payload, PLAIN);
  const { kind, msgid, serial, at, ...rest } = message;
  const who = isDown ? `server to ${serial}` : `device ${serial}`;
  const head = {
    family: 'iot',
    direction: topic?.direction ?? 'not known',
    msgid,
    serial,
    at: at?.toISOString() ?? null,
  };
  return describe('acrelmqtt', `${who}: ${kind}`, { ...head, ...Object.fromEntries(fieldsOf(rest)) });
}

const fieldsOf = (rest: object) => Object.entries(rest).map(([name, value]) => [name, plain(value)] as const);
