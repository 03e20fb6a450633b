import { fromHex } from '@openprepay/kernel';
import type { NbCommand } from './command-cache.ts';
import type { Link } from './gateways/link.ts';
import type { NbModule, NbPlatform } from './nb-platform.ts';
import { drawInt } from './random.ts';
import { TimerGroup } from './timers.ts';
import type { WaterMeter } from './water-meter.ts';
import { nowMs, onWireMs, type World } from './world.ts';

const WAKE_EVERY_MS = 30 * 60_000;
/**
 * After the last message the network lets the module listen for this long, market time: longer than a valve takes to
 * move, so that it is still awake to report where the valve has arrived.
 */
const REACHABLE_MS = 20_000;
/** Over NB-IoT a message takes about this long, market time. */
const AIR_MS = 2_000;
/** The platform holds a late report back by this much market time. */
const LATE_MS = { least: 5 * 60_000, most: 20 * 60_000 };
const GARBAGE_MOST_BYTES = 40;

type Platform = Pick<NbPlatform, 'attach' | 'online' | 'report' | 'take' | 'delivered' | 'undelivered' | 'completed'>;

/** The radio module of one water meter: sleeps, wakes, reports, takes the commands that waited, and sleeps again. */
export class NbCycle implements NbModule, Link {
  readonly meter: WaterMeter;
  readonly #platform: Platform;
  readonly #world: World;
  readonly #timers: TimerGroup;
  #awake = false;
  #attached = false;
  #taking = false;
  #wakes = 0;
  #cancelWake: () => void = () => {};
  #cancelSleep: () => void = () => {};

  constructor(meter: WaterMeter, platform: Platform, world: World) {
    this.meter = meter;
    this.#platform = platform;
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
    platform.attach(meter.linkKey, this);
    meter.isAwake = () => this.#awake;
    meter.onWakeCall = () => this.wake();
    meter.onValveMoved = () => this.#report();
    meter.onAirChange = (onAir) => this.#onAir(onAir);
  }

  get reachable(): boolean {
    return this.#awake;
  }

  /** On the air and known to the platform. */
  get attached(): boolean {
    return this.#attached;
  }

  get connected(): boolean {
    return this.#attached;
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

  start(firstWakeMs: number): void {
    this.#cancelWake = this.#timers.after(firstWakeMs, () => this.wake());
  }

  stop(): void {
    this.#timers.cancelAll();
  }

  wake(): void {
    if (!this.meter.onAir || this.#awake) return;
    this.#cancelWake();
    this.#awake = true;
    this.#attached = true;
    this.#wakes += 1;
    this.#platform.online(this.meter.linkKey, true);
    this.#report();
    this.#sleepLater();
    this.commandWaiting();
  }

  /** Takes the commands that wait, one after the other. */
  commandWaiting(): void {
    if (this.#taking || !this.#awake) return;
    const command = this.#platform.take(this.meter.linkKey);
    if (!command) return;
    this.#taking = true;
    this.#sleepLater();
    this.#timers.after(onWireMs(this.#world, AIR_MS), () => {
      this.#taking = false;
      if (this.#awake) this.#deliver(command);
      else this.#platform.undelivered(command);
    });
  }

  #deliver(command: NbCommand): void {
    this.#platform.delivered(command);
    const answer = this.meter.answer(fromHex(command.payloadHex));
    if (answer) {
      this.#platform.report(this.meter.linkKey, answer, nowMs(this.#world));
      this.#platform.completed(command);
    }
    this.#sleepLater();
    this.commandWaiting();
  }

  #sleepLater(): void {
    this.#cancelSleep();
    const reachableMs = Math.max(onWireMs(this.#world, REACHABLE_MS), this.#world.pace.reachableLeastMs);
    this.#cancelSleep = this.#timers.after(reachableMs, () => this.#sleep());
  }

  #sleep(): void {
    this.#cancelSleep();
    this.#awake = false;
    const now = nowMs(this.#world);
    const phaseMs = drawInt(0, WAKE_EVERY_MS - 1, this.#world.seed, this.meter.serial, 'phase');
    const nextMs = (Math.floor((now - phaseMs) / WAKE_EVERY_MS) + 1) * WAKE_EVERY_MS + phaseMs;
    this.#cancelWake = this.#timers.after(onWireMs(this.#world, nextMs - now), () => this.wake());
  }

  #onAir(onAir: boolean): void {
    if (onAir) {
      // By now it may be another device.
      this.#platform.attach(this.meter.linkKey, this);
      this.wake();
      return;
    }
    this.#cancelWake();
    this.#cancelSleep();
    this.#awake = false;
    if (this.#attached) this.#platform.online(this.meter.linkKey, false);
    this.#attached = false;
  }

  #report(): void {
    if (!this.#awake) return;
    const { faults } = this.#world;
    const { linkKey, serial } = this.meter;
    const atMs = nowMs(this.#world);
    const payload = this.meter.report();
    const copies = faults.strikes('duplicated', serial) ? 2 : 1;
    const send = () => {
      for (let copy = 0; copy < copies; copy++) this.#platform.report(linkKey, payload, atMs);
    };
    if (faults.strikes('garbage', serial)) this.#platform.report(linkKey, this.#noise(), atMs);
    const late = faults.strikes('late', serial);
    if (late)
      this.#timers.after(onWireMs(this.#world, drawInt(LATE_MS.least, LATE_MS.most, serial, this.#wakes)), send);
    else send();
  }

  #noise(): Uint8Array {
    const length = drawInt(1, GARBAGE_MOST_BYTES, this.meter.serial, this.#wakes);
    return Uint8Array.from({ length }, (_, i) => drawInt(0, 255, this.meter.serial, this.#wakes, i));
  }
}
