import type { Ask, Dialogue, MeterDriver, MeterPoint } from '@openprepay/protocols/driver';
import type { Device } from '../devices/index.ts';
import type { EndReason } from './stats.ts';

/** Links with a connection that stands: what is behind it can be asked at any time. */
export const CONNECTED_LINKS = ['acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp'] as const;

/** Who goes first on a line: a command before a person's read before what was missed before the sweep. */
export const PRIORITY = { command: 0, person: 1, sweep: 2, backfill: 3 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/**
 * One half-duplex way to meters: a modem's transparent channel, or a bus behind a gateway's port. One question is
 * outstanding at a time, and a late answer never satisfies the next.
 */
export interface Line {
  /**
   * Waits for its turn, then sends what `prepare` gives, so that a command is made durable, or withdrawn with null, at
   * the last moment. `meter` is the one asked: its driver cuts what comes back into frames.
   * @returns the meter's own frame, empty where the link alone acknowledged a write or nobody answers; null when it was
   *   withdrawn
   * @throws headend.request_timed_out, headend.connection_closed, headend.queue_full
   */
  ask(
    priority: Priority,
    prepare: () => Ask | null | Promise<Ask | null>,
    meter: ReachableMeter,
  ): Promise<Uint8Array | null>;
}

/** One device that is connected, and the meters behind it. */
export interface Session {
  readonly link: Device['link'];
  readonly linkKey: string;
  readonly remote: string;
  readonly meters: readonly ReachableMeter[];
  /** When it was registered, in milliseconds of the process's own monotonic clock. */
  readonly sinceMs: number;
  /** Aborts when the connection is gone. */
  readonly closed: AbortSignal;
  /** Closes the connection for a reason that is counted. */
  hangUp(reason: EndReason): void;
}

/** A meter that can be reached now, and how its reading stands. */
export interface ReachableMeter {
  readonly device: Device;
  readonly driver: MeterDriver;
  readonly point: MeterPoint;
  readonly session: Session;
  /** Shared by all meters of one bus. */
  readonly line: Line;
  /** Business time at which its last durable report came in, on this connection. */
  lastReportAt: Date | null;
}

/** How `converse` runs a dialogue. Implemented in `converse.ts`. */
export type Converse = <T>(
  meter: ReachableMeter,
  priority: Priority,
  dialogue: Dialogue<T>,
  /** Called at the last moment before each write goes out; false withdraws it and ends the dialogue. */
  beforeWrite?: (request: Uint8Array) => Promise<boolean>,
) => Promise<Conversation<T> | null>;

export interface Conversation<T> {
  readonly value: T;
  /** The meter's frames in the order they came: proof of what it said. */
  readonly replies: readonly Uint8Array[];
}
