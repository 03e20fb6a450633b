import { connect, type Socket } from 'node:net';
import type { ServerAddress } from '../modem.ts';
import { drawInt } from '../random.ts';
import { TimerGroup } from '../timers.ts';
import type { World } from '../world.ts';

/** What is spoken over one connection. */
export interface UplinkSession {
  receive(chunk: Uint8Array): void;
  end(): void;
}

/** A gateway's connection to the server: tries again and again while it has power, each time a little later. */
export class Uplink {
  readonly #name: string;
  readonly #world: World;
  readonly #server: ServerAddress;
  readonly #timers: TimerGroup;
  readonly #open: (socket: Socket) => UplinkSession;
  #socket: Socket | null = null;
  #failures = 0;
  #powered = false;

  constructor(name: string, world: World, server: ServerAddress, open: (socket: Socket) => UplinkSession) {
    this.#name = name;
    this.#world = world;
    this.#server = server;
    this.#timers = new TimerGroup(world.timers);
    this.#open = open;
  }

  powerOn(afterMs: number): void {
    if (this.#powered) return;
    this.#powered = true;
    this.#failures = 0;
    this.#timers.after(afterMs, () => this.#connect());
  }

  powerOff(): void {
    this.#powered = false;
    this.#timers.cancelAll();
    this.#socket?.destroy();
  }

  /** What the server says makes sense: the next failure begins to count anew. */
  proved(): void {
    this.#failures = 0;
  }

  #connect(): void {
    if (this.#socket || !this.#powered) return;
    const socket = connect({ ...this.#server, noDelay: true });
    this.#socket = socket;
    let session: UplinkSession | null = null;
    socket.on('connect', () => {
      session = this.#open(socket);
    });
    socket.on('data', (chunk) => session?.receive(chunk));
    // What went wrong does not matter to a gateway: `close` follows, and it tries again.
    socket.on('error', () => {});
    socket.on('close', () => {
      session?.end();
      this.#socket = null;
      if (this.#powered) this.#connectLater();
    });
  }

  #connectLater(): void {
    const { reconnectLeastMs, reconnectMostMs } = this.#world.pace;
    const backoffMs = Math.min(reconnectLeastMs * 2 ** this.#failures, reconnectMostMs);
    this.#failures += 1;
    const jitterMs = drawInt(0, backoffMs, this.#world.seed, this.#name, 'reconnect', this.#failures);
    this.#timers.after(backoffMs + jitterMs, () => this.#connect());
  }
}
