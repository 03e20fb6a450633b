/**
 * The topics of both families, see `acrelmqtt` of the protocols package: a device's own end in its serial number, so what it
 * may say and hear follows from who it is.
 */
const UP: readonly RegExp[] = [
  /^\/gw\/acrelHW\/[^/]+\/[^/]+\/([^/]+)$/,
  /^(?:sys\/dev|data\/up|indicate\/dev)\/[^/]+\/([^/]+)$/,
];
const DOWN: readonly RegExp[] = [
  /^\/server\/acrelHW\/[^/#]+\/[^/#]+\/([^/]+)$/,
  /^(?:sys|data|indicate)\/server\/[^/#]+\/([^/]+)$/,
];

/** Everything that devices say, for a client that hears all of them. */
export const UP_FILTERS = ['/gw/acrelHW/+/+/+', 'sys/dev/+/+', 'data/up/+/+', 'indicate/dev/+/+'] as const;

const keyIn = (patterns: readonly RegExp[], topic: string): string | null => {
  for (const pattern of patterns) {
    const key = pattern.exec(topic)?.[1];
    if (key !== undefined) return key;
  }
  return null;
};

/** The device that speaks on a topic; null where it is none of ours. */
export const speakerOf = (topic: string): string | null => keyIn(UP, topic);

/** The device that a filter hears; null where it would hear others too, or is none of ours. */
export const hearerOf = (filter: string): string | null => keyIn(DOWN, filter);
