import { TARIFFS, type Tariff } from '../tariffs.ts';

/** Registers as they stood at one time of the meter's own clock. */
export interface Freeze {
  /** The meter's clock, ms. */
  readonly clockMs: number;
  readonly ticks: Readonly<Record<Tariff | 'total', number>>;
}

export type Occasion = 'hourly' | 'daily' | 'ordered';

/** How many of each the meter keeps, the newest first: ten days of hours, two months of days. */
const KEPT: Readonly<Record<Occasion, number>> = { hourly: 254, daily: 62, ordered: 3 };

/** One freeze as it is kept: the clock, the total, and the tariffs in their order. */
type Row = readonly number[];
export type FreezeMemory = Readonly<Record<Occasion, readonly Row[]>>;

/** What the meter noted while nobody asked: the register at each full hour, each midnight, and whenever it was told to. */
export class Freezes {
  readonly #rows: Record<Occasion, Row[]>;

  constructor(memory: FreezeMemory | undefined) {
    this.#rows = {
      hourly: [...(memory?.hourly ?? [])],
      daily: [...(memory?.daily ?? [])],
      ordered: [...(memory?.ordered ?? [])],
    };
  }

  get memory(): FreezeMemory {
    return this.#rows;
  }

  add(occasion: Occasion, { clockMs, ticks }: Freeze): void {
    // A clock that was set back writes its hours anew.
    const rows = this.#rows[occasion].filter(([kept = 0]) => kept < clockMs);
    this.#rows[occasion] = rows;
    rows.unshift([clockMs, ticks.total, ...TARIFFS.map((tariff) => ticks[tariff])]);
    rows.length = Math.min(rows.length, KEPT[occasion]);
  }

  /** @param number 1 for the last one, 2 for the one before */
  get(occasion: Occasion, number: number): Freeze | null {
    const row = this.#rows[occasion][number - 1];
    return row ? freezeOf(row) : null;
  }

  /** All of one occasion, oldest first. */
  all(occasion: Occasion): readonly Freeze[] {
    return this.#rows[occasion].map(freezeOf).reverse();
  }

  clear(): void {
    for (const rows of Object.values(this.#rows)) rows.length = 0;
  }
}

function freezeOf([clockMs = 0, total = 0, sharp = 0, peak = 0, flat = 0, valley = 0]: Row): Freeze {
  return { clockMs, ticks: { total, sharp, peak, flat, valley } };
}
