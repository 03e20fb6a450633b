/** One-shot timers on the wire's time; injected, so that tests can hold the time in their hand. */
export interface Timers {
  /** Runs once after `wireMs`; the answer cancels it. */
  after(wireMs: number, run: () => void): () => void;
}

export const realTimers: Timers = {
  after(wireMs, run) {
    const timer = setTimeout(run, wireMs);
    return () => clearTimeout(timer);
  },
};

/** Timers that end together: those of one connection, or of one meter. */
export class TimerGroup implements Timers {
  readonly #timers: Timers;
  readonly #cancels = new Set<() => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  after(wireMs: number, run: () => void): () => void {
    const cancel = this.#timers.after(wireMs, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
    return () => {
      this.#cancels.delete(cancel);
      cancel();
    };
  }

  cancelAll(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
