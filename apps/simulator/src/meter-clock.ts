import { instantOf, type ZonedParts, zonedParts } from '@openprepay/kernel';
import { drawInt } from './random.ts';
import { nowMs, type World } from './world.ts';

/** Crystals of such meters: within 20 ppm, 1.7 seconds a day. */
const DRIFT_PPM = { least: -20, most: 20 };
const FIRST_ERROR_MS = { least: -10_000, most: 10_000 };

/** What survives a power cut: the meter's clock ahead of the market's, ms, at the instant it was set. */
export interface ClockMemory {
  readonly aheadMs: number;
  readonly setMs: number;
}

/** A meter's own clock: it is set, and from then on it runs a little fast or slow. */
export class MeterClock {
  readonly #world: World;
  readonly #driftPpm: number;
  #memory: ClockMemory;

  constructor(world: World, serial: string, memory: ClockMemory) {
    this.#world = world;
    this.#driftPpm = drawInt(DRIFT_PPM.least, DRIFT_PPM.most, world.seed, serial, 'drift');
    this.#memory = memory;
  }

  /** As the maker set it: some seconds wrong. */
  static fresh(world: World, serial: string): ClockMemory {
    const aheadMs = drawInt(FIRST_ERROR_MS.least, FIRST_ERROR_MS.most, world.seed, serial, 'clock');
    return { aheadMs, setMs: nowMs(world) };
  }

  get memory(): ClockMemory {
    return this.#memory;
  }

  /** What the meter takes for the time when it is `atMs` in the market, ms. */
  at(atMs: number): number {
    const drift = Math.trunc(((atMs - this.#memory.setMs) * this.#driftPpm) / 1_000_000);
    return atMs + this.#memory.aheadMs + drift;
  }

  local(): ZonedParts {
    return zonedParts(new Date(this.at(nowMs(this.#world))), this.#world.zone);
  }

  restore(memory: ClockMemory): void {
    this.#memory = memory;
  }

  set(local: ZonedParts): void {
    const now = nowMs(this.#world);
    this.#memory = { aheadMs: instantOf(local, this.#world.zone).getTime() - now, setMs: now };
  }
}
