import { isDeepStrictEqual } from 'node:util';
import type { LinkEventName } from '@openprepay/contract';
import { isProtocolError, type MeterModel, meterModels } from '@openprepay/protocols';
import { driverOf } from '@openprepay/protocols/driver';
import type { Device } from '../devices/index.ts';
import { type Gateway, keyOf } from './gateways.ts';
import { HalfDuplexLine } from './line.ts';
import type { LinkEnv } from './link.ts';
import type { ReachableMeter, Session } from './reachable.ts';
import type { EndReason } from './stats.ts';

export interface SessionOptions {
  readonly env: Pick<LinkEnv, 'ctx' | 'limits' | 'stats' | 'trace' | 'contacts' | 'onReachable'>;
  readonly marketId: string;
  readonly link: Device['link'];
  readonly linkKey: string;
  readonly remote: string;
  /** As it was when the session began; when it changes, the session begins anew. */
  readonly gateway?: Gateway | null;
  /** How its lines are driven, where they are not driven as usual. */
  readonly gapMs?: number | undefined;
  readonly replyWithinMs?: number | undefined;
  /** How a meter is spoken to where its own protocol does not pass this link. */
  readonly speak?: (device: Device, model: MeterModel) => Pick<ReachableMeter, 'driver' | 'line'>;
  send(request: Uint8Array, meter: ReachableMeter): boolean;
  hangUp(reason: EndReason): void;
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
  readonly marketId: string;
  readonly sinceMs = performance.now();
  readonly #options: SessionOptions;
  readonly #lines = new Map<string, HalfDuplexLine>();
  /** Time-outs by meter since anything behind this connection last answered. */
  readonly #timeOuts = new Map<string, number>();
  /** How often in a row a meter did not answer. */
  readonly #silent = new Map<string, number>();
  readonly #closing = new AbortController();
  #meters: readonly ReachableMeter[] = [];

  constructor(options: SessionOptions, devices: readonly Device[]) {
    this.#options = options;
    this.link = options.link;
    this.linkKey = options.linkKey;
    this.remote = options.remote;
    this.marketId = options.marketId;
    this.setDevices(devices);
  }

  get gateway(): Gateway | null {
    return this.#options.gateway ?? null;
  }

  get meters(): readonly ReachableMeter[] {
    return this.#meters;
  }

  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  hangUp(reason: EndReason): void {
    this.#options.hangUp(reason);
  }

  /** The line of a port; '' where the device has only one. */
  line(port = ''): HalfDuplexLine {
    const { env, gapMs = 0, replyWithinMs = env.limits.replyWithinMs, send } = this.#options;
    let line = this.#lines.get(port);
    if (!line) {
      line = new HalfDuplexLine({
        limits: { ...env.limits, replyWithinMs },
        stats: env.stats,
        trace: env.trace,
        gapMs,
        send,
        onAnswer: (meter) => this.#noteAnswer(meter),
        onTimeOut: (meter) => this.#noteTimeOut(meter),
      });
      this.#lines.set(port, line);
    }
    return line;
  }

  /** Whether a meter hangs on this port. */
  hasPort(port: string): boolean {
    return this.#lines.has(port);
  }

  /** What is behind this connection from now on. A meter that did not change keeps its place and what is known of it. */
  setDevices(devices: readonly Device[]): void {
    const known = this.#meters;
    this.#meters = devices.flatMap(
      (device) => known.find((meter) => isDeepStrictEqual(meter.device, device)) ?? this.#reach(device) ?? [],
    );
    const gone = known.filter((meter) => !this.#meters.includes(meter));
    for (const { device } of gone) this.#timeOuts.delete(device.meterId);
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
      const { driver, line } = this.#options.speak?.(device, model) ?? {
        driver: driverOf(model),
        line: this.line(port),
      };
      driver.parseAddress(address);
      const point = { model, address, access: device.access };
      return { device, driver, point, session: this, line, lastReportAt: null };
    } catch (error) {
      if (model && !isProtocolError(error)) throw error;
      const { meterId, model: name, busAddress } = device;
      const detail = { model: name, busAddress, reason: String(error) };
      this.#options.env.stats.trouble('devices_unusable', { meterId, ...detail }, 'a meter cannot be spoken to');
      this.#tell('devices_unusable', meterId, detail);
      return null;
    }
  }

  #noteAnswer(meter: ReachableMeter): void {
    this.#timeOuts.clear();
    const { meterId } = meter.device;
    const wasSilent = this.#silent.get(meterId) ?? 0;
    if (wasSilent === 0) return;
    this.#silent.delete(meterId);
    if (wasSilent >= this.#options.env.limits.maxTimeOutsInARow) this.#tell('meter_answers', meterId, {});
    this.#options.env.onReachable(meter);
  }

  /** One dead meter must not take the bus from the others: only when all are silent the connection is given up. */
  #noteTimeOut({ device }: ReachableMeter): void {
    const timeOuts = this.#timeOuts;
    const { meterId, marketId } = device;
    timeOuts.set(meterId, (timeOuts.get(meterId) ?? 0) + 1);
    const inARow = (this.#silent.get(meterId) ?? 0) + 1;
    this.#silent.set(meterId, inARow);
    const { env } = this.#options;
    const { maxTimeOutsInARow } = env.limits;
    if (inARow === maxTimeOutsInARow) {
      env.contacts.note({ marketId, meterId, at: env.ctx.clock.now(), online: false });
      this.#tell('meter_silent', meterId, { timeOuts: inARow });
    }
    const total = [...timeOuts.values()].reduce((sum, count) => sum + count, 0);
    const allSilent = this.#meters.every((meter) => timeOuts.has(meter.device.meterId));
    if (allSilent && total >= maxTimeOutsInARow) this.hangUp('closed_for_time_outs');
  }

  #tell(event: LinkEventName, meterId: string | null, detail: Readonly<Record<string, unknown>>): void {
    const { env, link, linkKey, marketId } = this.#options;
    env.trace.event({ link, linkKey, marketId, meterId, event, detail });
  }
}

/** Who is connected. The newest connection of a device wins. */
export class Sessions {
  readonly #byKey = new Map<string, ConnectedSession>();
  readonly #byMeter = new Map<string, ReachableMeter>();

  /** @returns the session of the same device that it replaces */
  add(session: ConnectedSession): ConnectedSession | undefined {
    const key = keyOf(session);
    const replaced = this.#byKey.get(key);
    this.#byKey.set(key, session);
    // One that is not behind the device any more would be left behind.
    if (replaced) this.#drop(replaced.meters);
    this.#take(session.meters);
    return replaced;
  }

  /** @returns false when a newer session had taken its place already */
  remove(session: ConnectedSession): boolean {
    const key = keyOf(session);
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
    return this.#byKey.get(keyOf({ link, linkKey }));
  }

  meter(meterId: string): ReachableMeter | undefined {
    return this.#byMeter.get(meterId);
  }

  all(): IterableIterator<ConnectedSession> {
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
