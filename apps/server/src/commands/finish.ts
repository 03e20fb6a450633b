import type { Database } from '../platform/database.ts';
import { setWriteOutcome } from './attempts.ts';
import { closeSettingException, exceptionOf, openExceptions, stateRead } from './exceptions.ts';
import type { AnyOpenCommand } from './types.ts';

/** The meter's own read-back agrees with what was wanted. */
export async function confirm(db: Database, command: AnyOpenCommand, at: Date): Promise<boolean> {
  return db.tx(async (tx) => {
    const rows = await tx.query(
      `update command
       set state = 'confirmed', outcome = 'read_back', finished_at = $3, acknowledged_at = coalesce(acknowledged_at, $3)
       where market_id = $1 and command_id = $2 and finished_at is null returning command_id`,
      [command.marketId, command.commandId, at],
    );
    if (rows.length === 0) return false;
    if (command.kind !== 'switch') await closeSettingException(tx, command, at);
    await tx.notify('grid', command.marketId);
    return true;
  });
}

/**
 * Written as often as is reasonable, and the meter still says otherwise: a person has to look.
 * @param outcome of the last try, as delivery names it: `off`, `read_off`, `no_answer` …
 */
export async function fail(db: Database, command: AnyOpenCommand, at: Date, outcome: string): Promise<boolean> {
  return db.tx(async (tx) => {
    const rows = await tx.query(
      `update command set state = 'failed', outcome = 'not_confirmed', finished_at = $3
       where market_id = $1 and command_id = $2 and finished_at is null returning command_id`,
      [command.marketId, command.commandId, at],
    );
    if (rows.length === 0) return false;
    await openExceptions(tx, command.marketId, at, [exceptionOf(command, 'failed', stateRead(outcome))]);
    await tx.notify('grid', command.marketId);
    return true;
  });
}

/**
 * Back to the queue for another write, from the state it was seen in. `undo` takes the attempt back: it never got as far
 * as the platform, and its number is used again.
 */
export async function requeue(
  db: Database,
  command: AnyOpenCommand,
  again: { readonly at: Date; readonly outcome: string; readonly undo: boolean },
): Promise<boolean> {
  return db.tx(async (tx) => {
    const rows = await tx.query<{ attempts: number }>(
      `update command
       set state = 'queued', next_attempt_at = $4, acknowledged_at = null, platform_ref = null,
           attempts = attempts - $5
       where market_id = $1 and command_id = $2 and state = $3 returning attempts`,
      [command.marketId, command.commandId, command.state, again.at, again.undo ? 1 : 0],
    );
    const attempts = rows[0]?.attempts;
    if (attempts === undefined) return false;
    await setWriteOutcome(tx, command, again.undo ? attempts + 1 : attempts, again.outcome);
    await tx.notify('grid', command.marketId);
    return true;
  });
}

/** Ends what has waited too long, and puts its meters on the list that a person sees. */
export async function expireDue(db: Database, marketId: string, now: Date): Promise<number> {
  return db.tx(async (tx) => {
    const rows = await tx.query<Parameters<typeof exceptionOf>[0] & Record<string, unknown>>(
      `with due as (
         select command_id from command
         where market_id = $1 and finished_at is null and expires_at <= $2
         order by meter_id, kind for update)
       update command set state = 'expired', outcome = 'expired', finished_at = $2
       where market_id = $1 and command_id in (select command_id from due)
       returning meter_id as "meterId", kind, wanted, attempts`,
      [marketId, now],
    );
    if (rows.length === 0) return 0;
    await openExceptions(
      tx,
      marketId,
      now,
      rows.map((row) => exceptionOf(row, 'expired', null)),
    );
    await tx.notify('grid', marketId);
    return rows.length;
  });
}
