import type { Link } from '../../devices/index.ts';
import type { Claimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import type { ReachableMeter } from '../reachable.ts';
import type { ConnectedSession } from '../sessions.ts';
import type { EndReason } from '../stats.ts';
import type { FrameError } from '../trace.ts';

/** A connection on the device port, as the link that speaks on it has it. */
export interface Wire {
  readonly env: LinkEnv;
  readonly remote: string;
  /** @returns false when the connection takes nothing any more */
  write(bytes: Uint8Array): boolean;
  close(reason: EndReason): void;
  /** Something came that makes sense, so there is a device at the other end. */
  heard(): void;
  /** Bytes that make no sense; too many of them in a row close the connection. */
  noise(bytes: number): void;
  /**
   * Who calls: reads nothing more until it is known. Null when nobody claimed it: then it is on the list, and the handler
   * hears of it when that changes, as long as the connection lasts.
   */
  identify(link: Link, linkKey: string): Promise<Claimed | null>;
  /** Opens its session; an older one of the same device is closed. Null when the connection is gone meanwhile. */
  open(claimed: Claimed, how: SessionHow): ConnectedSession | null;
  /** The modem of a meter was heard, and what it said of itself. A gateway that is heard is no word of its meters. */
  noteContact(said: { readonly iccid?: string; readonly rssi?: number; readonly firmware?: string }): void;
  /** Makes a message durable; false when it could not be, or too many wait already: then it must not be acknowledged. */
  takePush(store: () => Promise<void>): Promise<boolean>;
  /** For people who look on: a frame of the connection itself. */
  see(direction: 'up' | 'down', protocol: string, bytes: Uint8Array, error?: FrameError): void;
}

export interface SessionHow {
  send(request: Uint8Array, meter: ReachableMeter): boolean;
  /** The meters are in contact whenever their modem is. */
  readonly ownModem: boolean;
}

/** What one link makes of the bytes of a connection. */
export interface LinkHandler {
  /** Without anything that makes sense for so long the connection is taken for half-open; null where silence is usual. */
  readonly silenceMs: number | null;
  receive(chunk: Uint8Array): void;
  /** The device that nobody claimed has been claimed. */
  claimed(): void;
  /** The connection is gone. */
  end(): void;
}
