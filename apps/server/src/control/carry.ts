import type { Queryable } from '../platform/database.ts';

/**
 * A device takes another's place: what a person ordered and what was wanted of the old one holds for the new one, and so
 * does the count of changes of mind. What its own relay or valve says is found out by reading it.
 */
export async function carryControl(
  tx: Queryable,
  marketId: string,
  oldMeterId: string,
  newMeterId: string,
): Promise<void> {
  await tx.query(
    `insert into meter_control (market_id, meter_id, override, override_reason, override_by, override_at, override_until,
                                lockout_reason, lockout_by, lockout_at, wanted, wanted_reason, wanted_at, wanted_seq)
     select market_id, $3, override, override_reason, override_by, override_at, override_until, lockout_reason,
            lockout_by, lockout_at, wanted, wanted_reason,
            wanted_at, wanted_seq
     from meter_control where market_id = $1 and meter_id = $2
     on conflict (market_id, meter_id) do update
     set override = excluded.override, override_reason = excluded.override_reason, override_by = excluded.override_by,
         override_at = excluded.override_at, override_until = excluded.override_until,
         lockout_reason = excluded.lockout_reason, lockout_by = excluded.lockout_by, lockout_at = excluded.lockout_at,
         wanted = excluded.wanted,
         wanted_reason = excluded.wanted_reason, wanted_at = excluded.wanted_at,
         wanted_seq = greatest(meter_control.wanted_seq, excluded.wanted_seq)`,
    [marketId, oldMeterId, newMeterId],
  );
}
