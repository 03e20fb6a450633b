import { TimerGroup } from '../timers.ts';
import type { World } from '../world.ts';
import type { Bus, Station } from './bus.ts';

interface Waiting {
  readonly request: Uint8Array;
  readonly answered: (answer: Uint8Array | null) => void;
}

/** More requests than this do not wait for one line. */
const QUEUE_LIMIT = 64;

/** A gateway at its line: asks one thing at a time, waits for the answer, and leaves a gap before the next. */
export class BusMaster {
  readonly #bus: Bus;
  readonly #station: Station;
  readonly #timers: TimerGroup;
  readonly #timeoutMs: number;
  readonly #gapMs: number;
  readonly #queue: Waiting[] = [];
  #asked: Waiting | null = null;
  #cancelTimeout: () => void = () => {};

  constructor(bus: Bus, world: World, name: string) {
    this.#bus = bus;
    this.#timers = new TimerGroup(world.timers);
    this.#timeoutMs = world.pace.busTimeoutMs;
    // 3.5 characters of silence end a frame (MODBUS over serial line, 2.5.1.1).
    this.#gapMs = bus.durationMs(4);
    this.#station = bus.join({ name, master: true, hear: (bytes) => this.#hear(bytes) });
  }

  /** @returns what was heard, whether or not it is a frame; null when nobody answered or too much waits already */
  ask(request: Uint8Array): Promise<Uint8Array | null> {
    return new Promise((answered) => {
      if (this.#queue.length >= QUEUE_LIMIT) {
        answered(null);
        return;
      }
      this.#queue.push({ request, answered });
      if (!this.#asked) this.#askNext();
    });
  }

  /** Leaves the line; everything that waits is given up. */
  stop(): void {
    this.#timers.cancelAll();
    this.#station.leave();
    for (const { answered } of this.#queue.splice(0)) answered(null);
    this.#asked?.answered(null);
    this.#asked = null;
  }

  #askNext(): void {
    const next = this.#queue.shift() ?? null;
    this.#asked = next;
    if (!next) return;
    this.#station.send(next.request);
    const waitMs = this.#bus.durationMs(next.request.length) + this.#timeoutMs;
    this.#cancelTimeout = this.#timers.after(waitMs, () => this.#end(null));
  }

  #hear(bytes: Uint8Array): void {
    if (!this.#asked) return;
    const { request } = this.#asked;
    const isEcho = bytes.length === request.length && bytes.every((byte, i) => byte === request[i]);
    if (!isEcho) this.#end(bytes);
  }

  #end(answer: Uint8Array | null): void {
    this.#cancelTimeout();
    this.#asked?.answered(answer);
    this.#asked = null;
    // Whoever asks during the gap waits in the queue for its end.
    const gap: Waiting = { request: new Uint8Array(), answered: () => {} };
    this.#asked = gap;
    this.#timers.after(this.#gapMs, () => {
      if (this.#asked === gap) this.#askNext();
    });
  }
}
