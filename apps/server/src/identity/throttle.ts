/** Slows guessing: counts failures per key within a window. Kept in memory; a restart forgives. */
export interface Throttle {
  isBlocked(key: string): boolean;
  fail(key: string): void;
  succeed(key: string): void;
}

export interface ThrottleOptions {
  readonly maxFailures: number;
  readonly windowMs: number;
  /** Beyond this many keys the oldest is forgotten, so that made-up names cost bounded memory. */
  readonly maxKeys: number;
  /** Monotonic milliseconds. */
  now(): number;
}

export function newThrottle({ maxFailures, windowMs, maxKeys, now }: ThrottleOptions): Throttle {
  const failures = new Map<string, number[]>();
  const recent = (key: string) => (failures.get(key) ?? []).filter((at) => now() - at < windowMs);
  return {
    isBlocked: (key) => recent(key).length >= maxFailures,
    fail(key) {
      const times = [...recent(key), now()];
      // Deleted first, so that the order of the map is the order of the last failure.
      failures.delete(key);
      failures.set(key, times);
      const [oldest] = failures.keys();
      if (failures.size > maxKeys && oldest !== undefined) failures.delete(oldest);
    },
    succeed: (key) => void failures.delete(key),
  };
}
