import type { Queryable } from '../platform/database.ts';

/** What is proved, and of which market at which instant. */
export interface Subject {
  readonly marketId: string;
  readonly now: Date;
}

/**
 * One statement about the books of a market, as two queries: how many facts it is about, and each fact that breaks it,
 * in words. Each query lists the parameters it takes.
 */
export interface Rule {
  readonly name: string;
  readonly counts: string;
  /** Selects one text column, `problem`. `$1` is the market. */
  readonly problems: string;
  /** What `problems` takes beside the market. */
  values?(db: Queryable, subject: Subject): Promise<readonly unknown[]>;
}

/** Whether something is as it is worked out again; what cannot be worked out, because its facts are damaged, is not. */
export function isAgain(workOut: () => boolean): boolean {
  try {
    return workOut();
  } catch {
    return false;
  }
}
