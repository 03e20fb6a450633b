import type { Database, Tx } from './database.ts';

class Rehearsed<T> {
  readonly result: T;
  constructor(result: T) {
    this.result = result;
  }
}

/** Runs `work` for its result alone: what it wrote is taken back, and what it would have told nobody hears. */
export async function rehearse<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await db.tx<never>(async (tx) => {
      throw new Rehearsed(await work(tx));
    });
  } catch (error) {
    if (error instanceof Rehearsed) return error.result as T;
    throw error;
  }
}
