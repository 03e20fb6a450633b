import type { Clock } from '@openprepay/kernel';

/** Turns are business time, which may run faster than timers do: so the clock is looked at, this often. */
const LOOK_EVERY_MS = 100;

/** Meters whose command is not due yet: each is started when it is. */
export class Turns {
  readonly #clock: Clock;
  readonly #start: (meterId: string) => void;
  readonly #dueAt = new Map<string, Date>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, start: (meterId: string) => void) {
    this.#clock = clock;
    this.#start = start;
  }

  has(meterId: string): boolean {
    return this.#dueAt.has(meterId);
  }

  wait(meterId: string, dueAt: Date): void {
    this.#dueAt.set(meterId, dueAt);
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  forget(meterId: string): void {
    this.#dueAt.delete(meterId);
    if (this.#dueAt.size === 0) this.stop();
  }

  stop(): void {
    this.#dueAt.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [meterId, dueAt] of this.#dueAt) {
      if (dueAt > now) continue;
      this.forget(meterId);
      this.#start(meterId);
    }
  }
}
