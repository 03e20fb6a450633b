import { connect, type Socket } from 'node:net';
import type { ElectricityMeter } from './electricity-meter.ts';
import type { Link } from './gateways/link.ts';
import { ModemSession } from './modem-session.ts';
import { drawInt } from './random.ts';
import { TimerGroup } from './timers.ts';
import { nowMs, onWireMs, type World } from './world.ts';

const REPORT_EVERY_MS = 30 * 60_000;
/** Meters of one market do not all speak in the same second. */
const REPORT_JITTER_MS = 180_000;
/** A late report lags by this much market time. */
const LATE_MS = { least: 5 * 60_000, most: 20 * 60_000 };

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** The 4G modem of one electricity meter: keeps a connection to the server and reports every 30 market minutes. */
export class Modem implements Link {
  readonly meter: ElectricityMeter;
  readonly #world: World;
  readonly #server: ServerAddress;
  readonly #timers: TimerGroup;
  #socket: Socket | null = null;
  #session: ModemSession | null = null;
  #failures = 0;
  #cancelConnect: () => void = () => {};
  #started = false;
  #lastSlot = 0;

  constructor(meter: ElectricityMeter, world: World, server: ServerAddress) {
    this.meter = meter;
    this.#world = world;
    this.#server = server;
    this.#timers = new TimerGroup(world.timers);
    meter.isConnected = () => this.connected;
    meter.onAirChange = (onAir) => this.#onAir(onAir);
  }

  /** Registered with the server. */
  get connected(): boolean {
    return this.#session?.registered ?? false;
  }

  start(firstConnectMs: number): void {
    this.#started = true;
    this.#connectAfter(firstConnectMs);
    this.#reportLater();
  }

  get linkKey(): string {
    return this.meter.linkKey;
  }

  unplug(): void {
    this.meter.disconnect();
  }

  plug(): void {
    this.meter.reconnect();
  }

  stop(): void {
    this.#started = false;
    this.#timers.cancelAll();
    this.#socket?.destroy();
  }

  #connectAfter(wireMs: number): void {
    this.#cancelConnect();
    this.#cancelConnect = this.#timers.after(wireMs, () => this.#connect());
  }

  #connect(): void {
    if (this.#socket || !this.meter.onAir) return;
    const socket = connect({ ...this.#server, noDelay: true });
    const session = new ModemSession(socket, this.meter, this.#world);
    this.#socket = socket;
    this.#session = session;
    socket.on('connect', () => session.start());
    socket.on('data', (chunk) => {
      session.receive(chunk);
      if (session.registered) this.#failures = 0;
    });
    // What went wrong does not matter to a modem: `close` follows, and it tries again.
    socket.on('error', () => {});
    socket.on('close', () => this.#onClose(session));
  }

  #onClose(session: ModemSession): void {
    session.end();
    this.#socket = null;
    this.#session = null;
    if (!this.#started) return;
    const { reconnectLeastMs, reconnectMostMs } = this.#world.pace;
    const backoffMs = Math.min(reconnectLeastMs * 2 ** this.#failures, reconnectMostMs);
    this.#failures += 1;
    const jitterMs = drawInt(0, backoffMs, this.#world.seed, this.meter.serial, 'reconnect', this.#failures);
    this.#connectAfter(backoffMs + jitterMs);
  }

  #onAir(onAir: boolean): void {
    if (!this.#started) return;
    this.#failures = 0;
    if (onAir) this.#connectAfter(0);
    else this.#socket?.destroy();
  }

  /** The meter reads itself whether or not it is connected; what cannot be delivered waits in its memory. */
  #reportLater(): void {
    const slot = Math.max(this.#lastSlot, Math.floor(nowMs(this.#world) / REPORT_EVERY_MS)) + 1;
    this.#lastSlot = slot;
    const jitterMs = drawInt(0, REPORT_JITTER_MS, this.#world.seed, this.meter.serial, 'report', slot);
    const waitMs = slot * REPORT_EVERY_MS + jitterMs - nowMs(this.#world);
    this.#timers.after(onWireMs(this.#world, waitMs), () => {
      this.meter.takeReading();
      const late = this.#world.faults.strikes('late', this.meter.serial);
      const lagMs = late ? drawInt(LATE_MS.least, LATE_MS.most, this.meter.serial, slot) : 0;
      this.#timers.after(onWireMs(this.#world, lagMs), () => this.#session?.deliver());
      this.#reportLater();
    });
  }
}
