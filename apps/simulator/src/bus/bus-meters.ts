import type { Received, StreamDecoder } from '@openprepay/protocols';
import { drawInt } from '../random.ts';
import { TimerGroup } from '../timers.ts';
import type { SerialPort, Speech } from '../types.ts';
import type { World } from '../world.ts';
import type { Bus, Station } from './bus.ts';
import { EARS } from './ears.ts';

/** A meter with a serial port. */
export interface SerialMeter extends SerialPort {
  readonly serial: string;
  /** Its wires are not cut. */
  readonly onAir: boolean;
}

/** After so much silence what was heard is no longer the beginning of a frame. */
const SILENCE_MS = 500;
/** A late answer comes when its master has long given up, ms on the wire. */
const LATE_MS = { least: 2_000, most: 12_000 };

/** The meters of one line. Each hears everything and answers what is for it; on one line several protocols may live. */
export class BusMeters {
  readonly #bus: Bus;
  readonly #world: World;
  readonly #timers: TimerGroup;
  readonly #listener: Station;
  readonly #meters: readonly { readonly meter: SerialMeter; readonly station: Station }[];
  /** One for all meters of a protocol, since they all hear the same. */
  readonly #ears: readonly (readonly [Speech, StreamDecoder<Received<unknown>>])[];
  #cancelSilence: () => void = () => {};
  #answers = 0;

  constructor(bus: Bus, world: World, meters: readonly SerialMeter[]) {
    this.#bus = bus;
    this.#world = world;
    this.#timers = new TimerGroup(world.timers);
    this.#meters = meters.map((meter) => ({ meter, station: bus.join({ name: meter.serial }) }));
    this.#ears = [...new Set(meters.map(({ speech }) => speech))].map((speech) => [speech, EARS[speech]()] as const);
    this.#listener = bus.join({ name: bus.key, hear: (bytes, from) => this.#hear(bytes, from) });
  }

  stop(): void {
    this.#timers.cancelAll();
    this.#listener.leave();
    for (const { station } of this.#meters) station.leave();
  }

  #hear(bytes: Uint8Array, from: ReadonlySet<Station>): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#timers.after(SILENCE_MS, () => {
      for (const [, ear] of this.#ears) ear.reset();
    });
    for (const [speech, ear] of this.#ears) {
      for (const { frame } of ear.push(bytes)) {
        for (const { meter, station } of this.#meters) {
          if (meter.speech === speech && meter.onAir && !from.has(station)) this.#answer(meter, station, frame);
        }
      }
    }
  }

  #answer(meter: SerialMeter, station: Station, frame: Uint8Array): void {
    const answer = meter.answer(frame);
    if (!answer) return;
    this.#answers += 1;
    const { seed, faults } = this.#world;
    const { answerLeastMs, answerMostMs } = this.#bus.habits;
    const lagMs = faults.strikes('late', meter.serial) ? drawInt(LATE_MS.least, LATE_MS.most, seed, this.#answers) : 0;
    this.#timers.after(lagMs + drawInt(answerLeastMs, answerMostMs, seed, meter.serial, 'answer'), () => {
      station.send(answer);
      if (faults.strikes('duplicated', meter.serial)) station.send(answer);
    });
  }
}
