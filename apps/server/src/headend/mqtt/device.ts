import type { LinkEventName } from '@openprepay/contract';
import { concatBytes, type ZonedParts, zonedParts } from '@openprepay/kernel';
import type { MeterModel } from '@openprepay/protocols';
import type { MeterDriver, MeterReading } from '@openprepay/protocols/driver';
import type { Device } from '../../devices/index.ts';
import { noteUnclaimed } from '../../devices/index.ts';
import type { Claimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import type { Line, ReachableMeter } from '../reachable.ts';
import { contactReport, meterReport } from '../report.ts';
import { ConnectedSession, splitBusAddress } from '../sessions.ts';
import type { EndReason } from '../stats.ts';
import type { FrameError } from '../trace.ts';
import type { Spoken } from './topics.ts';

/** The name under which what devices say is kept and decoded. */
export const PROTOCOL = 'acrelmqtt';
const LINK = 'mqtt';
/** Meters of one message that nobody registered; a gateway that is set up wrongly names many. */
const MAX_UNKNOWN = 16;

/** One of the vendor's families: how its messages are understood, and how meters behind the device are spoken to. */
export interface Family {
  receive(spoken: Spoken, payload: Uint8Array): void;
  send(request: Uint8Array, meter: ReachableMeter): boolean;
  /** Where a meter's own protocol does not pass this family. */
  readonly speak?: (device: Device, model: MeterModel) => { readonly driver: MeterDriver; readonly line: Line };
  close(): void;
}

export interface DeviceOptions {
  readonly env: LinkEnv;
  readonly claimed: Claimed;
  readonly remote: string;
  publish(topic: string, payload: Uint8Array): boolean;
  /** Ends the connection, where there is one. */
  hangUp(): void;
}

/** What one meter shows in a message. */
export interface Shown {
  /** As the message names the meter; null, or the device's own, where the device is the meter. */
  readonly name: string | null;
  /** Null where it says nothing that may be believed. */
  readonly reading: MeterReading | null;
}

/** One device that signs in to a broker, gateway or meter: its session, and what it says made durable. */
export class MqttDevice {
  readonly env: LinkEnv;
  readonly linkKey: string;
  readonly claimed: Claimed;
  readonly session: ConnectedSession;
  readonly family: Family;
  readonly #options: DeviceOptions;
  #pending = 0;
  #closed = false;

  constructor(options: DeviceOptions, familyOf: (device: MqttDevice) => Family) {
    const { env, claimed, remote } = options;
    this.env = env;
    this.claimed = claimed;
    this.linkKey = claimed.linkKey;
    this.#options = options;
    this.family = familyOf(this);
    const { marketId, linkKey, gateway, devices } = claimed;
    const { send, speak } = this.family;
    this.session = new ConnectedSession(
      {
        env,
        marketId,
        link: LINK,
        linkKey,
        remote,
        gateway,
        replyWithinMs: gateway?.settings.timeoutMs,
        send: (request, meter) => send.call(this.family, request, meter),
        ...(speak && { speak }),
        hangUp: (reason) => this.#hangUp(reason),
      },
      devices,
    );
    env.stats.count('sessions_registered');
    this.tell('session_registered', { remote });
    env.sessions.add(this.session)?.hangUp('sessions_replaced');
    for (const meter of this.session.meters) env.onReachable(meter);
    this.noteContact({});
  }

  publish(topic: string, payload: Uint8Array): boolean {
    const isSent = !this.#closed && this.#options.publish(topic, payload);
    if (isSent) this.see('down', topic, payload);
    return isSent;
  }

  /** A meter behind the device; the device itself where the bus address names no other. */
  meterOf(name: string | null): ReachableMeter | undefined {
    const own = name === null || name === this.linkKey ? '' : name;
    return this.session.meters.find(({ device }) => splitBusAddress(device.busAddress).port === own);
  }

  /** @returns whether everything shown is durable, so that the message may be acknowledged */
  async take(shown: readonly Shown[], frame: Uint8Array): Promise<boolean> {
    const { limits, stats } = this.env;
    if (this.#pending >= limits.maxPendingPushes) {
      stats.count('pushes_deferred');
      return false;
    }
    this.#pending += 1;
    let taken = false;
    try {
      await Promise.all(shown.map((one, at) => this.#takeOne(one, frame, at)));
      taken = true;
      stats.count('pushes_taken');
    } catch (error) {
      stats.trouble('pushes_deferred', { err: error, linkKey: this.linkKey }, 'a push was not stored; it comes again');
    }
    this.#pending -= 1;
    this.#noteGone();
    return taken;
  }

  async #takeOne({ name, reading }: Shown, frame: Uint8Array, at: number): Promise<void> {
    const { ctx, reports, stats } = this.env;
    const meter = this.meterOf(name);
    const receivedAt = ctx.clock.now();
    if (!meter) {
      const linkKey = `${this.linkKey}/${name ?? ''}`;
      stats.trouble('pushes_unknown_meter', { linkKey }, 'a message of a meter that is not registered here');
      return at < MAX_UNKNOWN ? noteUnclaimed(ctx.db, receivedAt, LINK, linkKey, this.session.remote) : undefined;
    }
    const { device } = meter;
    if (!reading) {
      stats.trouble('pushes_undecodable', { meterId: device.meterId }, 'a message without a register to be believed');
      return reports.add(contactReport(device, PROTOCOL, frame, receivedAt));
    }
    await reports.add(meterReport(device, reading, { receivedAt, origin: 'pushed', frame, protocol: PROTOCOL }));
    meter.lastReportAt = receivedAt;
  }

  /** The device was heard: where it is the meter itself, that is a word of the meter. Those behind it speak by uploads. */
  noteContact(said: { readonly iccid?: string; readonly rssi?: number; readonly firmware?: string }): void {
    const at = this.env.ctx.clock.now();
    const device = this.meterOf(null)?.device;
    if (!device) return;
    this.env.contacts.note({ marketId: device.marketId, meterId: device.meterId, at, online: true, ...said });
  }

  /** The wall clock where the device hangs. */
  localTime(): ZonedParts | null {
    const zone = this.session.meters[0]?.device.timeZone;
    return zone ? zonedParts(this.env.ctx.clock.now(), zone) : null;
  }

  /** A message that makes no sense: counted, seen, and not acknowledged. */
  refuse({ text }: Spoken, payload: Uint8Array, reason: FrameError): void {
    const { linkKey } = this;
    this.env.stats.trouble('mqtt_undecodable', { linkKey, reason }, 'an MQTT message makes no sense');
    this.see('up', text, payload, reason);
  }

  /** Shown with its topic, which says half of what a message means. */
  see(direction: 'up' | 'down', topic: string, payload: Uint8Array, error: FrameError | null = null): void {
    const { linkKey, claimed } = this;
    const { marketId } = claimed;
    const bytes = concatBytes(new TextEncoder().encode(`${topic} `), payload);
    this.env.trace.frame({ direction, link: LINK, linkKey, marketId, meterId: null, protocol: PROTOCOL, bytes, error });
  }

  tell(event: LinkEventName, detail: Readonly<Record<string, unknown>>): void {
    const { linkKey, claimed } = this;
    this.env.trace.event({ link: LINK, linkKey, marketId: claimed.marketId, meterId: null, event, detail });
  }

  /** When its connection is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.family.close();
    this.session.close();
    if (this.env.sessions.remove(this.session)) this.tell('session_closed', { remote: this.session.remote });
    this.#noteGone();
  }

  #hangUp(reason: EndReason): void {
    // Its keep-alive says whether it is there. That nothing passes through it is no reason to do without its uploads.
    if (this.#closed || reason === 'closed_for_time_outs') return;
    this.env.stats.trouble(reason, { link: LINK, linkKey: this.linkKey }, 'the session of an MQTT device was ended');
    this.tell(reason, {});
    this.close();
    this.#options.hangUp();
  }

  /** Offline only after its last push is stored, which says online, and unless it has come in anew. */
  #noteGone(): void {
    if (!this.#closed || this.#pending > 0) return;
    const { contacts, ctx, sessions } = this.env;
    for (const { device } of this.session.meters) {
      if (sessions.meter(device.meterId)) continue;
      contacts.note({ marketId: device.marketId, meterId: device.meterId, at: ctx.clock.now(), online: false });
    }
  }
}
