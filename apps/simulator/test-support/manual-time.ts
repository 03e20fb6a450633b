import type { Clock } from '@openprepay/kernel';
import type { Timers } from '../src/timers.ts';

interface Entry {
  readonly atMs: number;
  readonly run: () => void;
}

/** Clock and timers in the test's hand: nothing moves until `advance`. */
export class ManualTime implements Clock, Timers {
  #nowMs: number;
  readonly #entries = new Set<Entry>();

  constructor(start: string) {
    this.#nowMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  after(wireMs: number, run: () => void): () => void {
    const entry = { atMs: this.#nowMs + wireMs, run };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  /** Lets time pass, running what falls due in order, what that starts included. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#nextBefore(untilMs); next; next = this.#nextBefore(untilMs)) {
      this.#entries.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  #nextBefore(untilMs: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.atMs <= untilMs && (!first || entry.atMs < first.atMs)) first = entry;
    }
    return first;
  }
}
