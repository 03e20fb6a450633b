import { uuidV7 } from '@openprepay/kernel';
import type { Database, Queryable } from '../platform/database.ts';
import type { AnyOpenCommand, CommandKind, OpenCommand, OpenSetting, WireFrame } from './types.ts';

const OPEN_COLUMNS = `command.market_id as "marketId", command.command_id as "commandId", command.meter_id as "meterId",
  command.kind, command.wanted, command.value, command.wanted_seq as "wantedSeq",
  command.state, command.created_at as "createdAt", command.expires_at as "expiresAt",
  command.next_attempt_at as "nextAttemptAt", command.attempts, command.sent_at as "sentAt",
  command.acknowledged_at as "acknowledgedAt", command.expected_at as "expectedAt", command.platform_ref as "platformRef"`;

/** The meter's one unfinished command of a kind; of its switch where none is named. */
export async function openCommandOf<K extends CommandKind = 'switch'>(
  db: Queryable,
  marketId: string,
  meterId: string,
  kind?: K,
): Promise<OpenCommand<K> | null> {
  const rows = await db.query<OpenCommand<K> & Record<string, unknown>>(
    `select ${OPEN_COLUMNS} from command
     where market_id = $1 and meter_id = $2 and kind = $3 and finished_at is null`,
    [marketId, meterId, kind ?? 'switch'],
  );
  return rows[0] ?? null;
}

/** How a command gets to its meter: over a connection of the meter's own or its gateway's, or by way of an NB platform. */
export type Way = 'connected' | 'nb';

/** Unfinished switch commands of a market that go one way, oldest first; with `dueAt`, those due by then. */
export async function openCommands(
  db: Queryable,
  marketId: string,
  way: Way,
  dueAt: Date | null,
  limit: number,
): Promise<OpenCommand[]> {
  return db.query<OpenCommand & Record<string, unknown>>(
    `select ${OPEN_COLUMNS} from command
     join meter on meter.market_id = command.market_id and meter.meter_id = command.meter_id
     where command.market_id = $1 and command.finished_at is null and command.kind = 'switch'
       and (meter.link = 'nb') = ($2 = 'nb')
       and ($3::timestamptz is null or command.next_attempt_at <= $3)
     order by command.next_attempt_at limit $4`,
    [marketId, way, dueAt, limit],
  );
}

/** When the last of the orders to switch on that still wait is due; null where none waits. */
export async function lastOnDueAt(db: Queryable, marketId: string): Promise<Date | null> {
  const [row] = await db.query<{ due_at: Date | null }>(
    `select max(next_attempt_at) as due_at from command
     where market_id = $1 and finished_at is null and kind = 'switch' and wanted = 'on' and state = 'queued'`,
    [marketId],
  );
  return row?.due_at ?? null;
}

/** Unfinished settings of a market, or of some of its meters, oldest first. */
export async function openSettings(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[] | null,
  limit: number,
): Promise<OpenSetting[]> {
  return db.query<OpenSetting & Record<string, unknown>>(
    `select ${OPEN_COLUMNS} from command
     where market_id = $1 and kind <> 'switch' and finished_at is null and ($2::uuid[] is null or meter_id = any($2))
     order by created_at, command_id limit $3`,
    [marketId, meterIds, limit],
  );
}

export interface Sending {
  readonly at: Date;
  readonly frame: WireFrame;
  /** Only from these states; another state means that somebody else was faster. */
  readonly from: readonly AnyOpenCommand['state'][];
  readonly nextAttemptAt: Date;
  readonly expectedAt: Date | null;
}

/**
 * Makes a sending durable before anything is on the wire: state, attempt and frame in one transaction, and only while
 * the command is still the meter's open one and not expired.
 * @returns the number of the attempt, or null when it must not be sent
 */
export async function markSent(db: Database, command: AnyOpenCommand, sending: Sending): Promise<number | null> {
  return db.tx(async (tx) => {
    const rows = await tx.query<{ attempt: number }>(
      `with sent as (
         update command
         set state = 'sent', attempts = attempts + 1, sent_at = coalesce(sent_at, $3), next_attempt_at = $4,
             expected_at = $5
         where market_id = $1 and command_id = $2 and finished_at is null and state = any($6) and expires_at > $3
         returning attempts, meter_id
       ), framed as (
         insert into frame (market_id, frame_id, meter_id, at, direction, protocol, bytes)
         select $1, $7, meter_id, $3, 'down', $8, $9 from sent)
       insert into command_attempt (market_id, command_id, attempt, step, at, request_frame_id, outcome)
       select $1, $2, attempts, 'write', $3, $7, 'sent' from sent
       on conflict (market_id, command_id, attempt, step) do update
       set at = excluded.at, request_frame_id = excluded.request_frame_id, outcome = excluded.outcome
       returning attempt`,
      [
        command.marketId,
        command.commandId,
        sending.at,
        sending.nextAttemptAt,
        sending.expectedAt,
        sending.from,
        uuidV7(sending.at),
        sending.frame.protocol,
        sending.frame.bytes,
      ],
    );
    const attempt = rows[0]?.attempt ?? null;
    if (attempt !== null) await tx.notify('grid', command.marketId);
    return attempt;
  });
}

/** The meter, or the platform for it, has answered a write. That is not success: only a read-back is. */
export async function markAcknowledged(
  db: Database,
  command: AnyOpenCommand,
  answer: { readonly at: Date; readonly reply: WireFrame | null; readonly nextAttemptAt: Date },
): Promise<boolean> {
  const { at, reply, nextAttemptAt } = answer;
  return db.tx(async (tx) => {
    const rows = await tx.query(
      `with acknowledged as (
         update command set state = 'acknowledged', acknowledged_at = $3, next_attempt_at = $4
         where market_id = $1 and command_id = $2 and state = 'sent' returning attempts, meter_id
       ), framed as (
         insert into frame (market_id, frame_id, meter_id, at, direction, protocol, bytes)
         select $1, $5, meter_id, $3, 'up', $6, $7 from acknowledged where $6::text is not null returning frame_id)
       update command_attempt
       set outcome = 'acknowledged', reply_frame_id = (select frame_id from framed)
       from acknowledged
       where market_id = $1 and command_id = $2 and attempt = acknowledged.attempts and step = 'write'
       returning attempt`,
      [
        command.marketId,
        command.commandId,
        at,
        nextAttemptAt,
        uuidV7(at),
        reply?.protocol ?? null,
        reply?.bytes ?? null,
      ],
    );
    if (rows.length > 0) await tx.notify('grid', command.marketId);
    return rows.length > 0;
  });
}
