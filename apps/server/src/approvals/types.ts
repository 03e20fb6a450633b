import type { ApprovalAct, ApprovalFacts, ApprovalKind, Role } from '@openprepay/contract';
import type { Database, Tx } from '../platform/database.ts';

export type ActOf<K extends ApprovalKind> = Extract<ApprovalAct, { kind: K }>;

/** Something asked for: what, by whom, why. */
export interface Asked<A> {
  readonly marketId: string;
  readonly approvalId: string;
  readonly act: A;
  readonly reason: string;
  readonly requestedBy: string;
  /** Market time of this call. */
  readonly at: Date;
}

/** The same, agreed to by a second person. */
export interface Agreed<A> extends Asked<A> {
  readonly decidedBy: string;
}

/**
 * One kind of thing that needs a second person. A room that has one adds a branch to `ApprovalAct` in the contract, a file in
 * `kinds/`, and a row in the table of `kinds/index.ts`.
 */
export interface Kind<A> {
  readonly requesters: readonly Role[];
  readonly deciders: readonly Role[];
  /**
   * Facts that take long to find: found before the transaction of the request, which keeps nobody waiting then. Refuses what
   * `prepare` would refuse, before the work.
   */
  survey?(db: Database, asked: Asked<A>): Promise<ApprovalFacts>;
  /**
   * Refuses, by throwing an error of the room's own, what could not be done now, and says what is asked for: subject as
   * `kind:id`, facts for the person who decides, those of the survey added. Writes nothing.
   */
  prepare(tx: Tx, asked: Asked<A>): Promise<{ readonly subject: string; readonly facts: ApprovalFacts }>;
  /**
   * Does it, in the transaction that stores the decision: both happen or neither. Looks at everything again, for days
   * may have passed; an error leaves the request pending. Named by `approvalId`, it is done once.
   */
  execute(tx: Tx, agreed: Agreed<A>): Promise<ApprovalFacts>;
}

export type Kinds = { readonly [K in ApprovalKind]: Kind<ActOf<K>> };
