/** Bounds of every link to devices. Times are on the wire, in real milliseconds. */
export interface LinkLimits {
  /** Below the usual hard limit of 20,000 open files. */
  readonly maxConnections: number;
  /** Connections that have not said who they are; beyond these the oldest of them makes room. */
  readonly maxUnregistered: number;
  readonly maxUnregisteredPerAddress: number;
  readonly registerWithinMs: number;
  /**
   * How long a device that nobody claimed stays connected: closed at once it would call again at once, and whoever
   * installs it has a moment to claim it.
   */
  readonly unclaimedForMs: number;
  /** Without any valid frame for so long a registered connection is taken for half-open. */
  readonly silenceMs: number;
  readonly maxNoiseBytes: number;
  /** Bytes written and not taken by the device. */
  readonly maxUnsentBytes: number;
  /** Pushes of one connection that wait to be durable; further ones go unacknowledged, and the meter sends them again. */
  readonly maxPendingPushes: number;
  readonly replyWithinMs: number;
  /** What arrived of a frame before a silence of so long belongs to no frame after it: TCP may split one in between. */
  readonly frameWithinMs: number;
  /** After a time-out nothing is asked for so long, and what arrives is dropped: it may answer the old request. */
  readonly quietAfterTimeOutMs: number;
  /** A connection on which so many requests in a row were in vain, and every meter behind it among them, is closed. */
  readonly maxTimeOutsInARow: number;
  /** Of one line: a bus has up to some 250 meters. */
  readonly maxRequestsQueued: number;
}

export const LINK_LIMITS: LinkLimits = {
  maxConnections: 18_000,
  maxUnregistered: 2_000,
  maxUnregisteredPerAddress: 1_100,
  registerWithinMs: 15_000,
  unclaimedForMs: 60_000,
  silenceMs: 200_000,
  maxNoiseBytes: 64 * 1024,
  maxUnsentBytes: 64 * 1024,
  maxPendingPushes: 16,
  replyWithinMs: 12_000,
  frameWithinMs: 1_500,
  quietAfterTimeOutMs: 3_000,
  maxTimeOutsInARow: 3,
  maxRequestsQueued: 512,
};
