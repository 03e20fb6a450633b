import { isDeepStrictEqual } from 'node:util';
import { isProtocolError, meterModels } from '@openprepay/protocols';
import type { Device } from '../devices/index.ts';
import { driverOf } from './drivers.ts';
import { HalfDuplexLine } from './line.ts';
import type { LinkEnv } from './link.ts';
import type { ReachableMeter, Session } from './reachable.ts';
import type { Counter } from './stats.ts';

export interface SessionOptions {
  readonly env: Pick<LinkEnv, 'limits' | 'stats' | 'trace' | 'onReachable'>;
  readonly link: Device['link'];
  readonly linkKey: string;
  readonly remote: string;
  /** See `LineOptions`. */
  readonly gapMs?: number;
  readonly echoes?: boolean;
  readonly replyWithinMs?: number;
  send(request: Uint8Array, meter: ReachableMeter): boolean;
  hangUp(reason: Counter): void;
}

/** "12", or with the gateway's port before it, "2/12". A line is all that hangs on one port. */
export function splitBusAddress(busAddress: string): { port: string; address: string } {
  const slash = busAddress.indexOf('/');
  return { port: busAddress.slice(0, Math.max(slash, 0)), address: busAddress.slice(slash + 1) };
}

/** One registered connection: a modem or gateway, and the meters behind it. */
export class ConnectedSession implements Session {
  readonly link: Device['link'];
  readonly linkKey: string;
  readonly remote: string;
  readonly sinceMs = performance.now();
  readonly #options: SessionOptions;
  readonly #lines = new Map<string, HalfDuplexLine>();
  /** Time-outs by meter since anything behind this connection last answered. */
  readonly #timeOuts = new Map<string, number>();
  /** Meters that did not answer when they were last asked. */
  readonly #silent = new Set<string>();
  readonly #closing = new AbortController();
  #meters: readonly ReachableMeter[] = [];

  constructor(options: SessionOptions, devices: readonly Device[]) {
    this.#options = options;
    this.link = options.link;
    this.linkKey = options.linkKey;
    this.remote = options.remote;
    this.setDevices(devices);
  }

  get meters(): readonly ReachableMeter[] {
    return this.#meters;
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  hangUp(reason: Counter): void {
    this.#options.hangUp(reason);
  }

  /** The line of a port; '' where the device has only one. */
  line(port = ''): HalfDuplexLine {
    const { env, gapMs = 0, echoes = false, replyWithinMs = env.limits.replyWithinMs, send } = this.#options;
    let line = this.#lines.get(port);
    if (!line) {
      line = new HalfDuplexLine({
        limits: { ...env.limits, replyWithinMs },
        stats: env.stats,
        trace: env.trace,
        gapMs,
        echoes,
        send,
        onAnswer: (meter) => this.#noteAnswer(meter),
        onTimeOut: (meter) => this.#noteTimeOut(meter),
      });
      this.#lines.set(port, line);
    }
    return line;
  }

  /** What is behind this connection from now on. A meter that did not change keeps its place and what is known of it. */
  setDevices(devices: readonly Device[]): void {
    const known = this.#meters;
    this.#meters = devices.flatMap(
      (device) => known.find((meter) => isDeepStrictEqual(meter.device, device)) ?? this.#reach(device) ?? [],
    );
    this.#timeOuts.clear();
  }

  /** For the connection, when its socket is gone. */
  close(): void {
    this.#closing.abort();
    for (const line of this.#lines.values()) line.close();
  }

  #reach(device: Device): ReachableMeter | null {
    const { port, address } = splitBusAddress(device.busAddress);
    const model = meterModels[device.model];
    try {
      if (!model) throw new Error(`no such model: ${device.model}`);
      const driver = driverOf(model);
      driver.parseAddress(address);
      const point = { model, address, access: device.access };
      return { device, driver, point, session: this, line: this.line(port), lastReportAt: null };
    } catch (error) {
      if (model && !isProtocolError(error)) throw error;
      const { meterId, model: name, busAddress } = device;
      this.#options.env.stats.trouble('devices_unusable', { meterId, model: name, busAddress }, String(error));
      return null;
    }
  }

  #noteAnswer(meter: ReachableMeter): void {
    this.#timeOuts.clear();
    if (this.#silent.delete(meter.device.meterId)) this.#options.env.onReachable(meter);
  }

  /** One dead meter must not take the bus from the others: only when all are silent the connection is given up. */
  #noteTimeOut({ device }: ReachableMeter): void {
    const timeOuts = this.#timeOuts;
    this.#silent.add(device.meterId);
    timeOuts.set(device.meterId, (timeOuts.get(device.meterId) ?? 0) + 1);
    const total = [...timeOuts.values()].reduce((sum, count) => sum + count, 0);
    const allSilent = this.#meters.every((meter) => timeOuts.has(meter.device.meterId));
    if (allSilent && total >= this.#options.env.limits.maxTimeOutsInARow) this.hangUp('closed_for_time_outs');
  }
}

/** Who is connected. The newest connection of a device wins. */
export class Sessions {
  readonly #byKey = new Map<string, ConnectedSession>();
  readonly #byMeter = new Map<string, ReachableMeter>();

  /** @returns the session of the same device that it replaces */
  add(session: ConnectedSession): ConnectedSession | undefined {
    const key = keyOf(session.link, session.linkKey);
    const replaced = this.#byKey.get(key);
    this.#byKey.set(key, session);
    this.#take(session.meters);
    return replaced;
  }

  /** @returns false when a newer session had taken its place already */
  remove(session: ConnectedSession): boolean {
    const key = keyOf(session.link, session.linkKey);
    if (this.#byKey.get(key) !== session) return false;
    this.#byKey.delete(key);
    this.#drop(session.meters);
    return true;
  }

  /** @returns the meters that are new behind the session, or changed */
  setDevices(session: ConnectedSession, devices: readonly Device[]): readonly ReachableMeter[] {
    const before = new Set(session.meters);
    this.#drop(session.meters);
    session.setDevices(devices);
    this.#take(session.meters);
    return session.meters.filter((meter) => !before.has(meter));
  }

  of(link: Device['link'], linkKey: string): ConnectedSession | undefined {
    return this.#byKey.get(keyOf(link, linkKey));
  }

  meter(meterId: string): ReachableMeter | undefined {
    return this.#byMeter.get(meterId);
  }

  all(): IterableIterator<Session> {
    return this.#byKey.values();
  }

  meters(): IterableIterator<ReachableMeter> {
    return this.#byMeter.values();
  }

  get size(): number {
    return this.#byKey.size;
  }

  #take(meters: readonly ReachableMeter[]): void {
    for (const meter of meters) this.#byMeter.set(meter.device.meterId, meter);
  }

  #drop(meters: readonly ReachableMeter[]): void {
    for (const meter of meters) {
      if (this.#byMeter.get(meter.device.meterId) === meter) this.#byMeter.delete(meter.device.meterId);
    }
  }
}

const keyOf = (link: Device['link'], linkKey: string): string => `${link} ${linkKey}`;
