import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { INSTALLATION, recordAudit } from './audit.ts';

/** Wrong attempts in a row that lock an operator out, whatever addresses they come from. */
const MAX_FAILURES = 10;
const FIRST_LOCK_S = 15 * 60;
const LONGEST_LOCK_S = 24 * 3_600;

/**
 * One attempt to prove who somebody is. It is counted before it is looked at, so that many at once are not more than ten; the
 * tenth wrong one locks. A lock-out is told to nobody who signs in: he learns neither that there is such an operator nor that
 * his last guess was right.
 * @param realNow people live by real time
 * @param prove what the attempt proves; null where it is wrong
 * @returns null also while the operator is locked out, when nothing is looked at
 */
export async function attempt<T>(
  ctx: Context,
  operatorId: string,
  realNow: Date,
  prove: () => Promise<T | null>,
): Promise<T | null> {
  const taken = await takeAttempt(ctx.db, operatorId, realNow);
  if (taken === null) return null;
  const proof = await prove();
  if (proof !== null) await giveBack(ctx.db, operatorId, taken);
  else if (taken.lockedUntil !== null) {
    await recordAudit(ctx.db, {
      at: ctx.clock.now(),
      marketId: INSTALLATION,
      operatorId: null,
      action: 'identity.lock_out',
      subject: `operator:${operatorId}`,
      after: { failures: MAX_FAILURES, lockedUntil: taken.lockedUntil },
    });
  }
  return proof;
}

interface Taken extends Record<string, unknown> {
  readonly lockedUntil: Date | null;
}

/** The attempt that would be the tenth wrong one locks already now: what stops the program in between forgives nothing. */
async function takeAttempt(db: Queryable, operatorId: string, at: Date): Promise<Taken | null> {
  const rows = await db.query<Taken>(
    `update operator
     set failures = case when failures >= $3 then 1 else failures + 1 end,
         locks = case when failures = $3 - 1 then least(locks + 1, 20) else locks end,
         locked_until = case when failures = $3 - 1
                             then $2::timestamptz + make_interval(secs => least($4::float8 * 2 ^ locks, $5::float8)) end
     where operator_id = $1 and (failures < $3 or locked_until <= $2)
     returning locked_until as "lockedUntil"`,
    [operatorId, at, MAX_FAILURES, FIRST_LOCK_S, LONGEST_LOCK_S],
  );
  return rows[0] ?? null;
}

/** It was no wrong one. */
async function giveBack(db: Queryable, operatorId: string, { lockedUntil }: Taken): Promise<void> {
  await db.query(
    `update operator
     set failures = greatest(failures - 1, 0), locks = case when $2 then greatest(locks - 1, 0) else locks end,
         locked_until = case when not $2 then locked_until end
     where operator_id = $1`,
    [operatorId, lockedUntil !== null],
  );
}

export async function forgetFailures(tx: Queryable, operatorId: string): Promise<void> {
  await tx.query('update operator set failures = 0, locks = 0, locked_until = null where operator_id = $1', [
    operatorId,
  ]);
}
