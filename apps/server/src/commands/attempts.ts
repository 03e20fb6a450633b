import { uuidV7 } from '@openprepay/kernel';
import type { Database, Tx } from '../platform/database.ts';
import type { OpenCommand, WireFrame } from './types.ts';

export interface Attempt {
  readonly attempt: number;
  readonly step: 'write' | 'read_back';
  readonly at: Date;
  readonly requestFrameId: string | null;
  readonly outcome: string;
}

/** One row a write and one for the reading back after it; the reading back shows its latest try. */
export async function saveAttempt(tx: Tx, command: OpenCommand, attempt: Attempt): Promise<void> {
  await tx.query(
    `insert into command_attempt (market_id, command_id, attempt, step, at, request_frame_id, outcome)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (market_id, command_id, attempt, step) do update
     set at = excluded.at, request_frame_id = excluded.request_frame_id, reply_frame_id = null,
         outcome = excluded.outcome`,
    [
      command.marketId,
      command.commandId,
      attempt.attempt,
      attempt.step,
      attempt.at,
      attempt.requestFrameId,
      attempt.outcome,
    ],
  );
}

export async function saveFrame(
  tx: Tx,
  command: OpenCommand,
  at: Date,
  direction: 'up' | 'down',
  frame: WireFrame,
): Promise<string> {
  const frameId = uuidV7(at);
  await tx.query(
    `insert into frame (market_id, frame_id, meter_id, at, direction, protocol, bytes)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [command.marketId, frameId, command.meterId, at, direction, frame.protocol, frame.bytes],
  );
  return frameId;
}

/** How a write went, with the frame that said so. */
export async function setWriteOutcome(
  tx: Tx,
  command: OpenCommand,
  attempt: number,
  outcome: string,
  replyFrameId: string | null,
): Promise<void> {
  await tx.query(
    `update command_attempt set outcome = $4, reply_frame_id = coalesce($5, reply_frame_id)
     where market_id = $1 and command_id = $2 and attempt = $3 and step = 'write'`,
    [command.marketId, command.commandId, attempt, outcome, replyFrameId],
  );
}

/** Records what reading back after the command's latest write gave. */
export async function noteReadBack(
  db: Database,
  command: OpenCommand,
  readBack: { readonly at: Date; readonly request: WireFrame; readonly outcome: string },
): Promise<void> {
  const { at, request, outcome } = readBack;
  await db.tx(async (tx) => {
    const requestFrameId = await saveFrame(tx, command, at, 'down', request);
    await saveAttempt(tx, command, { attempt: command.attempts, step: 'read_back', at, requestFrameId, outcome });
  });
}
