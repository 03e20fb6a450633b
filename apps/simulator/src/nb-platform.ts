import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommandCache, type NbCommand, STATUS } from './command-cache.ts';
import { ctwingDialect } from './nb/ctwing.ts';
import type { NbDevice, NbDialect } from './nb/dialect.ts';
import { onenetDialect } from './nb/onenet.ts';
import { isOnenetPath } from './nb/onenet-northbound.ts';
import { northbound } from './northbound.ts';
import { Pusher } from './pusher.ts';
import { drawInt } from './random.ts';
import type { SiteNbProduct } from './site.ts';
import { TimerGroup } from './timers.ts';
import { nowMs, simulatorError, type World } from './world.ts';

/** A device's radio module, as far as the platform sees it. */
export interface NbModule {
  readonly reachable: boolean;
  /** A command has come while the module is reachable. */
  commandWaiting(): void;
}

interface Attached extends NbDevice {
  readonly module: NbModule;
}

type Operator = SiteNbProduct['platform'];

const DIALECTS = { ctwing: ctwingDialect, onenet: onenetDialect } as const;
/** What OneNET names its devices by, CTWing only tells. */
const IMEI = /^\d{15}$/;

/**
 * The telecom operator's platform between NB-IoT devices and the server: keeps commands until a device wakes, and pushes
 * what devices report. Devices are named by their link key, `<product>/<device>`.
 */
export class NbPlatform {
  readonly #world: World;
  readonly #timers: TimerGroup;
  readonly #products: readonly SiteNbProduct[];
  readonly #pushers = new Map<string, Pusher>();
  readonly #devices = new Map<string, Attached>();
  readonly #commands: CommandCache;
  readonly #server: Server;
  readonly #away = new Set<Operator>();

  constructor(world: World, products: readonly SiteNbProduct[], pushBaseUrl: string) {
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
    this.#products = products;
    this.#commands = new CommandCache(world.clock, world.journal);
    for (const { platform, productId, pushToken } of products) {
      const url = `${pushBaseUrl}${DIALECTS[platform].path}/${pushToken}`;
      const { pace, counters } = world;
      this.#pushers.set(productId, new Pusher({ url, timers: this.#timers, pace, counters }));
    }
    const answer = northbound(world.clock, products, this);
    this.#server = createServer((request, response) => {
      if (this.#away.has(isOnenetPath(request.url ?? '') ? 'onenet' : 'ctwing')) response.destroy();
      else answer(request, response);
    });
  }

  /** Starts the northbound API and answers its origin. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** The platform that a product is on is away: nobody is told anything, and nobody can tell it anything, until `resume`. */
  pause(productId: string): void {
    this.#setAway(productId, true);
  }

  resume(productId: string): void {
    this.#setAway(productId, false);
  }

  async stop(): Promise<void> {
    this.#timers.cancelAll();
    for (const pusher of this.#pushers.values()) pusher.stop();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  attach(linkKey: string, module: NbModule): void {
    const [productId = '', deviceId = ''] = linkKey.split('/');
    const product = this.#products.find((known) => known.productId === productId);
    if (!product) throw simulatorError('simulator.bad_site', `no NB product ${productId} for ${linkKey}`);
    const drawn = `8608030${drawInt(10_000_000, 99_999_999, deviceId, 'imei')}`;
    const imei = IMEI.test(deviceId) ? deviceId : drawn;
    this.#devices.set(linkKey, { product, deviceId, imei, module });
  }

  /** Takes a command of the northbound API; an error text refuses it. */
  create(linkKey: string, payloadHex: string, ttlS: number): NbCommand | string {
    const device = this.#devices.get(linkKey);
    if (!device) return 'device not found';
    if (ttlS === 0 && !device.module.reachable) return 'device is not reachable';
    const command = this.#commands.create(linkKey, payloadHex, ttlS);
    if (!command) return 'too many commands wait for this device';
    if (device.module.reachable) device.module.commandWaiting();
    return command;
  }

  find(linkKey: string, id: number): NbCommand | undefined {
    this.expire(linkKey);
    return this.#commands.find(linkKey, id);
  }

  /** The next command for a device that is awake. */
  take(linkKey: string): NbCommand | undefined {
    this.expire(linkKey);
    const command = this.#commands.next(linkKey);
    if (command) this.#progress(command, STATUS.sent);
    return command;
  }

  delivered(command: NbCommand): void {
    this.#world.counters.commandsDelivered += 1;
    this.#progress(command, STATUS.delivered);
  }

  /** The device went away before it had the command, which waits on. */
  undelivered(command: NbCommand): void {
    this.#commands.setStatus(command, STATUS.saved);
  }

  completed(command: NbCommand): void {
    this.#progress(command, STATUS.completed);
  }

  expire(linkKey: string): void {
    for (const command of this.#commands.expire(linkKey)) this.#progress(command, STATUS.failed);
  }

  expireAll(): void {
    for (const linkKey of this.#devices.keys()) this.expire(linkKey);
  }

  /** Takes back a command that still waits. */
  cancel(linkKey: string, id: number): boolean {
    const command = this.find(linkKey, id);
    if (command?.status !== STATUS.saved) return false;
    this.#commands.setStatus(command, STATUS.cancelled);
    return true;
  }

  online(linkKey: string, online: boolean): void {
    this.#push(linkKey, (dialect, device) => dialect.online(device, online, nowMs(this.#world)));
  }

  /** Pushes bytes of the device, transparently. `atMs` is when the device sent them. */
  report(linkKey: string, payload: Uint8Array, atMs: number): void {
    this.#push(linkKey, (dialect, device) => dialect.report(device, payload, atMs));
  }

  #setAway(productId: string, isAway: boolean): void {
    const operator = this.#products.find((product) => product.productId === productId)?.platform;
    if (operator === undefined) return;
    if (isAway) this.#away.add(operator);
    else this.#away.delete(operator);
    for (const product of this.#products) {
      if (product.platform === operator) this.#pushers.get(product.productId)?.pause(isAway);
    }
  }

  #progress(command: NbCommand, status: NbCommand['status']): void {
    this.#commands.setStatus(command, status);
    const { deviceId: linkKey, id } = command;
    this.#push(linkKey, (dialect, device) => dialect.progress(device, id, status, nowMs(this.#world)));
  }

  #push(linkKey: string, bodyOf: (dialect: NbDialect, device: NbDevice) => object | null): void {
    const device = this.#devices.get(linkKey);
    if (!device) return;
    const { platform, productId } = device.product;
    const body = bodyOf(DIALECTS[platform], device);
    if (body) this.#pushers.get(productId)?.enqueue(linkKey, body);
  }
}
