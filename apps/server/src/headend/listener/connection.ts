import type { Socket } from 'node:net';
import { concatBytes } from '@openprepay/kernel';
import type { Sniffed, Sniffer } from '@openprepay/protocols/sniff';
import { type Link, noteUnclaimed } from '../../devices/index.ts';
import { Acrel4gHandler } from '../acrel4g/handler.ts';
import { AcrelGwHandler } from '../acrelgw/handler.ts';
import { DtuHandler } from '../dtu/handler.ts';
import { type Claimed, findClaimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import { ConnectedSession } from '../sessions.ts';
import type { EndReason } from '../stats.ts';
import type { FrameError } from '../trace.ts';
import type { LinkHandler, SessionHow, Wire } from './handler.ts';
import type { UnknownDevices } from './unknown.ts';

/** What is still to come of a first packet comes within so long. */
const SNIFF_SILENCE_MS = 500;
const NOTHING = new Uint8Array(0);

/** What the listener has for each of its connections. */
export interface Door {
  readonly env: LinkEnv;
  readonly sniff: Sniffer;
  readonly unknown: UnknownDevices;
}

/** One socket on the device port, from its first byte to its end. */
export class Connection implements Wire {
  readonly env: LinkEnv;
  readonly remote: string;
  readonly #socket: Socket;
  readonly #door: Door;
  readonly #onSettled: () => void;
  readonly #pausedFor = new Set<'registration' | 'pressure'>();
  readonly #sinceMs = performance.now();
  #begun: Uint8Array = NOTHING;
  #sniffing: NodeJS.Timeout | null = null;
  #isListed = false;
  #handler: LinkHandler | null = null;
  #heardMs = performance.now();
  #noise = 0;
  #pendingPushes = 0;
  #closed = false;
  #unclaimed: { readonly link: Link; readonly linkKey: string } | null = null;
  #session: ConnectedSession | null = null;
  #ownModem = false;

  /** @param onSettled called when it is registered, and when it is closed */
  constructor(door: Door, socket: Socket, onSettled: () => void) {
    this.env = door.env;
    this.#door = door;
    this.#socket = socket;
    this.#onSettled = onSettled;
    this.remote = socket.remoteAddress ?? 'unknown';
    socket.on('data', (chunk: Uint8Array) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  /** The device at the other end that nobody claimed. */
  get unclaimed(): { readonly link: Link; readonly linkKey: string } | null {
    return this.#unclaimed;
  }

  close(reason: EndReason): void {
    if (this.#closed) return;
    const { stats, trace } = this.env;
    const { link, linkKey } = this.#session ?? this.#unclaimed ?? { link: null, linkKey: null };
    stats.trouble(reason, { remote: this.remote, link, linkKey }, 'device connection closed');
    if (link && linkKey) {
      const marketId = this.#session?.marketId ?? null;
      trace.event({ link, linkKey, marketId, meterId: null, event: reason, detail: { remote: this.remote } });
    }
    this.destroy();
  }

  /** On shutdown, or for a fault of our own: no reason to count. */
  destroy(): void {
    this.#socket.destroy();
    this.#end();
  }

  /** While the queue of reports is full, nothing more is read from the devices. */
  setPressure(full: boolean): void {
    this.#pause('pressure', full);
  }

  /** Called about once a second. */
  checkTime(nowMs: number): void {
    const { limits } = this.env;
    const silenceMs = this.#handler?.silenceMs ?? null;
    if (this.#pausedFor.size > 0) this.#heardMs = nowMs;
    else if (this.#session && silenceMs !== null && nowMs - this.#heardMs > silenceMs) this.close('closed_for_silence');
    else if (this.#unclaimed && nowMs - this.#sinceMs > limits.unclaimedForMs) this.close('closed_unclaimed');
    else if (!this.#session && !this.#unclaimed && nowMs - this.#sinceMs > limits.registerWithinMs) {
      this.close('closed_without_registration');
    }
  }

  /** Somebody claimed the device that is on this connection. */
  claim(): void {
    if (this.#closed || this.#unclaimed === null) return;
    this.#unclaimed = null;
    this.#handler?.claimed();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || !this.#socket.writable) return false;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > this.env.limits.maxUnsentBytes) this.close('closed_for_not_reading');
    return true;
  }

  heard(): void {
    this.#heardMs = performance.now();
    this.#noise = 0;
  }

  noise(bytes: number): void {
    this.env.stats.count('noise_bytes', bytes);
    this.#noise += bytes;
    if (this.#noise > this.env.limits.maxNoiseBytes) this.close('closed_for_garbage');
  }

  async identify(link: Link, linkKey: string): Promise<Claimed | null> {
    const { ctx } = this.env;
    this.#pause('registration', true);
    try {
      const claimed = await findClaimed(ctx.db, link, linkKey);
      if (this.#closed) return null;
      if (claimed) return claimed;
      this.#unclaimed = { link, linkKey };
      await noteUnclaimed(ctx.db, ctx.clock.now(), link, linkKey, this.remote);
    } catch (error) {
      // The device calls again; by then the database may answer.
      ctx.log.error({ err: error, link, linkKey }, 'a device could not be looked up; its connection is closed');
      this.destroy();
    } finally {
      this.#pause('registration', false);
    }
    return null;
  }

  open(
    { marketId, link, linkKey, gateway, devices }: Claimed,
    { send, ownModem }: SessionHow,
  ): ConnectedSession | null {
    if (this.#closed) return null;
    const { env, remote } = this;
    const { gapMs, timeoutMs } = gateway?.settings ?? {};
    const hangUp = (reason: EndReason) => this.close(reason);
    const session = new ConnectedSession(
      { env, marketId, link, linkKey, remote, gateway, gapMs, replyWithinMs: timeoutMs, send, hangUp },
      devices,
    );
    this.#session = session;
    this.#ownModem = ownModem;
    this.#onSettled();
    env.stats.count('sessions_registered');
    env.trace.event({ link, linkKey, marketId, meterId: null, event: 'session_registered', detail: { remote } });
    env.sessions.add(session)?.hangUp('sessions_replaced');
    for (const meter of session.meters) env.onReachable(meter);
    return session;
  }

  noteContact(said: { readonly iccid?: string; readonly rssi?: number; readonly firmware?: string }): void {
    if (!this.#ownModem) return;
    const at = this.env.ctx.clock.now();
    for (const { device } of this.#session?.meters ?? []) {
      this.env.contacts.note({ marketId: device.marketId, meterId: device.meterId, at, online: true, ...said });
    }
  }

  async takePush(store: () => Promise<void>): Promise<boolean> {
    const { limits, stats } = this.env;
    if (this.#pendingPushes >= limits.maxPendingPushes) {
      stats.count('pushes_deferred');
      return false;
    }
    this.#pendingPushes += 1;
    let taken = false;
    try {
      await store();
      taken = true;
      stats.count('pushes_taken');
    } catch (error) {
      const { linkKey } = this.#session ?? {};
      stats.trouble('pushes_deferred', { err: error, linkKey }, 'a push was not stored; it comes again');
    }
    this.#pendingPushes -= 1;
    this.#noteGone();
    return taken;
  }

  see(direction: 'up' | 'down', protocol: string, bytes: Uint8Array, error: FrameError | null = null): void {
    const who = this.#session ?? this.#unclaimed;
    if (!who) return;
    const marketId = this.#session?.marketId ?? null;
    const { link, linkKey } = who;
    this.env.trace.frame({ direction, link, linkKey, marketId, meterId: null, protocol, bytes, error });
  }

  #read(chunk: Uint8Array): void {
    if (this.#closed) return;
    if (this.#handler) {
      this.#handler.receive(chunk);
      return;
    }
    if (this.#sniffing) clearTimeout(this.#sniffing);
    this.#begun = concatBytes(this.#begun, chunk);
    this.#tell(this.#door.sniff(this.#begun, false));
  }

  /** What it is, as far as its first packet tells; where it is nothing known, the next packet is a new beginning. */
  #tell(sniffed: Sniffed): void {
    const begun = this.#begun;
    if (sniffed.kind === 'more') {
      this.#sniffing = setTimeout(() => this.#tell(this.#door.sniff(this.#begun, true)), SNIFF_SILENCE_MS);
      return;
    }
    this.#begun = NOTHING;
    switch (sniffed.kind) {
      case 'acrel4g':
        this.#handler = new Acrel4gHandler(this);
        break;
      case 'acrelgw':
        this.#handler = new AcrelGwHandler(this);
        break;
      case 'dtu':
        this.#handler = new DtuHandler(this, sniffed.convention);
        break;
      default:
        if (!this.#isListed) this.#door.unknown.note(this.remote, sniffed.kind, begun);
        this.#isListed = true;
        this.noise(begun.length);
        return;
    }
    this.#handler.receive(begun);
  }

  #pause(why: 'registration' | 'pressure', on: boolean): void {
    if (on) this.#pausedFor.add(why);
    else this.#pausedFor.delete(why);
    if (this.#pausedFor.size > 0) this.#socket.pause();
    else if (!this.#closed) this.#socket.resume();
  }

  /** At once where we hang up, else when the socket says so. */
  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#sniffing) clearTimeout(this.#sniffing);
    this.#onSettled();
    this.#handler?.end();
    const session = this.#session;
    session?.close();
    if (session && this.env.sessions.remove(session)) {
      const { link, linkKey, marketId } = session;
      const detail = { remote: this.remote };
      this.env.trace.event({ link, linkKey, marketId, meterId: null, event: 'session_closed', detail });
    }
    this.#noteGone();
  }

  /** Offline only after its last push is stored, which says online, and unless it has called in anew. */
  #noteGone(): void {
    if (!this.#closed || this.#pendingPushes > 0) return;
    const { contacts, ctx, sessions } = this.env;
    for (const { device } of this.#session?.meters ?? []) {
      if (sessions.meter(device.meterId)) continue;
      contacts.note({ marketId: device.marketId, meterId: device.meterId, at: ctx.clock.now(), online: false });
    }
  }
}
