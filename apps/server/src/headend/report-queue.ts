import { createGroupCommit } from '../platform/group-commit.ts';
import type { MeterReport } from '../readings/index.ts';
import { headendError } from './errors.ts';

/** Makes reports durable, all of them or none; the readings room's intake. */
export type Intake = (reports: readonly MeterReport[]) => Promise<void>;

export interface ReportQueue {
  /** Resolves when the report is durable; only then may a device be acknowledged. */
  add(report: MeterReport): Promise<void>;
  readonly queued: number;
  /** Resolves when everything added so far is durable or refused. */
  drained(): Promise<void>;
}

export interface ReportQueueOptions {
  readonly intake: Intake;
  /** Told true when the queue fills up: stop reading from the devices; false when they may go on. */
  onPressure?(full: boolean): void;
  onFailure?(error: unknown, reports: number): void;
}

const MAX_DELAY_MS = 20;
const MAX_BATCH = 1_000;
const MAX_QUEUED = 10_000;
const HIGH_WATER = 5_000;
const LOW_WATER = 2_500;

/**
 * What arrives within 20 ms, or while the batch before is being stored, becomes one transaction of at most 1,000 reports.
 * Beyond what the database keeps up with, the devices are to wait.
 */
export function createReportQueue(options: ReportQueueOptions): ReportQueue {
  let full = false;

  const setFull = (next: boolean) => {
    if (next === full) return;
    full = next;
    options.onPressure?.(full);
  };

  const reports = createGroupCommit<MeterReport, void>({
    maxBatch: MAX_BATCH,
    inFlight: 1,
    delayMs: MAX_DELAY_MS,
    onFailure: (error, count) => options.onFailure?.(error, count),
    async store(batch) {
      if (reports.queued <= LOW_WATER) setFull(false);
      await options.intake(batch);
      return [];
    },
  });

  return {
    add(report) {
      if (reports.queued >= MAX_QUEUED) {
        return Promise.reject(headendError('headend.queue_full', `${MAX_QUEUED} reports are waiting to be stored`));
      }
      const stored = reports.add(report);
      if (reports.queued >= HIGH_WATER) setFull(true);
      return stored;
    },
    get queued() {
      return reports.queued;
    },
    drained: () => reports.drained(),
  };
}
