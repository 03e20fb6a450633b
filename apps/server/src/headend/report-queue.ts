import { OpenPrepayError } from '@openprepay/kernel';
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

interface Waiting {
  readonly report: MeterReport;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives within 20 ms, or while the batch before is being stored, becomes one transaction of at
 * most 1,000 reports. One batch at a time.
 */
export function createReportQueue(options: ReportQueueOptions): ReportQueue {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let storing: Promise<void> | undefined;
  let full = false;

  const setFull = (next: boolean) => {
    if (next === full) return;
    full = next;
    options.onPressure?.(full);
  };

  const storeNext = () => {
    clearTimeout(timer);
    timer = undefined;
    if (storing || waiting.length === 0) return;
    const batch = waiting.slice(0, MAX_BATCH);
    waiting = waiting.slice(MAX_BATCH);
    if (waiting.length <= LOW_WATER) setFull(false);
    storing = storeOrSplit(options, batch).then(() => {
      storing = undefined;
      storeNext();
    });
  };

  return {
    add(report) {
      if (waiting.length >= MAX_QUEUED) {
        return Promise.reject(headendError('headend.queue_full', `${MAX_QUEUED} reports are waiting to be stored`));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ report, resolve, reject });
        if (waiting.length >= HIGH_WATER) setFull(true);
        if (waiting.length >= MAX_BATCH) storeNext();
        else timer ??= setTimeout(storeNext, MAX_DELAY_MS);
      });
    },
    get queued() {
      return waiting.length;
    },
    async drained() {
      storeNext();
      while (storing) await storing;
    },
  };
}

/** A batch refused for what one report says is halved until only that report is refused. */
async function storeOrSplit(options: ReportQueueOptions, batch: readonly Waiting[]): Promise<void> {
  try {
    await options.intake(batch.map((entry) => entry.report));
  } catch (error) {
    if (batch.length > 1 && isAboutData(error)) {
      const half = batch.length >> 1;
      await storeOrSplit(options, batch.slice(0, half));
      await storeOrSplit(options, batch.slice(half));
      return;
    }
    options.onFailure?.(error, batch.length);
    for (const entry of batch) entry.reject(error);
    return;
  }
  for (const entry of batch) entry.resolve();
}

/** SQLSTATE class 22 is a data exception, 23 a broken constraint; everything else fails for all reports alike. */
export const isAboutData = (error: unknown): boolean =>
  error instanceof OpenPrepayError || /^2[23]/.test(String((error as { code?: unknown } | null)?.code ?? ''));
