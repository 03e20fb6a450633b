import { concatBytes } from '@openprepay/kernel';
import { drawChance, drawInt } from '../random.ts';
import { TimerGroup } from '../timers.ts';
import type { World } from '../world.ts';

/** How one RS485 line behaves. */
export interface BusHabits {
  readonly baud: number;
  /** How much of a byte's true time on the line it takes here: 1 all of it, 0 none. */
  readonly timing: number;
  /** A meter answers this long after the request, ms (DL/T 645: 20 to 500). Each make has its own. */
  readonly answerLeastMs: number;
  readonly answerMostMs: number;
  /** Masters hear what they send themselves, as a converter wired so does. */
  readonly echo: boolean;
  /** How many of a thousand transmissions are spoiled by noise, and how many never arrive. */
  readonly noisePermille: number;
  readonly lossPermille: number;
}

export const DEFAULT_BUS: BusHabits = {
  baud: 9600,
  timing: 1,
  answerLeastMs: 20,
  answerMostMs: 120,
  echo: false,
  noisePermille: 0,
  lossPermille: 0,
};

/** Start, eight data, parity, stop. */
const BITS_PER_BYTE = 11;
const NOISE_MOST_BYTES = 8;
/** While a fault lasts on a line, it spoils this many of its transmissions: a retry has its chance. */
const STRUCK_PERMILLE = 400;

/** Who is on the line. */
export interface Station {
  /** Sends when its own last transmission is over; it does not look whether somebody else is sending. */
  send(bytes: Uint8Array): void;
  leave(): void;
}

export interface StationOptions {
  /** What faults strike: a meter's serial or a gateway's key. */
  readonly name: string;
  /** Hears itself where the line echoes. */
  readonly master?: boolean;
  /** Everything that others send, one transmission at a time. */
  hear?(bytes: Uint8Array, from: ReadonlySet<Station>): void;
}

interface Talk {
  readonly from: Set<Station>;
  readonly frames: { readonly name: string; readonly bytes: Uint8Array }[];
  speaking: number;
}

/**
 * A half-duplex RS485 line. Transmissions that overlap in time spoil each other, and everybody hears the same garbage.
 * What goes wrong is drawn from the seed, the line and the number of the transmission.
 */
export class Bus {
  readonly key: string;
  readonly habits: BusHabits;
  readonly #world: World;
  readonly #timers: TimerGroup;
  readonly #stations = new Map<Station, StationOptions>();
  #talk: Talk | null = null;
  #talks = 0;

  constructor(key: string, world: World, habits: BusHabits) {
    this.key = key;
    this.habits = habits;
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
  }

  join(options: StationOptions): Station {
    const queue: Uint8Array[] = [];
    const next = () => {
      const [bytes] = queue;
      if (!bytes) return;
      this.#speak(station, options.name, bytes, () => {
        queue.shift();
        next();
      });
    };
    const station: Station = {
      send: (bytes) => {
        queue.push(Uint8Array.from(bytes));
        if (queue.length === 1) next();
      },
      leave: () => {
        queue.length = 0;
        this.#stations.delete(station);
      },
    };
    this.#stations.set(station, options);
    return station;
  }

  stop(): void {
    this.#timers.cancelAll();
  }

  /** How long so many bytes take on the line here, ms. */
  durationMs(bytes: number): number {
    return Math.ceil((bytes * BITS_PER_BYTE * 1000 * this.habits.timing) / this.habits.baud);
  }

  #speak(station: Station, name: string, bytes: Uint8Array, done: () => void): void {
    const talk = this.#talk ?? { from: new Set(), frames: [], speaking: 0 };
    this.#talk = talk;
    talk.from.add(station);
    talk.frames.push({ name, bytes });
    talk.speaking += 1;
    this.#timers.after(this.durationMs(bytes.length), () => {
      talk.speaking -= 1;
      if (talk.speaking === 0) {
        this.#talk = null;
        this.#deliver(talk);
      }
      done();
    });
  }

  #deliver({ from, frames }: Talk): void {
    this.#talks += 1;
    const [first] = frames;
    if (!first) return;
    const collided = frames.length > 1;
    const sent = collided ? this.#garble(frames.map(({ bytes }) => bytes)) : this.#passage(first.name, first.bytes);
    if (sent === null) return;
    for (const [station, { name, master = false, hear }] of [...this.#stations]) {
      const echoed = master && (this.habits.echo || this.#world.faults.strikes('echo', name));
      if (!from.has(station) || echoed) hear?.(sent, from);
    }
  }

  /** One transmission as it arrives; null when it does not. */
  #passage(name: string, bytes: Uint8Array): Uint8Array | null {
    if (this.#struck('loss', name) || this.#draw(this.habits.lossPermille, 'loss')) return null;
    if (this.#struck('collision', name)) return this.#garble([bytes, this.#noise(bytes.length)]);
    const noisy = this.#struck('noise', name) || this.#draw(this.habits.noisePermille, 'noise');
    return noisy ? this.#spoil(bytes) : bytes;
  }

  #struck(fault: 'loss' | 'collision' | 'noise', name: string): boolean {
    const { faults } = this.#world;
    if (!faults.active(fault, name) || !this.#draw(STRUCK_PERMILLE, fault, 'struck')) return false;
    return faults.strikes(fault, name);
  }

  /** One bit turned over, and some bytes in front that nobody sent. */
  #spoil(bytes: Uint8Array): Uint8Array {
    const at = this.#drawInt(0, bytes.length - 1, 'at');
    const spoiled = bytes.with(at, (bytes[at] ?? 0) ^ (1 << this.#drawInt(0, 7, 'bit')));
    return concatBytes(this.#noise(this.#drawInt(0, NOISE_MOST_BYTES, 'length')), spoiled);
  }

  #garble(frames: readonly Uint8Array[]): Uint8Array {
    const length = Math.max(...frames.map((bytes) => bytes.length));
    const noise = this.#noise(length);
    return Uint8Array.from({ length }, (_, i) => {
      const present = frames.flatMap((bytes) => bytes[i] ?? []);
      const line = present.reduce((level, byte) => level & byte, 0xff);
      return present.length > 1 ? line ^ ((noise[i] ?? 0) | 1) : line;
    });
  }

  #noise(length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.#drawInt(0, 255, 'noise', i));
  }

  #draw(permille: number, ...what: readonly (string | number)[]): boolean {
    return permille > 0 && drawChance(permille, this.#world.seed, this.key, this.#talks, ...what);
  }

  #drawInt(least: number, most: number, ...what: readonly (string | number)[]): number {
    return drawInt(least, most, this.#world.seed, this.key, this.#talks, ...what);
  }
}
