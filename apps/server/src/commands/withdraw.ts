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
