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
interface DtuHabits {
  readonly registration: Uint8Array;
  readonly everyPacket: boolean;
  readonly heartbeat: Uint8Array;
}

const text = (ascii: string): Uint8Array => Uint8Array.from(ascii, (letter) => letter.charCodeAt(0));
/** The number of a modem or of its SIM card: such a modem says nothing but that. */
const IMEI_OR_ICCID = /^(?:\d{15}|[0-9A-F]{20})$/;

/** The gateway settings of a site, seen from the modem: `registration` once or on every packet, `heartbeats` in hex. */
function habitsOf({ linkKey, settings }: Pick<SiteGateway, 'linkKey' | 'settings'>): DtuHabits {
  const { registration, heartbeats } = settings as { registration?: string; heartbeats?: readonly string[] };
  return {
    registration: text(IMEI_OR_ICCID.test(linkKey) ? linkKey : `LOGIN:${linkKey}`),
    everyPacket: registration === 'every_packet',
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
    this.#habits = habitsOf(gateway);
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
    const { registration, everyPacket, heartbeat } = this.#habits;
    const timers = new TimerGroup(this.#world.timers);
    const writer = new FrameWriter(socket, this.linkKey, this.#world, timers);
    const send = (packet: Uint8Array) => writer.write(everyPacket ? concatBytes(registration, packet) : packet);
    const [bus] = this.#lines.byPort.values();
    const station = bus?.join({ name: this.linkKey, master: true, hear: send });
    const beatLater = () => {
      timers.after(pace.heartbeatMs, () => {
        send(heartbeat);
        beatLater();
      });
    };
    this.#connected = true;
    writer.write(everyPacket ? concatBytes(registration, heartbeat) : registration);
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
