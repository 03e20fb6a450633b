import { randomBytes } from 'node:crypto';
import { toHex, zonedParts } from '@openprepay/kernel';
import { isProtocolError } from '@openprepay/protocols';
import {
  createAcrelGwStream,
  decodeUp,
  encodeDown,
  type GwDown,
  type GwFrame,
  type GwIdentity,
  type GwUp,
  isMd5Answer,
  MAX_DATA_BYTES,
  MAX_STRANGER_DATA_BYTES,
} from '@openprepay/protocols/acrelgw';
import type { Claimed } from '../gateways.ts';
import type { LinkHandler, Wire } from '../listener/handler.ts';
import type { ReachableMeter } from '../reachable.ts';
import { type ConnectedSession, splitBusAddress } from '../sessions.ts';
import { takeReport } from './reports.ts';

interface Incoming {
  readonly message: GwFrame;
  readonly frame: Uint8Array;
}

const PROTOCOL = 'acrelgw';
const SEQUENCE_BYTES = 16;
/** Of a gateway with one port, where the bus address names none. */
const FIRST_PORT = 1;
const MAX_METER_NUMBER = 999;

/** A gateway of the vendor: it proves who it is, reports its meters by itself, and passes questions on to their buses. */
export class AcrelGwHandler implements LinkHandler {
  readonly silenceMs: number;
  readonly #wire: Wire;
  readonly #stream = createAcrelGwStream(() => (this.#session ? MAX_DATA_BYTES : MAX_STRANGER_DATA_BYTES));
  readonly #inbox: Incoming[] = [];
  #noise = 0;
  #handling = false;
  #ended = false;
  /** Who wants to be let in, and what it was asked. */
  #calling: GwIdentity | null = null;
  #challenge: { readonly claimed: Claimed; readonly secret: string; readonly sequence: string } | null = null;
  #secret: string | null = null;
  #session: ConnectedSession | null = null;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.silenceMs = wire.env.limits.silenceMs;
  }

  receive(chunk: Uint8Array): void {
    const received = this.#stream.push(chunk);
    this.#wire.env.stats.count('frames_up', received.length);
    if (received.length > 0) this.#wire.heard();
    this.#wire.noise(this.#stream.skippedBytes - this.#noise);
    this.#noise = this.#stream.skippedBytes;
    this.#inbox.push(...received);
    void this.#handleAll();
  }

  claimed(): void {
    if (this.#calling) void this.#challengeCaller(this.#calling);
  }

  end(): void {
    this.#ended = true;
  }

  /** In order; only being looked up makes the messages behind it wait. */
  async #handleAll(): Promise<void> {
    if (this.#handling) return;
    this.#handling = true;
    for (let next = this.#inbox.shift(); next && !this.#ended; next = this.#inbox.shift()) {
      const message = this.#decode(next);
      if (!message) continue;
      if (this.#session) this.#handle(this.#session, message, next.frame);
      else await this.#handleStranger(message);
    }
    this.#handling = false;
  }

  #decode({ message, frame }: Incoming): GwUp | null {
    try {
      const up = decodeUp(message, this.#secret);
      if (up.kind !== 'transparent') this.#wire.see('up', PROTOCOL, frame);
      return up;
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#wire.env.stats.count('frames_rejected');
      this.#wire.see('up', PROTOCOL, frame, error.code);
      this.#wire.noise(frame.length);
      return null;
    }
  }

  async #handleStranger(message: GwUp): Promise<void> {
    if (message.kind === 'auth_request' && this.#calling === null) {
      const { buildingId, gatewayId } = message;
      this.#calling = { buildingId, gatewayId };
      await this.#challengeCaller(this.#calling);
    } else if (message.kind === 'auth_answer' && this.#challenge) this.#judge(message.md5);
    else this.#wire.env.stats.count('frames_unexpected');
  }

  async #challengeCaller(caller: GwIdentity): Promise<void> {
    const claimed = await this.#wire.identify('acrelgw', caller.gatewayId);
    if (!claimed) return;
    const secret = claimed.gateway?.secret ?? null;
    if (secret === null) {
      this.#wire.close('sign_ins_refused');
      return;
    }
    const sequence = toHex(randomBytes(SEQUENCE_BYTES));
    this.#challenge = { claimed, secret, sequence };
    this.#send({ kind: 'auth_sequence', ...caller, sequence });
  }

  #judge(md5: string): void {
    const { claimed, secret, sequence } = this.#challenge ?? {};
    const caller = this.#calling;
    if (!claimed || secret === undefined || sequence === undefined || !caller) return;
    const passed = isMd5Answer(secret, sequence, md5);
    this.#send({ kind: 'auth_result', ...caller, passed });
    if (!passed) {
      this.#wire.close('sign_ins_refused');
      return;
    }
    this.#secret = secret;
    this.#session = this.#wire.open(claimed, {
      ownModem: false,
      send: (request, meter) => this.#ask(request, meter),
    });
  }

  #handle(session: ConnectedSession, message: GwUp, frame: Uint8Array): void {
    const { env, remote } = this.#wire;
    switch (message.kind) {
      case 'heartbeat':
        this.#sendTime(session);
        return;
      case 'report':
        void this.#wire.takePush(() => takeReport(env, session, message, remote));
        return;
      case 'transparent': {
        const port = String(message.port);
        session.line(session.hasPort(port) ? port : '').receive(message.bytes);
        return;
      }
      default:
        this.#wire.see('up', PROTOCOL, frame, 'unexpected');
        env.stats.count('frames_unexpected');
    }
  }

  /** The gateway's answer says port and meter again; whether it is the answer is for the line to tell. */
  #ask(request: Uint8Array, { device, point }: ReachableMeter): boolean {
    const port = Number(splitBusAddress(device.busAddress).port || FIRST_PORT);
    const number = Number(point.address);
    // A meter with a number of its own, as DL/T 645 has, is found by that on the bus.
    const address = number <= MAX_METER_NUMBER ? number : 0;
    return this.#wire.write(encodeDown({ kind: 'transparent', port, address, bytes: request }, this.#secret));
  }

  #sendTime(session: ConnectedSession): void {
    const zone = session.meters[0]?.device.timeZone;
    if (!zone || !this.#calling) return;
    this.#send({ kind: 'heartbeat_time', ...this.#calling, local: zonedParts(this.#wire.env.ctx.clock.now(), zone) });
  }

  #send(message: GwDown): void {
    const frame = encodeDown(message, this.#secret);
    if (this.#wire.write(frame)) this.#wire.see('down', PROTOCOL, frame);
  }
}
