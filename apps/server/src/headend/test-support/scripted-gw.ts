import { connect, type Socket } from 'node:net';
import {
  createAcrelGwStream,
  decodeDown,
  encodeUp,
  type GwDown,
  type GwMeter,
  type GwUp,
  md5Answer,
} from '@openprepay/protocols/acrelgw';
import type { BusMeter } from './bus-meters.ts';

/** A gateway of the vendor played by a test: it proves who it is, and passes questions to the meters it is given. */
export class ScriptedGateway {
  readonly received: GwDown[] = [];
  readonly #identity: { readonly buildingId: string; readonly gatewayId: string };
  readonly #secret: string;
  readonly #meters: readonly BusMeter[];
  #socket: Socket | null = null;
  #waiting: { kind: GwDown['kind']; done: (message: GwDown) => void }[] = [];
  #onClosed: (() => void)[] = [];

  constructor(gatewayId: string, secret: string, meters: readonly BusMeter[] = []) {
    this.#identity = { buildingId: 'B1', gatewayId };
    this.#secret = secret;
    this.#meters = meters;
  }

  async connect(port: number): Promise<void> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const stream = createAcrelGwStream();
    socket.on('data', (chunk: Uint8Array) => {
      for (const { message } of stream.push(chunk)) this.#take(decodeDown(message, this.#secret));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#socket = null;
      for (const done of this.#onClosed.splice(0)) done();
    });
    await new Promise<void>((done) => socket.once('connect', done));
    this.#socket = socket;
  }

  /** Asks to be let in; what follows goes by itself. */
  callIn(): void {
    this.#send({ kind: 'auth_request', ...this.#identity });
  }

  /** Connects and is let in. @returns the server's verdict */
  async signIn(port: number): Promise<GwDown> {
    await this.connect(port);
    const verdict = this.next('auth_result');
    this.callIn();
    return verdict;
  }

  beat(): void {
    this.#send({ kind: 'heartbeat', ...this.#identity });
  }

  report(meters: readonly GwMeter[]): void {
    this.#send({ kind: 'report', ...this.#identity, local: null, meters, zipped: true });
  }

  next(kind: GwDown['kind']): Promise<GwDown> {
    return new Promise((done) => this.#waiting.push({ kind, done }));
  }

  closed(): Promise<void> {
    return this.#socket ? new Promise((done) => this.#onClosed.push(done)) : Promise.resolve();
  }

  #take(message: GwDown): void {
    this.received.push(message);
    const index = this.#waiting.findIndex((waiting) => waiting.kind === message.kind);
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.done(message);
    if (message.kind === 'auth_sequence') {
      this.#send({ kind: 'auth_answer', ...this.#identity, md5: md5Answer(this.#secret, message.sequence) });
    }
    if (message.kind !== 'transparent') return;
    const bytes = this.#meters.map((meter) => meter.answer(message.bytes)).find((answer) => answer !== null);
    if (bytes) this.#send({ ...message, bytes });
  }

  #send(message: GwUp): void {
    this.#socket?.write(encodeUp(message, this.#secret));
  }
}
