import type { SuspectReason } from '@openprepay/domain';
import type { Quantity } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import type { Origin } from './types.ts';

export interface ReadingRow {
  readonly readAt: Date;
  readonly receivedAt: Date;
  readonly origin: Origin;
  readonly quality: 'good' | 'suspect' | 'rejected';
  readonly suspectReason: SuspectReason | null;
  readonly total: Quantity;
  readonly turnovers: number;
  readonly tariffs: readonly (bigint | null)[] | null;
  readonly saidTotal: Quantity | null;
  readonly operatorName: string | null;
  readonly photoId: string | null;
  readonly note: string | null;
  readonly frameId: string | null;
}

export interface ReadingFilter {
  readonly from: Date | null;
  readonly before: Date | null;
  readonly quality: ReadingRow['quality'] | null;
}

/** Readings of a meter, newest first. */
export async function listReadings(
  db: Queryable,
  marketId: string,
  meterId: string,
  { from, before, quality }: ReadingFilter,
  limit: number,
): Promise<ReadingRow[]> {
  return db.query<ReadingRow & Record<string, unknown>>(
    `select read_at as "readAt", received_at as "receivedAt", origin, quality, suspect_reason as "suspectReason", total,
            turnovers, tariffs, said_total as "saidTotal", operator.name as "operatorName", photo_id as "photoId", note,
            frame_id as "frameId"
     from reading
     left join operator using (operator_id)
     where market_id = $1 and meter_id = $2 and read_at >= coalesce($3, '-infinity'::timestamptz)
       and read_at < coalesce($4, 'infinity'::timestamptz) and quality = coalesce($5, quality)
     order by read_at desc limit $6`,
    [marketId, meterId, from, before, quality, limit],
  );
}
