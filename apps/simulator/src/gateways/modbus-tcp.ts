import { createServer, type Server, type Socket } from 'node:net';
import type { Bus, BusHabits } from '../bus/bus.ts';
import { BusMaster } from '../bus/master.ts';
import { FrameWriter } from '../frame-writer.ts';
import { createMbapCutter, hasCrc, type MbapMessage, mbapAnswer } from '../mbap.ts';
import type { SiteGateway } from '../site.ts';
import { TimerGroup } from '../timers.ts';
import { simulatorError, type World } from '../world.ts';
import { BusLines, type WiredMeter } from './bus-lines.ts';
import type { Link } from './link.ts';

const CLIENTS_LIMIT = 8;

/**
 * A gateway that listens at its link key, `host:port`. With `framing` tcp it puts what its masters ask onto its line, in turn;
 * with rtu it passes the bytes of each as they come.
 */
export class ModbusTcpGateway implements Link {
  readonly linkKey: string;
  readonly #world: World;
  readonly #transparent: boolean;
  readonly #lines: BusLines;
  readonly #clients = new Set<Socket>();
  readonly #timers: TimerGroup;
  #server: Server | null = null;
  #master: BusMaster | null = null;

  constructor(
    { linkKey, settings }: Pick<SiteGateway, 'linkKey' | 'settings'>,
    meters: readonly WiredMeter[],
    world: World,
    bus: BusHabits,
  ) {
    this.linkKey = linkKey;
    this.#transparent = settings['framing'] === 'rtu';
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
    this.#lines = new BusLines(linkKey, world, meters, bus);
    if (this.#lines.byPort.size > 1) throw simulatorError('simulator.bad_site', `${linkKey} has one port`);
  }

  get connected(): boolean {
    return this.#clients.size > 0;
  }

  start(): void {
    this.plug();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const closed = new Promise<void>((resolve) => (server ? server.once('close', () => resolve()) : resolve()));
    this.unplug();
    this.#lines.stop();
    await closed;
  }

  unplug(): void {
    this.#timers.cancelAll();
    this.#master?.stop();
    this.#server?.close();
    for (const client of this.#clients) client.destroy();
    this.#server = null;
    this.#master = null;
  }

  plug(): void {
    if (this.#server) return;
    const { host, port } = addressOf(this.linkKey);
    const [bus] = this.#lines.byPort.values();
    if (!bus) return;
    this.#master = new BusMaster(bus, this.#world, this.linkKey);
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket, bus));
    this.#server.maxConnections = CLIENTS_LIMIT;
    this.#server.on('error', (error) => this.#world.log(`${this.linkKey}: ${error.message}`));
    this.#server.listen(port, host);
  }

  #serve(socket: Socket, bus: Bus): void {
    const writer = new FrameWriter(socket, this.linkKey, this.#world, this.#timers);
    this.#clients.add(socket);
    if (this.#transparent) this.#pass(socket, bus, writer);
    else this.#translate(socket, writer);
    // A client that breaks off is of no interest; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#clients.delete(socket));
  }

  #pass(socket: Socket, bus: Bus, writer: FrameWriter): void {
    const station = bus.join({ name: this.linkKey, master: true, hear: (bytes) => writer.write(bytes) });
    socket.on('data', (chunk) => station.send(chunk));
    socket.on('close', () => station.leave());
  }

  #translate(socket: Socket, writer: FrameWriter): void {
    const cut = createMbapCutter();
    socket.on('data', (chunk) => {
      const messages = cut(chunk);
      if (!messages) socket.destroy();
      for (const message of messages ?? []) void this.#ask(message).then((answer) => writer.write(answer));
    });
  }

  async #ask(message: MbapMessage): Promise<Uint8Array> {
    this.#world.counters.framesReceived += 1;
    const heard = (await this.#master?.ask(message.frame)) ?? null;
    return mbapAnswer(message, heard && hasCrc(heard) ? heard : null);
  }
}

function addressOf(linkKey: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(linkKey) ?? [];
  if (host === '') throw simulatorError('simulator.bad_site', `not host:port: ${linkKey}`);
  return { host, port: Number(port) };
}
