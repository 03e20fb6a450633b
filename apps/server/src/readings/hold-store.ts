import type { Counted, SuspectReason } from '@openprepay/domain';
import type { MeterKind, Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { arrayText } from './store.ts';
import type { Origin } from './types.ts';

export interface HeldReading {
  readonly meterId: string;
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
  readonly reason: SuspectReason;
  readonly readAt: Date;
  readonly total: Quantity;
  readonly turnovers: number;
  readonly released: boolean;
}

export async function findHeld(tx: Queryable, marketId: string, holdId: string): Promise<HeldReading | null> {
  const rows = await tx.query<HeldReading & Record<string, unknown>>(
    `select hold.meter_id as "meterId", meter.kind, meter.model, meter.ct_ratio as "ctRatio", hold.reason,
            hold.read_at as "readAt", reading.total, reading.turnovers, hold.released_at is not null as released
     from hold
     join meter on meter.market_id = $1 and meter.meter_id = hold.meter_id
     join reading
       on reading.market_id = $1 and reading.meter_id = hold.meter_id and reading.read_at = hold.read_at
     where hold.market_id = $1 and hold.hold_id = $2`,
    [marketId, holdId],
  );
  return rows[0] ?? null;
}

/** What a person gave in place of a value that counts no more. */
export interface NewValue {
  readonly total: Quantity;
  readonly turnovers: number;
  readonly photoId: string | null;
}

export interface ClosedHold {
  readonly marketId: string;
  readonly holdId: string;
  readonly action: 'accept' | 'reject' | 'replace';
  readonly note: string;
  readonly operatorId: string;
}

/** Closes the hold and marks its reading; the reason it was suspect for stays with it. */
export async function closeHold(tx: Queryable, closed: ClosedHold, at: Date): Promise<void> {
  await tx.query(
    `with released as (
       update hold set released_at = $3, released_by = $4, release_action = $5, note = $6
       where market_id = $1 and hold_id = $2
       returning meter_id, read_at)
     update reading set quality = case $5 when 'reject' then 'rejected' else 'good' end
     from released
     where reading.market_id = $1 and reading.meter_id = released.meter_id and reading.read_at = released.read_at`,
    [closed.marketId, closed.holdId, at, closed.operatorId, closed.action, closed.note],
  );
}

/** Puts a person's value in the place of a stored one; what was said at first stays beside it, and its registers go. */
export async function putValue(
  tx: Queryable,
  marketId: string,
  at: { readonly meterId: string; readonly readAt: Date },
  { total, turnovers, photoId }: NewValue,
  by: { readonly operatorId: string; readonly note: string },
): Promise<void> {
  await tx.query(
    `update reading
     set said_total = coalesce(said_total, total), total = $4, turnovers = $5, tariffs = null,
         photo_id = coalesce($6, photo_id), operator_id = $7, note = $8
     where market_id = $1 and meter_id = $2 and read_at = $3`,
    [marketId, at.meterId, at.readAt, total, turnovers, photoId, by.operatorId, by.note],
  );
}

/** Ends the open hold of a meter where its reading is suspect no more. */
export async function closeSettledHolds(
  tx: Queryable,
  marketId: string,
  meterId: string,
  by: { readonly at: Date; readonly operatorId: string; readonly note: string },
): Promise<void> {
  await tx.query(
    `update hold set released_at = $3, released_by = $4, release_action = 'accept', note = $5
     from reading
     where hold.market_id = $1 and hold.meter_id = $2 and hold.released_at is null and reading.market_id = $1
       and reading.meter_id = $2 and reading.read_at = hold.read_at and reading.quality <> 'suspect'`,
    [marketId, meterId, by.at, by.operatorId, by.note],
  );
}

export interface SuspectReading extends Counted {
  readonly meterId: string;
  readonly receivedAt: Date;
  readonly origin: Origin;
}

export async function listSuspects(tx: Queryable, marketId: string, meterId: string): Promise<SuspectReading[]> {
  return tx.query<SuspectReading & Record<string, unknown>>(
    `select meter_id as "meterId", read_at as "readAt", received_at as "receivedAt", origin, total, turnovers, tariffs
     from reading where market_id = $1 and meter_id = $2 and quality = 'suspect' order by read_at`,
    [marketId, meterId],
  );
}

/** Writes a new judgement over suspect readings, and how far the meter has good ones. */
export async function rejudge(
  tx: Queryable,
  marketId: string,
  meterId: string,
  verdicts: readonly (Counted & { readonly suspect: SuspectReason | null })[],
): Promise<void> {
  await tx.query(
    `update reading
     set quality = case when verdict.suspect is null then 'good' else 'suspect' end, suspect_reason = verdict.suspect,
         total = verdict.total, turnovers = verdict.turnovers, tariffs = verdict.tariffs::bigint[]
     from unnest($3::timestamptz[], $4::text[], $5::bigint[], $6::integer[], $7::text[])
       as verdict (read_at, suspect, total, turnovers, tariffs)
     where reading.market_id = $1 and reading.meter_id = $2 and reading.read_at = verdict.read_at`,
    [
      marketId,
      meterId,
      verdicts.map((verdict) => verdict.readAt),
      verdicts.map((verdict) => verdict.suspect),
      verdicts.map((verdict) => verdict.total),
      verdicts.map((verdict) => verdict.turnovers),
      verdicts.map((verdict) => arrayText(verdict.tariffs ?? null)),
    ],
  );
  await tx.query(
    `update meter_state set last_read_at = (
       select max(read_at) from reading where market_id = $1 and meter_id = $2 and quality = 'good')
     where market_id = $1 and meter_id = $2`,
    [marketId, meterId],
  );
}
