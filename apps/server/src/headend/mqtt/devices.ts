import { noteUnclaimed } from '../../devices/index.ts';
import { findClaimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import { MqttDevice } from './device.ts';
import { HwFamily } from './hw.ts';
import { IotFamily } from './iot.ts';
import type { MqttLimits } from './limits.ts';
import type { MqttEvents, MqttPort, Peer } from './port.ts';
import { type Spoken, spokenOn } from './topics.ts';

interface Entry {
  readonly linkKey: string;
  /** Null where a broker elsewhere has let it in. */
  readonly peer: Peer | null;
  readonly inbox: (readonly [Spoken, Uint8Array])[];
  readonly sinceMs: number;
  heardMs: number;
  /** Null while it is looked up, and where nobody claimed it. */
  device: MqttDevice | null;
}

const LINK = 'mqtt';
/** Messages that wait while their device is looked up. */
const MAX_INBOX = 16;
const CHECK_EVERY_MS = 5_000;
/** A device that nobody claimed is looked up again after so long. */
const LOOK_AGAIN_AFTER_MS = 10_000;
/** Sessions through a broker elsewhere end after a silence; 1.5 keep-alives, as a broker of our own does it. */
const KEEP_ALIVES_MISSED = 1.5;

/** Who is signed in, here or at a broker elsewhere: messages find their device, and its first one begins its session. */
export class MqttDevices implements MqttEvents {
  readonly #env: LinkEnv;
  readonly #limits: MqttLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #timer: NodeJS.Timeout;
  #port: MqttPort | null = null;

  constructor(env: LinkEnv, limits: MqttLimits) {
    this.#env = env;
    this.#limits = limits;
    this.#timer = setInterval(() => this.#checkTime(performance.now()), CHECK_EVERY_MS);
  }

  /** The way out, once there is one. */
  set port(port: MqttPort) {
    this.#port = port;
  }

  onMessage(topic: string, payload: Uint8Array, peer: Peer | null): void {
    const { stats } = this.#env;
    const spoken = spokenOn(topic);
    if (!spoken) {
      stats.count('mqtt_undecodable');
      return;
    }
    stats.count('mqtt_messages');
    let entry = this.#entries.get(spoken.linkKey);
    if (entry && entry.peer !== peer) {
      this.#drop(entry);
      entry = undefined;
    }
    entry ??= this.#begin(spoken.linkKey, peer);
    if (!entry) return;
    entry.heardMs = performance.now();
    if (entry.device) entry.device.family.receive(spoken, payload);
    else if (entry.inbox.length < MAX_INBOX) entry.inbox.push([spoken, payload]);
    else stats.count('pushes_deferred');
  }

  onGone(peer: Peer): void {
    const entry = this.#entries.get(peer.linkKey);
    if (entry?.peer === peer) this.#drop(entry);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const entry of [...this.#entries.values()]) this.#drop(entry);
  }

  #begin(linkKey: string, peer: Peer | null): Entry | undefined {
    if (this.#entries.size >= this.#limits.maxConnections) {
      this.#env.stats.trouble('connections_refused', { linkKey }, 'too many MQTT devices');
      return undefined;
    }
    const nowMs = performance.now();
    const entry: Entry = { linkKey, peer, inbox: [], sinceMs: nowMs, heardMs: nowMs, device: null };
    this.#entries.set(linkKey, entry);
    void this.#open(entry);
    return entry;
  }

  async #open(entry: Entry): Promise<void> {
    const { ctx } = this.#env;
    const { linkKey, peer } = entry;
    const remote = peer?.remote ?? 'broker';
    try {
      const claimed = await findClaimed(ctx.db, LINK, linkKey);
      const [first] = entry.inbox;
      if (this.#entries.get(linkKey) !== entry || !first) return;
      if (!claimed) return await noteUnclaimed(ctx.db, ctx.clock.now(), LINK, linkKey, remote);
      const publish = (topic: string, payload: Uint8Array) => this.#port?.publish(topic, payload) ?? false;
      const hangUp = () => {
        this.#drop(entry);
        peer?.close();
      };
      const [{ family }] = first;
      const device = new MqttDevice({ env: this.#env, claimed, remote, publish, hangUp }, (device) =>
        family === 'hw' ? new HwFamily(device) : new IotFamily(device),
      );
      entry.device = device;
      for (const [spoken, payload] of entry.inbox.splice(0)) device.family.receive(spoken, payload);
    } catch (error) {
      // What it said is not acknowledged, so it says it again; by then the database may answer.
      ctx.log.error({ err: error, linkKey }, 'an MQTT device could not be looked up');
      this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.linkKey) === entry) this.#entries.delete(entry.linkKey);
    entry.device?.close();
  }

  #checkTime(nowMs: number): void {
    const silenceMs = this.#limits.keepAliveS * KEEP_ALIVES_MISSED * 1000;
    for (const entry of [...this.#entries.values()]) {
      if (entry.device === null) {
        if (nowMs - entry.sinceMs > LOOK_AGAIN_AFTER_MS) this.#drop(entry);
      } else if (entry.peer === null && nowMs - entry.heardMs > silenceMs) {
        entry.device.session.hangUp('closed_for_silence');
      }
    }
  }
}
