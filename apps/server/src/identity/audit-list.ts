import type { AuditFilter, AuditPage } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';

const PAGE = 50;

interface EntryRow extends Record<string, unknown> {
  auditId: string;
  at: Date;
  operatorId: string | null;
  operatorName: string | null;
  action: string;
  subject: string;
  reason: string | null;
  before: unknown;
  after: unknown;
  seq: bigint | null;
  sealedAt: Date | null;
  hash: Buffer | null;
}

/** What begins with it; what the text says of itself means nothing. */
const beginning = (text: string | undefined): string | null =>
  text === undefined ? null : `${text.replace(/[\\%_]/g, '\\$&')}%`;
const instant = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));

/** Newest first; ids are in order of time. @param marketId or INSTALLATION */
export async function listAudit(db: Queryable, marketId: string, filter: AuditFilter): Promise<AuditPage> {
  const { limit = PAGE } = filter;
  const rows = await db.query<EntryRow>(
    `select audit.audit_id as "auditId", audit.at, audit.operator_id as "operatorId", operator.name as "operatorName",
            action, subject, reason, before, after, seal.seq, seal.sealed_at as "sealedAt", seal.hash
     from audit
     left join operator on operator.operator_id = audit.operator_id
     left join audit_seal seal on seal.market_id = $1 and seal.audit_id = audit.audit_id
     where audit.market_id = $1 and ($2::uuid is null or audit.operator_id = $2)
       and ($3::text is null or action like $3) and ($4::text is null or subject like $4)
       and ($5::timestamptz is null or audit.at >= $5) and ($6::timestamptz is null or audit.at < $6)
       and ($7::uuid is null or audit.audit_id < $7)
     order by audit.audit_id desc limit $8`,
    [
      marketId,
      filter.operatorId ?? null,
      beginning(filter.action),
      beginning(filter.subject),
      instant(filter.from),
      instant(filter.to),
      filter.before ?? null,
      limit,
    ],
  );
  const entries = rows.map(({ seq, sealedAt, hash, ...row }) => ({
    ...row,
    at: row.at.toISOString(),
    seal:
      seq === null || sealedAt === null || hash === null
        ? null
        : { seq: Number(seq), sealedAt: sealedAt.toISOString(), hash: hash.toString('hex') },
  }));
  return { entries, nextBefore: rows.length === limit ? (rows.at(-1)?.auditId ?? null) : null };
}
