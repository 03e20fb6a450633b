import { uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';

/** Owner of what concerns the installation and no market. */
export const INSTALLATION = '00000000-0000-0000-0000-000000000000';

export interface AuditEntry {
  /** Business time of the act. */
  readonly at: Date;
  /** The market it happened in, or INSTALLATION. */
  readonly marketId: string;
  /** Who did it; null for the program itself. */
  readonly operatorId: string | null;
  /** Stable code of the act, `room.act`, e.g. `control.set_override`. */
  readonly action: string;
  /** What it was done to: `kind:id`, e.g. `meter:0199…`. */
  readonly subject: string;
  readonly reason?: string | null;
  /** JSON-able; bigint is written as a string. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Appends one entry, in the transaction of the act itself: both are stored or neither is. */
export async function recordAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  await tx.query(
    `insert into audit (market_id, audit_id, at, operator_id, action, subject, reason, before, after)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      entry.marketId,
      uuidV7(entry.at),
      entry.at,
      entry.operatorId,
      entry.action,
      entry.subject,
      entry.reason ?? null,
      toJson(entry.before),
      toJson(entry.after),
    ],
  );
}

function toJson(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
