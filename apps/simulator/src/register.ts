import { LOAD_SLOT_MS } from './load.ts';

/** Both the kWh and the m³ register count in hundredths: one tick is 10 Wh or 10 litres. */
export const UNITS_PER_TICK = 10;
const MS_PER_HOUR = 3_600_000;
const UNIT_MS_PER_TICK = UNITS_PER_TICK * MS_PER_HOUR;
/** Nothing is made up for a longer absence than this. */
const CATCH_UP_LIMIT_MS = 31 * 24 * MS_PER_HOUR;

/** What survives a power cut: ticks by tariff band, the part of a tick under way, and the instant counted up to. */
export interface RegisterMemory<Band extends string> {
  readonly ticks: Readonly<Record<Band, number>>;
  readonly remainder: number;
  readonly atMs: number;
}

/**
 * A register that counts load × market time, lazily, in whole numbers. Each tick goes to the tariff band of its time,
 * and the total is the sum of the bands by construction. It counts on where its display wraps: what is shown is the
 * meter's affair.
 */
export class Register<Band extends string> {
  readonly #ticks: Record<Band, number>;
  readonly #bandAt: (atMs: number) => Band;
  #remainder: number;
  #atMs: number;

  constructor(memory: RegisterMemory<Band>, bandAt: (atMs: number) => Band) {
    this.#ticks = { ...memory.ticks };
    this.#remainder = memory.remainder;
    this.#atMs = memory.atMs;
    this.#bandAt = bandAt;
  }

  get ticks(): Readonly<Record<Band, number>> {
    return this.#ticks;
  }

  get totalTicks(): number {
    let total = 0;
    for (const band in this.#ticks) total += this.#ticks[band];
    return total;
  }

  /** The instant it has counted up to. */
  get atMs(): number {
    return this.#atMs;
  }

  memory(): RegisterMemory<Band> {
    return { ticks: { ...this.#ticks }, remainder: this.#remainder, atMs: this.#atMs };
  }

  /** Another register in its place, or the same one turned on. */
  replace(ticks: Readonly<Record<Band, number>>): void {
    Object.assign(this.#ticks, ticks);
    this.#remainder = 0;
  }

  /** Counts up to `nowMs` at the load of each slot on the way. A clock that went back counts nothing and starts anew. */
  advance(nowMs: number, loadAt: (atMs: number) => number): void {
    if (nowMs - this.#atMs > CATCH_UP_LIMIT_MS || nowMs < this.#atMs) this.#atMs = nowMs;
    while (this.#atMs < nowMs) {
      const slotEndMs = (Math.floor(this.#atMs / LOAD_SLOT_MS) + 1) * LOAD_SLOT_MS;
      const untilMs = Math.min(slotEndMs, nowMs);
      this.#remainder += loadAt(this.#atMs) * (untilMs - this.#atMs);
      const ticks = Math.floor(this.#remainder / UNIT_MS_PER_TICK);
      if (ticks > 0) this.#ticks[this.#bandAt(this.#atMs)] += ticks;
      this.#remainder -= ticks * UNIT_MS_PER_TICK;
      this.#atMs = untilMs;
    }
  }

  /** Lets the time pass without use: the relay is off, or the valve closed. */
  skip(nowMs: number): void {
    this.#atMs = nowMs;
  }
}
