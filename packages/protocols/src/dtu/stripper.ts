import { type CompiledConvention, compileConvention, type DtuConvention } from './convention.ts';
import { matchRegistration } from './match.ts';

/** What a modem's bytes turn out to be, in their order. */
export type DtuEvent =
  | { readonly kind: 'registered'; readonly key: string }
  | { readonly kind: 'heartbeat' }
  /** Bytes of the serial line, as the meter sent them. */
  | { readonly kind: 'line'; readonly bytes: Uint8Array };

/**
 * Takes what the modem adds out of what the meters say. Never throws on input, holds at most 80 bytes, and gives the same
 * events however the bytes are cut, but that line bytes may come in more or fewer pieces.
 */
export interface DtuStripper {
  push(chunk: Uint8Array): DtuEvent[];
  /**
   * The line has been silent: what was held because it might go on is complete as it is. To be called some 100 ms after the
   * last bytes; without it the last bytes of an answer may wait for the next.
   */
  settle(): DtuEvent[];
  /** What the modem registered as; null until it has, and for good when it began with something else. */
  readonly key: string | null;
  readonly bufferedBytes: number;
}

/** @throws frame.bad_value for a convention that could not be recognised */
export const createDtuStripper = (convention: DtuConvention): DtuStripper =>
  new Stripper(compileConvention(convention));

class Stripper implements DtuStripper {
  readonly #convention: CompiledConvention;
  /** Exact bytes to be taken out wherever they stand: heartbeats, and the registration once it is known. */
  #marks: readonly Uint8Array[];
  #key: string | null = null;
  #mayRegister = true;
  #held: number[] = [];

  constructor(convention: CompiledConvention) {
    this.#convention = convention;
    this.#marks = convention.heartbeats;
  }

  get key(): string | null {
    return this.#key;
  }

  get bufferedBytes(): number {
    return this.#held.length;
  }

  push(chunk: Uint8Array): DtuEvent[] {
    const events = new Events();
    for (const byte of chunk) {
      this.#held.push(byte);
      this.#sort(events, false);
    }
    return events.list();
  }

  settle(): DtuEvent[] {
    const events = new Events();
    this.#sort(events, true);
    events.line(this.#held);
    this.#held = [];
    return events.list();
  }

  /** Gives away what is held, as far as it is certain what it is. */
  #sort(events: Events, silent: boolean): void {
    while (this.#held.length > 0) {
      const held = Uint8Array.from(this.#held);
      const mark = this.#marks.find((one) => begins(held, one));
      if (mark && held.length >= mark.length) {
        if (mark !== this.#registered) events.heartbeat();
        this.#held.splice(0, mark.length);
        continue;
      }
      const match = this.#mayRegister ? matchRegistration(held, this.#convention.registration, silent) : 'no';
      if (typeof match === 'object') {
        this.#register(match.key, held.subarray(0, match.bytes));
        events.registered(match.key);
        continue;
      }
      if (!silent && (mark || match === 'more')) return;
      this.#mayRegister = false;
      events.line(this.#held.splice(0, 1));
    }
  }

  #registered: Uint8Array | null = null;

  #register(key: string, bytes: Uint8Array): void {
    this.#key = key;
    this.#mayRegister = false;
    this.#held.splice(0, bytes.length);
    if (this.#convention.on !== 'every_packet') return;
    this.#registered = bytes.slice();
    this.#marks = [this.#registered, ...this.#marks];
  }
}

/** Whether either begins with the other. */
const begins = (held: Uint8Array, mark: Uint8Array): boolean => {
  const both = Math.min(held.length, mark.length);
  for (let at = 0; at < both; at++) if (held[at] !== mark[at]) return false;
  return true;
};

/** Line bytes that follow each other are one event. */
class Events {
  readonly #events: DtuEvent[] = [];
  #line: number[] = [];

  line(bytes: readonly number[]): void {
    for (const byte of bytes) this.#line.push(byte);
  }

  heartbeat(): void {
    this.#add({ kind: 'heartbeat' });
  }

  registered(key: string): void {
    this.#add({ kind: 'registered', key });
  }

  list(): DtuEvent[] {
    if (this.#line.length > 0) this.#events.push({ kind: 'line', bytes: Uint8Array.from(this.#line) });
    this.#line = [];
    return this.#events;
  }

  #add(event: DtuEvent): void {
    this.list();
    this.#events.push(event);
  }
}
