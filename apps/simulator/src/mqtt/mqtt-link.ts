import { connect, type MqttClient } from 'mqtt';
import type { BusHabits } from '../bus/bus.ts';
import { BusLines } from '../gateways/bus-lines.ts';
import type { Link } from '../gateways/link.ts';
import type { AnyMeter } from '../make-meter.ts';
import { drawInt } from '../random.ts';
import type { SiteGateway } from '../site.ts';
import { TimerGroup } from '../timers.ts';
import { nowMs, onWireMs, type World } from '../world.ts';
import type { Family } from './family.ts';
import { HwFamily } from './hw-family.ts';
import { IotFamily } from './iot-family.ts';

const REPORT_EVERY_MS = 30 * 60_000;
const REPORT_JITTER_MS = 120_000;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * A meter with MQTT of its own, or a gateway with several on its line, at any broker. With a product key it is of the domestic
 * family, without one of the overseas one (acrelHW).
 */
export class MqttLink implements Link {
  readonly linkKey: string;
  readonly #world: World;
  readonly #brokerUrl: string;
  readonly #secret: string | null;
  readonly #lines: BusLines;
  readonly #family: Family;
  readonly #timers: TimerGroup;
  #client: MqttClient | null = null;
  #lastSlot = 0;

  constructor(
    gateway: Pick<SiteGateway, 'linkKey' | 'secret' | 'settings'>,
    meters: readonly AnyMeter[],
    world: World,
    brokerUrl: string,
    bus: BusHabits,
  ) {
    const { linkKey, secret, settings } = gateway;
    const productKey = settings['productKey'];
    this.linkKey = linkKey;
    this.#world = world;
    this.#brokerUrl = brokerUrl;
    this.#secret = secret;
    this.#timers = new TimerGroup(world.timers);
    this.#lines = new BusLines(linkKey, world, meters, bus);
    const device = {
      linkKey,
      meters,
      world,
      lines: this.#lines,
      publish: (topic: string, payload: Uint8Array) => this.#publish(topic, payload),
    };
    this.#family = typeof productKey === 'string' ? new IotFamily(device, productKey) : new HwFamily(device);
  }

  /** Its login was accepted. */
  get connected(): boolean {
    return this.#client?.connected === true && this.#family.loggedIn;
  }

  start(firstContactMs: number): void {
    this.#timers.after(firstContactMs, () => this.#connect());
    this.#reportLater();
  }

  stop(): void {
    this.unplug();
    this.#lines.stop();
  }

  unplug(): void {
    this.#timers.cancelAll();
    this.#family.end();
    this.#client?.end(true);
    this.#client = null;
  }

  plug(): void {
    if (this.#client) return;
    this.#connect();
    this.#reportLater();
  }

  #connect(): void {
    const { pace } = this.#world;
    const client = connect(this.#brokerUrl, {
      clientId: this.linkKey,
      username: this.linkKey,
      ...(this.#secret !== null && { password: this.#secret }),
      clean: true,
      reconnectPeriod: pace.reconnectLeastMs,
      connectTimeout: CONNECT_TIMEOUT_MS,
      queueQoSZero: false,
    });
    this.#client = client;
    client.on('connect', () => {
      client.subscribe([...this.#family.filters], { qos: 1 }, (error) => {
        if (!error) this.#family.begin();
      });
    });
    client.on('close', () => this.#family.end());
    // What went wrong does not matter to a device: it tries again.
    client.on('error', () => {});
    client.on('message', (topic, payload) => {
      this.#world.counters.framesReceived += 1;
      this.#family.take(topic, payload);
    });
  }

  #publish(topic: string, payload: Uint8Array): void {
    if (!this.#client?.connected) return;
    this.#world.counters.framesSent += 1;
    const copies = this.#world.faults.strikes('duplicated', this.linkKey) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#client.publish(topic, Buffer.from(payload), { qos: 1 });
  }

  /** It reads its meters whether or not it is connected. */
  #reportLater(): void {
    const now = nowMs(this.#world);
    const slot = Math.max(this.#lastSlot, Math.floor(now / REPORT_EVERY_MS)) + 1;
    this.#lastSlot = slot;
    const jitterMs = drawInt(0, REPORT_JITTER_MS, this.#world.seed, this.linkKey, 'report', slot);
    this.#timers.after(onWireMs(this.#world, slot * REPORT_EVERY_MS + jitterMs - now), () => {
      this.#family.report();
      this.#reportLater();
    });
  }
}
