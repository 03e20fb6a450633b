/** Bounds of the broker. Times are on the wire. */
export interface MqttLimits {
  readonly maxConnections: number;
  /** Connections that have not signed in; a new one beyond these is refused. */
  readonly maxUnknown: number;
  readonly signInWithinMs: number;
  /** A whole packet; the longest message of a gateway with a few hundred meters has some 40 KiB. */
  readonly maxPacketBytes: number;
  readonly maxTopicBytes: number;
  readonly maxSubscriptions: number;
  /** Put in place of a longer keep-alive, and of none: 1.5 times this without a packet ends a connection. */
  readonly keepAliveS: number;
  /** How long a device may take nothing of what is sent to it. */
  readonly drainWithinMs: number;
}

export const MQTT_LIMITS: MqttLimits = {
  maxConnections: 5_000,
  maxUnknown: 1_000,
  signInWithinMs: 10_000,
  maxPacketBytes: 128 * 1024,
  maxTopicBytes: 256,
  maxSubscriptions: 32,
  keepAliveS: 2_400,
  drainWithinMs: 30_000,
};

/** Of clients' names of MQTT 3.1; longer ones are refused by that edition itself. */
export const MAX_LINK_KEY = 64;
