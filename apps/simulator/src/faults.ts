import type { Clock } from '@openprepay/kernel';
import { drawChance, drawInt, hash32 } from './random.ts';

/** What may go wrong on purpose. `README.md` says what each does and how often. */
export const ALL_FAULTS = [
  'offline',
  'late',
  'duplicated',
  'garbage',
  'split',
  'stuck',
  'decrease',
  'noise',
  'loss',
  'collision',
  'echo',
] as const;
/** Those that only a serial line of several meters has. */
export const BUS_FAULTS: readonly Fault[] = ['noise', 'loss', 'collision', 'echo'];
export type Fault = (typeof ALL_FAULTS)[number];

/** A meter that is affected stays so for this long, market time. */
const EPISODE_MS = 45 * 60_000;
const AFFECTED_PERMILLE = 20;
const STUCK_PERMILLE = 10;
const DECREASING_METERS = 3;
/** A register of a few meters falls back once, some time within the first hours. */
const DECREASE_AFTER_MS = { least: 20 * 60_000, most: 4 * 3_600_000 };

/** Decides, by seed and market time alone, which meter suffers what and when; counts what was done. */
export class FaultPlan {
  readonly injected = Object.fromEntries(ALL_FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  readonly #seed: number;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #enabled: ReadonlySet<Fault>;
  readonly #decreasing: Set<string>;

  constructor(seed: number, clock: Clock, serials: readonly string[], enabled: readonly Fault[]) {
    this.#seed = seed;
    this.#clock = clock;
    this.#startedMs = clock.now().getTime();
    this.#enabled = new Set(enabled);
    const rank = (serial: string) => hash32(seed, 'decreasing', serial);
    const ranked = serials.toSorted((a, b) => rank(a) - rank(b));
    this.#decreasing = new Set(ranked.slice(0, DECREASING_METERS));
  }

  enable(faults: readonly Fault[]): void {
    this.#enabled = new Set(faults);
  }

  /** Whether this fault affects this meter now. */
  active(fault: Exclude<Fault, 'decrease'>, serial: string): boolean {
    if (!this.#enabled.has(fault)) return false;
    if (fault === 'stuck') return drawChance(STUCK_PERMILLE, this.#seed, fault, serial);
    const episode = Math.floor(this.#clock.now().getTime() / EPISODE_MS);
    return drawChance(AFFECTED_PERMILLE, this.#seed, fault, serial, episode);
  }

  /** Like `active`, and counts it as done. */
  strikes(fault: Exclude<Fault, 'decrease'>, serial: string): boolean {
    const strikes = this.active(fault, serial);
    if (strikes) this.injected[fault] += 1;
    return strikes;
  }

  /** True once for each of the few meters whose register falls back. */
  decreaseDue(serial: string): boolean {
    if (!this.#enabled.has('decrease') || !this.#decreasing.has(serial)) return false;
    const { least, most } = DECREASE_AFTER_MS;
    const dueMs = this.#startedMs + drawInt(least, most, this.#seed, 'decrease', serial);
    if (this.#clock.now().getTime() < dueMs) return false;
    this.#decreasing.delete(serial);
    this.injected.decrease += 1;
    return true;
  }
}
