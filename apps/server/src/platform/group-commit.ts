import { OpenPrepayError } from '@openprepay/kernel';

export interface GroupCommit<Item, Result> {
  /** Resolves when the item is durable, with what came of it. */
  add(item: Item): Promise<Result>;
  /** Items that wait for the next batch. */
  readonly queued: number;
  /** Resolves when everything added so far is durable or refused. */
  drained(): Promise<void>;
}

export interface GroupCommitOptions<Item, Result> {
  /** Makes items durable in one transaction, all of them or none. @returns one result an item, in the order given */
  store(items: readonly Item[]): Promise<readonly Result[]>;
  readonly maxBatch: number;
  /** Batches under way at once: one where items have an order, more where they have none and the machine has cores. */
  readonly inFlight: number;
  /** How long the first of a batch waits for others. At 0 a batch is what one turn of the event loop hands in. */
  readonly delayMs: number;
  onFailure?(error: unknown, items: number): void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what many callers hand in within a short time, or while the batch before is being stored, becomes one
 * transaction, and each hears of it after the commit. What waits is shared evenly among the batches that may begin. A batch
 * that is refused for what one item says is halved until only that item is refused.
 */
export function createGroupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  const { maxBatch, inFlight, delayMs } = options;
  let waiting: Waiting<Item, Result>[] = [];
  let cancelWait: (() => void) | undefined;
  const storing = new Set<Promise<void>>();

  const storeNext = () => {
    cancelWait?.();
    cancelWait = undefined;
    while (storing.size < inFlight && waiting.length > 0) {
      const share = Math.min(maxBatch, Math.ceil(waiting.length / (inFlight - storing.size)));
      const batch = waiting.slice(0, share);
      waiting = waiting.slice(share);
      const stored = storeOrSplit(options, batch).then(() => {
        storing.delete(stored);
        storeNext();
      });
      storing.add(stored);
    }
  };

  const storeSoon = () => {
    if (delayMs > 0) {
      const timer = setTimeout(storeNext, delayMs);
      return () => clearTimeout(timer);
    }
    const turn = setImmediate(storeNext);
    return () => clearImmediate(turn);
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (waiting.length >= maxBatch) storeNext();
        else cancelWait ??= storeSoon();
      }),
    get queued() {
      return waiting.length;
    },
    async drained() {
      storeNext();
      while (storing.size > 0) await Promise.all(storing);
    },
  };
}

async function storeOrSplit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
  batch: readonly Waiting<Item, Result>[],
): Promise<void> {
  let results: readonly Result[];
  try {
    results = await options.store(batch.map(({ item }) => item));
  } catch (error) {
    if (batch.length > 1 && isAboutData(error)) {
      const half = batch.length >> 1;
      await storeOrSplit(options, batch.slice(0, half));
      await storeOrSplit(options, batch.slice(half));
      return;
    }
    options.onFailure?.(error, batch.length);
    for (const { reject } of batch) reject(error);
    return;
  }
  for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result);
}

/** SQLSTATE class 22 is a data exception, 23 a broken constraint; everything else fails for all items alike. */
export const isAboutData = (error: unknown): boolean =>
  error instanceof OpenPrepayError || /^2[23]/.test(String((error as { code?: unknown } | null)?.code ?? ''));
