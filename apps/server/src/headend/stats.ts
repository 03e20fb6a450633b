import type { LinkEventName } from '@openprepay/contract';
import type { Log } from '../platform/log.ts';

/** What the head-end counts since it started. Every refusal and every oddity on the wire has a counter of its own. */
export const COUNTERS = [
  'connections_accepted',
  'connections_refused',
  'closed_without_registration',
  'closed_to_make_room',
  'closed_for_garbage',
  'closed_for_silence',
  'closed_for_not_reading',
  'closed_for_time_outs',
  'closed_unclaimed',
  'closed_for_new_settings',
  'sessions_registered',
  'sessions_replaced',
  'noise_bytes',
  'frames_rejected',
  'frames_up',
  'frames_unexpected',
  'pushes_taken',
  'pushes_deferred',
  'pushes_unknown_meter',
  'pushes_undecodable',
  'intake_failed',
  'requests_sent',
  'requests_timed_out',
  'replies_stray',
  'echoes_filtered',
  'devices_unusable',
  'sweep_reads',
  'sweep_failures',
  'backfilled_readings',
  'backfill_failures',
  'nb_pushes_taken',
  'nb_pushes_repeated',
  'nb_pushes_refused',
  'nb_pushes_unclaimed',
  'nb_payloads_undecodable',
  'platform_failures',
  'sign_ins_refused',
  'mqtt_denied',
  'mqtt_broker_lost',
  'mqtt_messages',
  'mqtt_undecodable',
] as const;

export type Counter = (typeof COUNTERS)[number];
/** Why a connection was ended: counted, and told to who looks on. */
export type EndReason = Extract<Counter, LinkEventName>;

export interface Stats {
  count(name: Counter, by?: number): void;
  /** Counts, and logs at most one line a counter in ten seconds, with how many more there were. */
  trouble(name: Counter, detail: object, message: string): void;
  snapshot(): Record<Counter, number>;
}

const LOG_EVERY_MS = 10_000;

export function createStats(log: Log): Stats {
  const counts = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<Counter, number>;
  const lastLog = new Map<Counter, { atMs: number; count: number }>();
  const count = (name: Counter, by = 1) => {
    counts[name] += by;
  };
  return {
    count,
    trouble(name, detail, message) {
      count(name);
      const nowMs = performance.now();
      const last = lastLog.get(name);
      if (last && nowMs - last.atMs < LOG_EVERY_MS) return;
      log.warn({ ...detail, counter: name, sinceLastLine: counts[name] - (last?.count ?? 0) }, message);
      lastLog.set(name, { atMs: nowMs, count: counts[name] });
    },
    snapshot: () => ({ ...counts }),
  };
}
