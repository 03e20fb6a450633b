import type { Socket } from 'node:net';
import { zonedParts } from '@openprepay/kernel';
import { type Acrel4gDown, type Acrel4gUp, createAcrel4gStream, encodeDown } from '@openprepay/protocols/acrel4g';
import { findDevices, noteUnclaimed } from '../../devices/index.ts';
import type { LinkEnv } from '../link.ts';
import { ConnectedSession } from '../sessions.ts';
import type { Counter } from '../stats.ts';
import { takePush } from './pushes.ts';

type Register = Extract<Acrel4gUp, { kind: 'register' }>;
type Data = Extract<Acrel4gUp, { kind: 'data' }>;
interface Incoming {
  readonly message: Acrel4gUp;
  readonly frame: Uint8Array;
}

const RSSI_UNKNOWN = 99;
const SERIAL = /^[\x21-\x7e]{1,20}$/;

/** One socket on the device port, from its first byte to its end. */
export class Connection {
  readonly remote: string;
  readonly #env: LinkEnv;
  readonly #socket: Socket;
  readonly #onSettled: () => void;
  readonly #stream = createAcrel4gStream('up');
  readonly #inbox: Incoming[] = [];
  readonly #pausedFor = new Set<'registration' | 'pressure'>();
  readonly #sinceMs = performance.now();
  #heardMs = performance.now();
  #noise = 0;
  #rejected = 0;
  #handling = false;
  #pendingPushes = 0;
  #closed = false;
  #unclaimed = false;
  #session: ConnectedSession | null = null;

