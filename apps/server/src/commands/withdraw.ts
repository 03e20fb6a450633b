import type { Queryable } from '../platform/database.ts';

/** Ends every open command of meters that are not spoken to any more, as superseded: nothing is sent to them again. */
export async function withdrawCommands(
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
  at: Date,
): Promise<void> {
  await tx.query(
    `with open as (
       select command_id from command
       where market_id = $1 and meter_id = any($2::uuid[]) and finished_at is null
       order by meter_id, kind for update of command)
     update command set state = 'superseded', finished_at = $3
     from open where command.market_id = $1 and command.command_id = open.command_id`,
    [marketId, meterIds, at],
  );
}

/** An order that was never carried out as far as we know. `writes`: how often it was on the wire before it was queued again. */
export interface Withdrawn {
  readonly meterId: string;
  readonly writes: number;
}

/**
 * Takes back queued switches of meters that may not be cut any more, or that a person takes back. A sending and this meet
 * at the command's row: either it is withdrawn and never sent, or it is on the wire and stays.
 * @returns what was withdrawn
 */
export const withdrawQueued = (
  tx: Queryable,
  marketId: string,
  meterIds: readonly string[],
  at: Date,
): Promise<Withdrawn[]> =>
  tx.query<Withdrawn & Record<string, unknown>>(
    `with queued as (
       select command_id from command
       where market_id = $1 and meter_id = any($2::uuid[]) and kind = 'switch' and state = 'queued'
       order by meter_id for update of command)
     update command set state = 'superseded', outcome = 'withdrawn', finished_at = $3
     from queued where command.market_id = $1 and command.command_id = queued.command_id
     returning command.meter_id as "meterId", command.attempts as writes`,
    [marketId, meterIds, at],
  );

/** Meters of these whose switch is queued. Its row is locked: nobody sends it before the transaction ends. */
export async function lockQueued(tx: Queryable, marketId: string, meterIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ meter_id: string }>(
    `select meter_id from command
     where market_id = $1 and meter_id = any($2::uuid[]) and kind = 'switch' and state = 'queued'
     order by meter_id for update`,
    [marketId, meterIds],
  );
  return rows.map((row) => row.meter_id);
}
