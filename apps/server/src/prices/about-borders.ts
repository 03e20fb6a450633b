import type { MeterValue } from '@openprepay/domain';
import { quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { type AboutInstant, readingsAbout, readingsAboutEach, type Stretch } from './shadow-readings-store.ts';

/** Two readings of a meter that is read every half an hour lie within it, whatever each was late. */
const NEAR_MS = 35 * 60_000;
const LOOKED_UP_AT_ONCE = 10_000;

/** Where nothing is known of a meter about a border. */
const NOTHING = Number.NaN;

/**
 * Of each meter the last good reading before each border and the first one from it on. In plain lists of numbers: of a large
 * market they are some millions.
 */
export class AboutBorders {
  readonly #bordersMs: readonly number[];
  readonly #place: ReadonlyMap<string, number>;
  readonly #beforeMs: Float64Array;
  readonly #afterMs: Float64Array;
  readonly #beforeTotals: BigInt64Array;
  readonly #afterTotals: BigInt64Array;

  private constructor(bordersMs: readonly number[], meterIds: readonly string[]) {
    const size = bordersMs.length * meterIds.length;
    this.#bordersMs = bordersMs;
    this.#place = new Map(meterIds.map((meterId, index) => [meterId, index]));
    this.#beforeMs = new Float64Array(size).fill(NOTHING);
    this.#afterMs = new Float64Array(size).fill(NOTHING);
    this.#beforeTotals = new BigInt64Array(size);
    this.#afterTotals = new BigInt64Array(size);
  }

  static async read(
    db: Queryable,
    marketId: string,
    stretches: readonly Stretch[],
    borders: readonly Date[],
  ): Promise<AboutBorders> {
    const meterIds = [...new Set(stretches.map(({ meterId }) => meterId))];
    const about = new AboutBorders(
      borders.map((border) => border.getTime()),
      meterIds,
    );
    for (const [index, border] of borders.entries()) {
      const row = index * meterIds.length;
      about.#note(
        (place) => row + place,
        meterIds.length,
        await readingsAbout(db, marketId, meterIds, border, NEAR_MS),
      );
    }
    const missing = about.#missing(stretches);
    for (let first = 0; first < missing.length; first += LOOKED_UP_AT_ONCE) {
      const some = missing.slice(first, first + LOOKED_UP_AT_ONCE);
      about.#note((index) => some[index]?.cell ?? 0, some.length, await readingsAboutEach(db, marketId, some));
    }
    return about;
  }

  #note(
    cellOf: (index: number) => number,
    count: number,
    { beforeMs, beforeTotals, afterMs, afterTotals }: AboutInstant,
  ): void {
    for (let index = 0; index < count; index++) {
      const cell = cellOf(index);
      this.#beforeMs[cell] = Number(beforeMs[index] ?? NOTHING);
      this.#afterMs[cell] = Number(afterMs[index] ?? NOTHING);
      this.#beforeTotals[cell] = beforeTotals[index] ?? 0n;
      this.#afterTotals[cell] = afterTotals[index] ?? 0n;
    }
  }

  /** Borders within a stretch beside which nothing was near enough. */
  #missing(stretches: readonly Stretch[]) {
    const missing: { readonly meterId: string; readonly at: Date; readonly cell: number }[] = [];
    for (const { meterId, fromAt, toAt } of stretches) {
      const place = this.#place.get(meterId) ?? 0;
      for (const [index, borderMs] of this.#bordersMs.entries()) {
        if (borderMs <= fromAt.getTime() || borderMs >= toAt.getTime()) continue;
        const cell = index * this.#place.size + place;
        const afterMs = this.#afterMs[cell] ?? NOTHING;
        const isFound = afterMs === borderMs || (this.#beforeMs[cell] ?? NOTHING) < afterMs;
        if (!isFound) missing.push({ meterId, at: new Date(borderMs), cell });
      }
    }
    return missing;
  }

  /**
   * The readings of a stretch about the borders within it, its ends among them. One that was made at the very border needs none
   * before it.
   * @param ends the first and the last reading of the stretch
   */
  within(stretch: Stretch | undefined, ends: readonly MeterValue[]): MeterValue[] {
    const [first, last] = [ends[0], ends.at(-1)];
    if (stretch === undefined || first === undefined || last === undefined) return [...ends];
    const values = [first];
    let lastMs = first.readAt.getTime();
    const endMs = last.readAt.getTime();
    const add = (ms: number, total: bigint | undefined) => {
      if (!(ms > lastMs && ms < endMs)) return;
      values.push({ readAt: new Date(ms), total: quantity(total ?? 0n) });
      lastMs = ms;
    };
    const place = this.#place.get(stretch.meterId) ?? 0;
    for (const [index, borderMs] of this.#bordersMs.entries()) {
      if (borderMs <= lastMs || borderMs >= endMs) continue;
      const cell = index * this.#place.size + place;
      const afterMs = this.#afterMs[cell] ?? NOTHING;
      if (afterMs !== borderMs) add(this.#beforeMs[cell] ?? NOTHING, this.#beforeTotals[cell]);
      add(afterMs, this.#afterTotals[cell]);
    }
    if (last !== first) values.push(last);
    return values;
  }
}
