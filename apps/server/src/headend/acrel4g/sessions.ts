import type { Device } from '../../devices/index.ts';
import type { Counter } from '../stats.ts';
import type { Exchange, Priority, Requests } from './requests.ts';

/** A meter that can be reached now, and how its reading stands. */
export interface ReachableMeter {
  readonly device: Device;
  readonly unit: number;
  readonly session: Session;
  /** Business time at which its last durable report came in, on this connection. */
  lastReportAt: Date | null;
}

/** One registered connection: a modem and the meters behind it. */
export class Session {
  readonly serial: string;
  readonly meters: readonly ReachableMeter[];
  /** When it registered, in milliseconds of the process's own monotonic clock. */
  readonly sinceMs = performance.now();
  readonly hangUp: (reason: Counter) => void;
  readonly #requests: Requests;
  readonly #closing = new AbortController();

  /** @param hangUp closes the connection for a reason that is counted */
  constructor(serial: string, devices: readonly Device[], requests: Requests, hangUp: (reason: Counter) => void) {
    this.serial = serial;
    this.#requests = requests;
    this.hangUp = hangUp;
    this.meters = devices.map((device) => ({
      device,
      unit: Number(device.busAddress),
      session: this,
      lastReportAt: null,
    }));
  }

  /** Aborts when the connection is gone. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** See `Requests.request`. */
  request(priority: Priority, prepare: Parameters<Requests['request']>[1]): Promise<Exchange | null> {
    return this.#requests.request(priority, prepare);
  }

  /** For the connection: a transparent message came up. */
  receive(modbus: Uint8Array, frame: Uint8Array): void {
    this.#requests.receive(modbus, frame);
  }

  /** For the connection, when its socket is gone. */
  close(): void {
    this.#closing.abort();
    this.#requests.close();
  }
}

/** Who is connected. The newest socket of a modem wins. */
export class Sessions {
  readonly #bySerial = new Map<string, Session>();
  readonly #byMeter = new Map<string, ReachableMeter>();

  /** @returns the session of the same modem that it replaces */
  add(session: Session): Session | undefined {
    const replaced = this.#bySerial.get(session.serial);
    this.#bySerial.set(session.serial, session);
    for (const meter of session.meters) this.#byMeter.set(meter.device.meterId, meter);
    return replaced;
  }

  /** @returns false when a newer session had taken its place already */
  remove(session: Session): boolean {
    if (this.#bySerial.get(session.serial) !== session) return false;
    this.#bySerial.delete(session.serial);
    for (const meter of session.meters) {
      if (this.#byMeter.get(meter.device.meterId) === meter) this.#byMeter.delete(meter.device.meterId);
    }
    return true;
  }

  meter(meterId: string): ReachableMeter | undefined {
    return this.#byMeter.get(meterId);
  }

  meters(): IterableIterator<ReachableMeter> {
    return this.#byMeter.values();
  }

  get size(): number {
    return this.#bySerial.size;
  }
}
