import type { FrameTrouble, LinkEventName } from '@openprepay/contract';
import type { ProtocolErrorCode } from '@openprepay/protocols';
import type { Device } from '../devices/index.ts';

export type FrameError = FrameTrouble | ProtocolErrorCode;

/** A frame as it passed, or bytes that were refused. */
export interface SeenFrame {
  readonly direction: 'up' | 'down';
  readonly link: Device['link'];
  readonly linkKey: string;
  /** Null for a device that nobody claimed. */
  readonly marketId: string | null;
  /** Null where a frame is the connection's own, or of no meter that is known. */
  readonly meterId: string | null;
  /** The name under which the bytes are decoded: `acrel4g`, `modbus` … */
  readonly protocol: string;
  readonly bytes: Uint8Array;
  /** Why it was refused; null for a good one. */
  readonly error: FrameError | null;
}

/** Something that happened on the way to a device: a stable code, and what a person needs to understand it. */
export interface SeenEvent {
  readonly link: Device['link'];
  readonly linkKey: string;
  readonly marketId: string | null;
  readonly meterId: string | null;
  readonly event: LinkEventName;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Told of everything on every link, for people who look on. Never throws, and nobody waits for it. */
export interface Trace {
  frame(seen: SeenFrame): void;
  event(seen: SeenEvent): void;
}

export const NO_TRACE: Trace = { frame() {}, event() {} };
