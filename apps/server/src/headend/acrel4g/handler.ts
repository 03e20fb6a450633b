import { zonedParts } from '@openprepay/kernel';
import { type Acrel4gDown, type Acrel4gUp, createAcrel4gStream, encodeDown } from '@openprepay/protocols/acrel4g';
import type { LinkHandler, Wire } from '../listener/handler.ts';
import type { ConnectedSession } from '../sessions.ts';
import { takePush } from './pushes.ts';

type Register = Extract<Acrel4gUp, { kind: 'register' }>;
type Data = Extract<Acrel4gUp, { kind: 'data' }>;
interface Incoming<M = Acrel4gUp> {
  readonly message: M;
  readonly frame: Uint8Array;
}

const PROTOCOL = 'acrel4g';
const RSSI_UNKNOWN = 99;
const SERIAL = /^[\x21-\x7e]{1,20}$/;

/** A meter of the vendor with a modem of its own, or a modem with a few meters behind it. */
export class Acrel4gHandler implements LinkHandler {
  readonly silenceMs: number;
  readonly #wire: Wire;
  readonly #stream = createAcrel4gStream('up');
  readonly #inbox: Incoming[] = [];
  #noise = 0;
  #rejected = 0;
  #handling = false;
  #ended = false;
  #session: ConnectedSession | null = null;
  /** Of a device that nobody claimed, in case somebody does. */
  #registration: Incoming<Register> | null = null;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.silenceMs = wire.env.limits.silenceMs;
  }

  receive(chunk: Uint8Array): void {
    const { stats } = this.#wire.env;
    const received = this.#stream.push(chunk);
    const { skippedBytes, rejectedFrames } = this.#stream;
    stats.count('frames_up', received.length);
    stats.count('frames_rejected', rejectedFrames - this.#rejected);
    this.#rejected = rejectedFrames;
    if (received.length > 0) this.#wire.heard();
    this.#wire.noise(skippedBytes - this.#noise);
    this.#noise = skippedBytes;
    this.#inbox.push(...received);
    void this.#handleAll();
  }

  claimed(): void {
    const registration = this.#registration;
    this.#registration = null;
    if (registration) void this.#register(registration);
  }

  end(): void {
    this.#ended = true;
  }

  /** In order; only a registration makes the messages behind it wait. */
  async #handleAll(): Promise<void> {
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#inbox.shift(); next && !this.#ended; next = this.#inbox.shift()) {
      const { message, frame } = next;
      if (this.#session) this.#handle(this.#session, next);
      else if (message.kind !== 'register' || this.#registration) this.#wire.env.stats.count('frames_unexpected');
      else await this.#register({ message, frame });
    }
    this.#handling = false;
  }

  #handle(session: ConnectedSession, { message, frame }: Incoming): void {
    const { stats } = this.#wire.env;
    if (message.kind !== 'transparent') this.#wire.see('up', PROTOCOL, frame);
    switch (message.kind) {
      case 'register':
        if (message.serial === session.linkKey) this.#welcome(message);
        else this.#wire.close('frames_unexpected');
        return;
      case 'time_request':
        this.#sendTime(session);
        return;
      case 'heartbeat':
        this.#wire.noteContact({});
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

  async #register(registration: Incoming<Register>): Promise<void> {
    const { message, frame } = registration;
    const { serial } = message;
    if (!SERIAL.test(serial)) return this.#wire.close('frames_unexpected');
    const claimed = await this.#wire.identify('acrel4g', serial);
    if (!claimed) {
      this.#wire.see('up', PROTOCOL, frame);
      this.#registration = registration;
      return;
    }
    const send = (modbus: Uint8Array) => this.#wire.write(encodeDown({ kind: 'transparent', modbus }));
    this.#session = this.#wire.open(claimed, { send, ownModem: true });
    this.#wire.see('up', PROTOCOL, frame);
    if (this.#session) this.#welcome(message);
  }

  async #push(session: ConnectedSession, message: Data, frame: Uint8Array): Promise<void> {
    const { env, remote } = this.#wire;
    if (message.serial !== null && message.serial !== session.linkKey) return env.stats.count('frames_unexpected');
    const taken = await this.#wire.takePush(() => takePush(env, session, message.sections, frame, remote));
    if (taken) this.#send({ kind: 'data_ack' });
  }

  #sendTime(session: ConnectedSession): void {
    const zone = session.meters[0]?.device.timeZone;
    if (zone) this.#send({ kind: 'time', local: zonedParts(this.#wire.env.ctx.clock.now(), zone) });
  }

  #welcome({ iccid, rssi, firmware }: Register): void {
    const signal = rssi === RSSI_UNKNOWN ? {} : { rssi };
    this.#wire.noteContact({ iccid, ...signal, firmware: firmware.join(' ') });
    this.#send({ kind: 'register_ack' });
  }

  #send(message: Acrel4gDown): void {
    const frame = encodeDown(message);
    if (this.#wire.write(frame)) this.#wire.see('down', PROTOCOL, frame);
  }
}