  /** @param onSettled called when it is registered, and when it is closed */
  constructor(env: LinkEnv, socket: Socket, onSettled: () => void) {
    this.#env = env;
    this.#socket = socket;
    this.#onSettled = onSettled;
    this.remote = socket.remoteAddress ?? 'unknown';
    socket.on('data', (chunk: Uint8Array) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  close(reason: Counter): void {
    if (this.#closed) return;
    this.#env.stats.trouble(
      reason,
      { remote: this.remote, serial: this.#session?.linkKey },
      'device connection closed',
    );
    this.destroy();
  }

  /** On shutdown: no reason to count. */
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
    const { limits } = this.#env;
    if (this.#pausedFor.size > 0) this.#heardMs = nowMs;
    else if (this.#session && nowMs - this.#heardMs > limits.silenceMs) this.close('closed_for_silence');
    else if (this.#unclaimed && nowMs - this.#sinceMs > limits.unclaimedForMs) this.close('closed_unclaimed');
    else if (!this.#session && !this.#unclaimed && nowMs - this.#sinceMs > limits.registerWithinMs) {
      this.close('closed_without_registration');
    }
  }

  #read(chunk: Uint8Array): void {
    if (this.#closed) return;
    const { stats, limits } = this.#env;
    const received = this.#stream.push(chunk);
    const { skippedBytes, rejectedFrames } = this.#stream;
    stats.count('frames_up', received.length);
    stats.count('noise_bytes', skippedBytes - this.#noise);
    stats.count('frames_rejected', rejectedFrames - this.#rejected);
    this.#noise = skippedBytes;
    this.#rejected = rejectedFrames;
    if (skippedBytes > limits.maxNoiseBytes) this.close('closed_for_garbage');
    if (received.length === 0 || this.#closed) return;
    this.#heardMs = performance.now();
    this.#inbox.push(...received);
    void this.#handleAll();
  }

  /** In order; only a registration makes the messages behind it wait. */
  async #handleAll(): Promise<void> {
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#inbox.shift(); next && !this.#closed; next = this.#inbox.shift()) {
      if (this.#session) this.#handle(this.#session, next);
      else if (next.message.kind !== 'register' || this.#unclaimed) this.#env.stats.count('frames_unexpected');
      else {
        this.#pause('registration', true);
        await this.#register(next.message);
        this.#pause('registration', false);
      }
    }
    this.#handling = false;
  }

  #handle(session: ConnectedSession, { message, frame }: Incoming): void {
    const { stats } = this.#env;
    switch (message.kind) {
      case 'register':
        if (message.serial === session.linkKey) this.#welcome(session, message);
        else this.close('frames_unexpected');
        return;
      case 'time_request':
        this.#sendTime(session);
        return;
      case 'heartbeat':
        this.#noteContact(session, {});
        return;
      case 'data':
        void this.#push(session, message, frame);
        return;
      case 'transparent':
        if (message.modbus.length === 0) session.line().acknowledge();
        else session.line().receive(message.modbus);
        return;
      case 'other':
        stats.count('frames_unexpected');
    }
  }

  async #register(message: Register): Promise<void> {
    const { ctx, sessions, stats, onReachable } = this.#env;
    const { serial } = message;
    if (!SERIAL.test(serial)) return this.close('frames_unexpected');
    try {
      const devices = await findDevices(ctx.db, 'acrel4g', serial);
      if (this.#closed) return;
      if (devices.length === 0) {
        this.#unclaimed = true;
        return await noteUnclaimed(ctx.db, ctx.clock.now(), 'acrel4g', serial, this.remote);
      }
      const session = new ConnectedSession(
        {
          env: this.#env,
          link: 'acrel4g',
          linkKey: serial,
          remote: this.remote,
          send: (modbus) => this.#write(encodeDown({ kind: 'transparent', modbus })),
          hangUp: (reason) => this.close(reason),
        },
        devices,
      );
      this.#session = session;
      this.#onSettled();
      stats.count('sessions_registered');
      sessions.add(session)?.hangUp('sessions_replaced');
      this.#welcome(session, message);
      for (const meter of session.meters) onReachable(meter);
    } catch (error) {
      // The device calls again; by then the database may answer.
      ctx.log.error({ err: error, serial }, 'a device could not be looked up; its connection is closed');
      this.destroy();
    }
  }

  async #push(session: ConnectedSession, message: Data, frame: Uint8Array): Promise<void> {
    const { limits, stats } = this.#env;
    if (message.serial !== null && message.serial !== session.linkKey) return stats.count('frames_unexpected');
    if (this.#pendingPushes >= limits.maxPendingPushes) return stats.count('pushes_deferred');
    this.#pendingPushes += 1;
    try {
      await takePush(this.#env, session, message.sections, frame, this.remote);
      stats.count('pushes_taken');
      this.#send({ kind: 'data_ack' });
    } catch (error) {
      stats.trouble(
        'pushes_deferred',
        { err: error, serial: session.linkKey },
        'a push was not stored; it comes again',
      );
    }
    this.#pendingPushes -= 1;
    this.#noteGone();
  }

  #sendTime(session: ConnectedSession): void {
    const zone = session.meters[0]?.device.timeZone;
    if (zone) this.#send({ kind: 'time', local: zonedParts(this.#env.ctx.clock.now(), zone) });
  }

  #welcome(session: ConnectedSession, { iccid, rssi, firmware }: Register): void {
    const signal = rssi === RSSI_UNKNOWN ? {} : { rssi };
    this.#noteContact(session, { iccid, ...signal, firmware: firmware.join(' ') });
    this.#send({ kind: 'register_ack' });
  }

  #noteContact(session: ConnectedSession, said: { iccid?: string; rssi?: number; firmware?: string }): void {
    const at = this.#env.ctx.clock.now();
    for (const { device } of session.meters) {
      this.#env.contacts.note({ marketId: device.marketId, meterId: device.meterId, at, online: true, ...said });
    }
  }

  #send(message: Acrel4gDown): void {
    this.#write(encodeDown(message));
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#closed || !this.#socket.writable) return false;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > this.#env.limits.maxUnsentBytes) this.close('closed_for_not_reading');
    return true;
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
    this.#onSettled();
    this.#session?.close();
    if (this.#session) this.#env.sessions.remove(this.#session);
    this.#noteGone();
  }

  /** Offline only after its last push is stored, which says online, and unless it has called in anew. */
  #noteGone(): void {
    if (!this.#closed || this.#pendingPushes > 0) return;
    const { contacts, ctx, sessions } = this.#env;
    for (const { device } of this.#session?.meters ?? []) {
      if (sessions.meter(device.meterId)) continue;
      contacts.note({ marketId: device.marketId, meterId: device.meterId, at: ctx.clock.now(), online: false });
    }
  }
}
