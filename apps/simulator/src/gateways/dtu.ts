import type { Socket } from 'node:net';
import { concatBytes, fromHex } from '@openprepay/kernel';
import type { BusHabits } from '../bus/bus.ts';
import { FrameWriter } from '../frame-writer.ts';
import type { ServerAddress } from '../modem.ts';
import type { SiteGateway } from '../site.ts';
import { TimerGroup } from '../timers.ts';
import { simulatorError, type World } from '../world.ts';
import { BusLines, type WiredMeter } from './bus-lines.ts';
import type { Link } from './link.ts';
import { Uplink } from './uplink.ts';

/** What a modem between a serial line and the network adds to what the meters say. */
export interface DtuHabits {
  readonly registration: Uint8Array;
  /** When it sends it: once it is connected, in front of every packet, or both. */
  readonly on: 'connect' | 'every_packet';
  readonly heartbeat: Uint8Array;
}

const text = (ascii: string): Uint8Array => Uint8Array.from(ascii, (letter) => letter.charCodeAt(0));
/** The group of a registration pattern, `LOGIN:(\w{1,32})`, where the key stands. */
const KEY_GROUP = /^\^?([^(]*)\([^)]*\)([^$]*)\$?$/;

/**
 * The habits that a site's gateway settings describe, seen from the modem: `register` is `{ pattern }`, `{ bytes }` or
 * `{ hex }`. Without settings it says `LOGIN:` and its key when it connects.
 */
export function dtuHabits({ linkKey, settings }: Pick<SiteGateway, 'linkKey' | 'settings'>): DtuHabits {
  const {
    register = {},
    on,
    heartbeats,
  } = settings as {
    register?: { pattern?: string; bytes?: number; hex?: string };
    on?: unknown;
    heartbeats?: readonly string[];
  };
  const [, before = 'LOGIN:', after = ''] = KEY_GROUP.exec(register.pattern ?? '') ?? [];
  const named = register.bytes === undefined ? text(`${before}${linkKey}${after}`) : text(linkKey);
  return {
    registration: register.hex === undefined ? named : fromHex(register.hex),
    on: on === 'every_packet' ? on : 'connect',
    heartbeat: fromHex(heartbeats?.[0] ?? ''),
  };
}

/** A serial line of meters behind a transparent modem: whatever the server sends goes onto the line, and back. */
export class Dtu implements Link {
  readonly linkKey: string;
  readonly #world: World;
  readonly #habits: DtuHabits;
  readonly #lines: BusLines;
  readonly #uplink: Uplink;
  #connected = false;

  constructor(
    gateway: Pick<SiteGateway, 'linkKey' | 'settings'>,
    meters: readonly WiredMeter[],
    world: World,
    server: ServerAddress,
    bus: BusHabits,
  ) {
    this.linkKey = gateway.linkKey;
    this.#world = world;
    this.#habits = dtuHabits(gateway);
    this.#lines = new BusLines(this.linkKey, world, meters, bus);
    if (this.#lines.byPort.size > 1) throw simulatorError('simulator.bad_site', `${this.linkKey} has one port`);
    this.#uplink = new Uplink(this.linkKey, world, server, (socket) => this.#open(socket));
  }

  get connected(): boolean {
    return this.#connected;
  }

  start(firstContactMs: number): void {
    this.#uplink.powerOn(firstContactMs);
  }

  stop(): void {
    this.#uplink.powerOff();
    this.#lines.stop();
  }

  unplug(): void {
    this.#uplink.powerOff();
  }

  plug(): void {
    this.#uplink.powerOn(0);
  }

  #open(socket: Socket) {
    const { counters, pace } = this.#world;
    const { registration, on, heartbeat } = this.#habits;
    const timers = new TimerGroup(this.#world.timers);
    const writer = new FrameWriter(socket, this.linkKey, this.#world, timers);
    const send = (packet: Uint8Array) =>
      writer.write(on === 'every_packet' ? concatBytes(registration, packet) : packet);
    const [bus] = this.#lines.byPort.values();
    const station = bus?.join({ name: this.linkKey, master: true, hear: send });
    const beatLater = () => {
      timers.after(pace.heartbeatMs, () => {
        writer.write(heartbeat);
        beatLater();
      });
    };
    this.#connected = true;
    if (on === 'connect') writer.write(registration);
    else send(new Uint8Array());
    if (heartbeat.length > 0) beatLater();
    return {
      receive: (chunk: Uint8Array) => {
        counters.framesReceived += 1;
        this.#uplink.proved();
        station?.send(chunk);
      },
      end: () => {
        this.#connected = false;
        station?.leave();
        timers.cancelAll();
      },
    };
  }
}
