import { protocolError } from '../errors.ts';

/** Names that the vendor's document gives; others pass too, since firmware brings new ones. */
export const HW_COMMANDS = [
  'login',
  'time',
  'para',
  'heart',
  'data',
  'hstdata',
  'ota',
  'restart',
  'control',
  'allVersion',
  'gwConfigInfo',
  'downlinkConfigInfo',
  'transport',
  'instruct',
  'metermodel',
  'topology',
  'callmodel',
  'event',
] as const;

/** `/gw/acrelHW/{product}/{command}/{serial}` from the device, `/server/…` to it. */
export interface HwTopic {
  readonly direction: 'up' | 'down';
  /** Null where the device sends the word "null". */
  readonly product: string | null;
  readonly command: string;
  readonly serial: string;
}

/** What the server subscribes to. */
export const HW_UP_FILTER = '/gw/acrelHW/+/+/+';

const TOPIC = /^\/(gw|server)\/acrelHW\/([\w-]{1,64})\/(\w{1,32})\/([\w-]{1,64})$/;

/** @throws frame.bad_payload */
export function parseHwTopic(topic: string): HwTopic {
  const [, side, product = '', command = '', serial = ''] = TOPIC.exec(topic) ?? [];
  if (side === undefined)
    throw protocolError('frame.bad_payload', 'no topic of acrelHW', { topic: topic.slice(0, 128) });
  return { direction: side === 'gw' ? 'up' : 'down', product: product === 'null' ? null : product, command, serial };
}

/** @throws frame.bad_value for parts that cannot stand in a topic */
export function buildHwTopic({ direction, product, command, serial }: HwTopic): string {
  const topic = `/${direction === 'up' ? 'gw' : 'server'}/acrelHW/${product ?? 'null'}/${command}/${serial}`;
  if (!TOPIC.test(topic) || product === 'null')
    throw protocolError('frame.bad_value', 'no parts of a topic', { topic: topic.slice(0, 128) });
  return topic;
}
