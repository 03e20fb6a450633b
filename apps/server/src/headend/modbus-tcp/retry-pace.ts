const LEAST_MS = 1_000;
const MOST_MS = 60_000;
const JITTER = 0.3;

/** How long to wait before the next try: twice as long each time, and never all gateways at once. */
export class RetryPace {
  #waitMs = LEAST_MS;

  nextMs(): number {
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(2 * waitMs, MOST_MS);
    return waitMs * (1 - JITTER * Math.random());
  }

  /** It works. */
  reset(): void {
    this.#waitMs = LEAST_MS;
  }
}
