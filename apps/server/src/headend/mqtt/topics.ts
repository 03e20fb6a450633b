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
export type Spoken = { readonly linkKey: string; readonly text: string } & (
  | { readonly family: 'hw'; readonly topic: HwTopic }
  | { readonly family: 'iot'; readonly topic: IotTopic }
);

/** What a topic says of its speaker; null where it is none that a device speaks on. */
export function spokenOn(text: string): Spoken | null {
  try {
    const spoken: Spoken = text.startsWith('/') ? hwSpoken(text) : iotSpoken(text);
    return spoken.topic.direction === 'up' ? spoken : null;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return null;
  }
}

function hwSpoken(text: string): Spoken {
  const topic = parseHwTopic(text);
  return { family: 'hw', linkKey: topic.serial, text, topic };
}

function iotSpoken(text: string): Spoken {
  const topic = parseIotTopic(text);
  return { family: 'iot', linkKey: topic.serial, text, topic };
}

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
