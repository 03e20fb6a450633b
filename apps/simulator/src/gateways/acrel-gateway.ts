import type { Socket } from 'node:net';
import { zonedParts } from '@openprepay/kernel';
import type { BusHabits } from '../bus/bus.ts';
import { BusMaster } from '../bus/master.ts';
import { busPlaceOf } from '../bus-place.ts';
import { FrameWriter } from '../frame-writer.ts';
import type { AnyMeter } from '../make-meter.ts';
import type { ServerAddress } from '../modem.ts';
import { drawChance, drawInt } from '../random.ts';
import type { SiteGateway } from '../site.ts';
import { TimerGroup } from '../timers.ts';
import { nowMs, onWireMs, simulatorError, type World } from '../world.ts';
import { BusLines } from './bus-lines.ts';
import {
  answerFrame,
  authAnswer,
  authRequest,
  authStep,
  createGatewayCutter,
  type GatewayFrame,
  heartbeat,
  openDownlink,
  type ReportedMeter,
  reportFrame,
  TYPE,
} from './gw-messages.ts';
import type { Link } from './link.ts';
import { Uplink, type UplinkSession } from './uplink.ts';

const REPORT_EVERY_MS = 30 * 60_000;
const REPORT_JITTER_MS = 120_000;
/** Reports that a gateway keeps while nobody takes them: a day of half-hours; then the oldest goes. */
const REPORTS_KEPT = 48;
const ZIPPED_PERMILLE = 500;
const SECRET_CHARACTERS = 16;

/** A building gateway of Acrel's: proves itself to the server, reports its meters by itself, and passes frames to its lines. */
export class AcrelGateway implements Link {
  readonly linkKey: string;
  readonly #world: World;
  readonly #secret: string;
  readonly #meters: readonly AnyMeter[];
  readonly #lines: BusLines;
  readonly #uplink: Uplink;
  readonly #timers: TimerGroup;
  #reports: Uint8Array[] = [];
  #session: Session | null = null;
  #lastSlot = 0;

  constructor(
    gateway: Pick<SiteGateway, 'linkKey' | 'secret'>,
    meters: readonly AnyMeter[],
    world: World,
    server: ServerAddress,
    bus: BusHabits,
  ) {
    const { linkKey, secret } = gateway;
    if (secret?.length !== SECRET_CHARACTERS) {
      throw simulatorError('simulator.bad_site', `${linkKey} needs a secret of ${SECRET_CHARACTERS} characters`);
    }
    this.linkKey = linkKey;
    this.#world = world;
    this.#secret = secret;
    this.#meters = meters;
    this.#timers = new TimerGroup(world.timers);
    this.#lines = new BusLines(linkKey, world, meters, bus);
    this.#uplink = new Uplink(linkKey, world, server, (socket) => this.#open(socket));
  }

  /** The server has taken its proof. */
  get connected(): boolean {
    return this.#session?.proved ?? false;
  }

  start(firstContactMs: number): void {
    this.#uplink.powerOn(firstContactMs);
    this.#reportLater();
  }

  stop(): void {
    this.unplug();
    this.#lines.stop();
  }

  unplug(): void {
    this.#uplink.powerOff();
    this.#timers.cancelAll();
  }

  plug(): void {
    this.#uplink.powerOn(0);
    this.#reportLater();
  }

