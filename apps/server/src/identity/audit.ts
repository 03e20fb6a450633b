import type { AuditAction } from '@openprepay/contract';
import { uuidV7 } from '@openprepay/kernel';
import { sized } from '../platform/chain.ts';
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
  readonly action: AuditAction;
  /** What it was done to: `kind:id`, e.g. `meter:0199…`. */
  readonly subject: string;
  readonly reason?: string | null;
  /** JSON-able; bigint is written as a string. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Appends one entry, in the transaction of the act itself: both are stored or neither is. It bears the program's mark, so
 * that whoever has the database alone can put in none of his own.
 */
export async function recordAudit(tx: Queryable, entry: AuditEntry): Promise<void> {
  const { marketId, at, operatorId, action, subject, reason = null } = entry;
  const auditId = uuidV7(at);
  const [before, after] = [toJson(entry.before), toJson(entry.after)];
  const fields = [marketId, auditId, BigInt(at.getTime()) * 1_000n, operatorId ?? '-', sized(action), sized(subject)];
  const mark = tx.vault.mark([...fields, sized(reason), sized(before), sized(after)].join('\n'));
  await tx.query(
    `insert into audit (market_id, audit_id, at, operator_id, action, subject, reason, before, after, mark)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [marketId, auditId, at, operatorId, action, subject, reason, before, after, mark],
  );
}

function toJson(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return inOrder(
    JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))),
  );
}

/** JSON with its keys in order, so that the mark fits what comes back from the database, which has an order of its own. */
function inOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${inOrder(Reflect.get(value, key))}`).join(',')}}`;
}
