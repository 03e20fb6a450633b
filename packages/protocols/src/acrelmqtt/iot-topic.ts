import { protocolError } from '../errors.ts';

/**
 * Topics of the domestic IoT platform. `sys` is login, time and the rest of a device's life, `data` its uploads, `indicate`
 * orders to it and their answers.
 */
export interface IotTopic {
  readonly channel: 'sys' | 'data' | 'indicate';
  readonly direction: 'up' | 'down';
  readonly productKey: string;
  readonly serial: string;
}

/** What the server subscribes to. */
export const IOT_UP_FILTERS = ['sys/dev/+/+', 'data/up/+/+', 'indicate/dev/+/+'] as const;

const PREFIXES = {
  sys: { up: 'sys/dev', down: 'sys/server' },
  /** Uploads are answered on `sys`: how is not published, and assumed to be like every other answer. */
  data: { up: 'data/up', down: 'sys/server' },
  indicate: { up: 'indicate/dev', down: 'indicate/server' },
} as const;

const TOPIC = /^(sys\/dev|sys\/server|data\/up|indicate\/dev|indicate\/server)\/([\w-]{1,64})\/([\w-]{1,64})$/;

/** @throws frame.bad_payload */
export function parseIotTopic(topic: string): IotTopic {
  const [, prefix, productKey = '', serial = ''] = TOPIC.exec(topic) ?? [];
  if (prefix === undefined)
    throw protocolError('frame.bad_payload', 'no topic of the IoT platform', { topic: topic.slice(0, 128) });
  const direction = prefix.endsWith('server') ? 'down' : 'up';
  const channel = (['sys', 'data', 'indicate'] as const).find((one) => prefix.startsWith(one)) ?? 'sys';
  return { channel, direction, productKey, serial };
}

/** @throws frame.bad_value for parts that cannot stand in a topic */
export function buildIotTopic({ channel, direction, productKey, serial }: IotTopic): string {
  const topic = `${PREFIXES[channel][direction]}/${productKey}/${serial}`;
  if (!TOPIC.test(topic)) throw protocolError('frame.bad_value', 'no parts of a topic', { topic: topic.slice(0, 128) });
  return topic;
}