  #open(socket: Socket): UplinkSession {
    const session = new Session(socket, this.linkKey, this.#secret, this.#world, this.#lines, () => {
      this.#uplink.proved();
      this.#deliver();
    });
    this.#session = session;
    return session;
  }

  /** It reads its meters whether or not it is connected; what cannot be delivered waits in its memory. */
  #reportLater(): void {
    const now = nowMs(this.#world);
    const slot = Math.max(this.#lastSlot, Math.floor(now / REPORT_EVERY_MS)) + 1;
    this.#lastSlot = slot;
    const jitterMs = drawInt(0, REPORT_JITTER_MS, this.#world.seed, this.linkKey, 'report', slot);
    this.#timers.after(onWireMs(this.#world, slot * REPORT_EVERY_MS + jitterMs - now), () => {
      this.#reports = [...this.#reports, this.#report()].slice(-REPORTS_KEPT);
      this.#deliver();
      this.#reportLater();
    });
  }

  #deliver(): void {
    if (!this.#session?.proved) return;
    for (const report of this.#reports.splice(0)) {
      this.#session.write(report);
      if (this.#world.faults.strikes('duplicated', this.linkKey)) this.#session.write(report);
    }
  }

  /** Meters whose wires are cut are not in it. */
  #report(): Uint8Array {
    const { seed, zone } = this.#world;
    const local = zonedParts(new Date(nowMs(this.#world)), zone);
    const zipped = drawChance(ZIPPED_PERMILLE, seed, this.linkKey, 'zipped');
    const meters = this.#meters.filter(({ onAir }) => onAir).map(reported);
    return reportFrame({ gatewayId: this.linkKey, local, meters, zipped }, this.#secret);
  }
}

/** One connection: proves who it is, then passes frames to and fro and beats. */
class Session implements UplinkSession {
  proved = false;
  readonly #gatewayId: string;
  readonly #secret: string;
  readonly #world: World;
  readonly #timers: TimerGroup;
  readonly #writer: FrameWriter;
  readonly #socket: Socket;
  readonly #cut = createGatewayCutter();
  readonly #masters: ReadonlyMap<string, BusMaster>;
  readonly #onProved: () => void;

  constructor(socket: Socket, gatewayId: string, secret: string, world: World, lines: BusLines, onProved: () => void) {
    this.#socket = socket;
    this.#gatewayId = gatewayId;
    this.#secret = secret;
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
    this.#writer = new FrameWriter(socket, gatewayId, world, this.#timers);
    this.#masters = new Map([...lines.byPort].map(([port, bus]) => [port, new BusMaster(bus, world, gatewayId)]));
    this.#onProved = onProved;
    this.write(authRequest(gatewayId));
  }

  write(frame: Uint8Array): void {
    this.#writer.write(frame);
  }

  receive(chunk: Uint8Array): void {
    const frames = this.#cut(chunk);
    if (!frames) this.#socket.destroy();
    for (const frame of frames ?? []) {
      this.#world.counters.framesReceived += 1;
      this.#take(frame);
    }
  }

  end(): void {
    this.proved = false;
    this.#timers.cancelAll();
    for (const master of this.#masters.values()) master.stop();
  }

  #take({ type, data }: GatewayFrame): void {
    if (type === TYPE.auth) this.#authenticate(data);
    else if (type === TYPE.downlink && this.proved) void this.#pass(data);
  }

  #authenticate(data: Buffer): void {
    const { sequence, passed } = authStep(data);
    if (sequence !== undefined) this.write(authAnswer(this.#gatewayId, this.#secret, sequence));
    if (passed === false) this.#socket.destroy();
    if (passed !== true || this.proved) return;
    this.proved = true;
    this.#beatLater();
    this.#onProved();
  }

  async #pass(data: Buffer): Promise<void> {
    const order = openDownlink(data, this.#secret);
    const heard = order && (await this.#masters.get(order.port)?.ask(order.bytes));
    if (order && heard) this.write(answerFrame(order.id, heard, this.#secret));
  }

  #beatLater(): void {
    this.#timers.after(this.#world.pace.heartbeatMs, () => {
      this.write(heartbeat(this.#gatewayId));
      this.#beatLater();
    });
  }
}

/** Ids are configured on a gateway; this one names a meter by port and address where the address has three digits. */
function reported(meter: AnyMeter): ReportedMeter {
  const { port, address } = busPlaceOf(meter.site);
  const id = address.length <= 3 ? `${port.padStart(2, '0')}${address.padStart(3, '0')}` : address;
  const { total, ...tariffs } = meter.takeTicks();
  const named = Object.entries(tariffs).map(([tariff, ticks]) => [FUNCTION_IDS[tariff] ?? tariff, ticks]);
  return { id, functions: { WPP: total, ...Object.fromEntries(named) } };
}

const FUNCTION_IDS: Readonly<Record<string, string>> = {
  sharp: 'PowerHigher',
  peak: 'PowerHigh',
  flat: 'PowerFlat',
  valley: 'PowerLow',
};
