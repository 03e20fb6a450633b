import type { Database, Queryable } from '../platform/database.ts';
import type { AnyOpenCommand } from './types.ts';

/** Keeps the id under which the platform will report on this command. */
export async function setPlatformRef(
  db: Queryable,
  command: AnyOpenCommand,
  platformRef: string,
  nextAttemptAt: Date,
): Promise<void> {
  await db.query(
    `update command set platform_ref = $3, next_attempt_at = $4
     where market_id = $1 and command_id = $2 and finished_at is null`,
    [command.marketId, command.commandId, platformRef, nextAttemptAt],
  );
}

/** Looks again later; nothing else changes. */
export async function postpone(db: Queryable, command: AnyOpenCommand, nextAttemptAt: Date): Promise<void> {
  await db.query(
    `update command set next_attempt_at = $3 where market_id = $1 and command_id = $2 and finished_at is null`,
    [command.marketId, command.commandId, nextAttemptAt],
  );
}

/** Superseded commands of a meter that the platform may still keep for its next wake-up. */
export async function supersededOnPlatform(
  db: Queryable,
  marketId: string,
  meterId: string,
): Promise<{ commandId: string; platformRef: string }[]> {
  return db.query(
    `select command_id as "commandId", platform_ref as "platformRef" from command
     where market_id = $1 and meter_id = $2 and state = 'superseded' and platform_ref is not null
       and acknowledged_at is null and outcome is null`,
    [marketId, meterId],
  );
}

export async function noteCancelled(db: Database, marketId: string, commandId: string, outcome: string): Promise<void> {
  await db.query('update command set outcome = $3 where market_id = $1 and command_id = $2', [
    marketId,
    commandId,
    outcome,
  ]);
}

/** Whether the meter was asked to report after the latest write. */
export async function readBackAsked(db: Queryable, command: AnyOpenCommand): Promise<boolean> {
  const rows = await db.query(
    `select 1 from command_attempt
     where market_id = $1 and command_id = $2 and attempt = $3 and step = 'read_back'`,
    [command.marketId, command.commandId, command.attempts],
  );
  return rows.length > 0;
}
