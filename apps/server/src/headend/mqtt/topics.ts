import { isProtocolError } from '@openprepay/protocols';
import {
  HW_UP_FILTER,
  type HwTopic,
  IOT_UP_FILTERS,
  type IotTopic,
  parseHwTopic,
  parseIotTopic,
} from '@openprepay/protocols/acrelmqtt';

/** Everything that devices say, for a client that hears all of them. */
export const UP_FILTERS: readonly string[] = [HW_UP_FILTER, ...IOT_UP_FILTERS];

/** Who speaks on a topic of a device, in which of the vendor's two families. */
export type Spoken =
  | { readonly family: 'hw'; readonly linkKey: string; readonly topic: HwTopic }
  | { readonly family: 'iot'; readonly linkKey: string; readonly topic: IotTopic };

/** What a topic says of its speaker; null where it is none that a device speaks on. */
export function spokenOn(topic: string): Spoken | null {
  try {
    const spoken = topic.startsWith('/') ? hwSpoken(parseHwTopic(topic)) : iotSpoken(parseIotTopic(topic));
    return spoken.topic.direction === 'up' ? spoken : null;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return null;
  }
}

const hwSpoken = (topic: HwTopic): Spoken => ({ family: 'hw', linkKey: topic.serial, topic });
const iotSpoken = (topic: IotTopic): Spoken => ({ family: 'iot', linkKey: topic.serial, topic });

const HEARD: readonly RegExp[] = [
  /^\/server\/acrelHW\/[^/#]+\/[^/#]+\/([^/]+)$/,
  /^(?:sys|indicate)\/server\/[^/#]+\/([^/]+)$/,
];

/** The device that a filter hears; null where it would hear others too, or what devices say. */
export function hearerOf(filter: string): string | null {
  for (const pattern of HEARD) {
    const linkKey = pattern.exec(filter)?.[1];
    if (linkKey !== undefined) return linkKey;
  }
  return null;
}
