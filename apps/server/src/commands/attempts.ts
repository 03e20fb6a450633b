import { uuidV7 } from '@openprepay/kernel';
import type { Database, Tx } from '../platform/database.ts';
import type { AnyOpenCommand, WireFrame } from './types.ts';

/** How a write went. */
export async function setWriteOutcome(
  tx: Tx,
  command: AnyOpenCommand,
  attempt: number,
  outcome: string,
): Promise<void> {
  await tx.query(
    `update command_attempt set outcome = $4
     where market_id = $1 and command_id = $2 and attempt = $3 and step = 'write'`,
    [command.marketId, command.commandId, attempt, outcome],
  );
}

/** Records what reading back after the command's latest write gave; of several times the last. */
export async function noteReadBack(
  db: Database,
  command: AnyOpenCommand,
  readBack: {
    readonly at: Date;
    readonly request: WireFrame;
    readonly reply?: WireFrame | null;
    readonly outcome: string;
  },
): Promise<void> {
  const { at, request, reply = null, outcome } = readBack;
  await db.query(
    `with framed as (
       insert into frame (market_id, frame_id, meter_id, at, direction, protocol, bytes)
       select $1, frame_id, $7, $4, direction, $8, bytes
       from unnest($6::uuid[], '{down,up}'::text[], $9::bytea[]) as t (frame_id, direction, bytes)
       where bytes is not null)
     insert into command_attempt (market_id, command_id, attempt, step, at, request_frame_id, reply_frame_id, outcome)
     select $1, $2, $3, 'read_back', $4, ($6::uuid[])[1],
            case when ($9::bytea[])[2] is not null then ($6::uuid[])[2] end, $5
     on conflict (market_id, command_id, attempt, step) do update
     set at = excluded.at, request_frame_id = excluded.request_frame_id, reply_frame_id = excluded.reply_frame_id,
         outcome = excluded.outcome`,
    [
      command.marketId,
      command.commandId,
      command.attempts,
      at,
      outcome,
      [uuidV7(at), uuidV7(at)],
      command.meterId,
      request.protocol,
      [Buffer.from(request.bytes), reply && Buffer.from(reply.bytes)],
    ],
  );
}
