import type { AuditEntry, AuditFilter, AuditPage } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';

const PAGE_SIZE = 50;

interface EntryRow extends Record<string, unknown> {
  auditId: string;
  at: Date;
  operatorId: string | null;
  operatorName: string | null;
  action: string;
  subject: string;
  subjectName: string | null;
  reason: string | null;
  before: unknown;
  after: unknown;
  seq: bigint | null;
  sealedAt: Date | null;
  hash: Buffer | null;
}

/** What begins with it; what the text says of itself means nothing. */
const beginning = (text: string | undefined): string | null => (text === undefined ? null : `${likeText(text)}%`);
const instant = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));

const MATCHING = `
  from audit
  left join operator on operator.operator_id = audit.operator_id
  where audit.market_id = $1 and ($2::uuid is null or audit.operator_id = $2)
    and ($3::text is null or action like $3) and ($4::text is null or subject like $4)
    and ($5::timestamptz is null or audit.at >= $5) and ($6::timestamptz is null or audit.at < $6)
    and ($7::text is null or operator.name ilike $7 or action ilike $7 or subject ilike $7 or reason ilike $7)`;

/** Newest first; ids are in order of time. @param marketId or INSTALLATION */
export async function listAudit(db: Queryable, marketId: string, filter: AuditFilter): Promise<AuditPage> {
  const { page = 1, pageSize = PAGE_SIZE } = filter;
  const values = [
    marketId,
    filter.operatorId ?? null,
    beginning(filter.action),
    beginning(filter.subject),
    instant(filter.from),
    instant(filter.to),
    filter.text === undefined ? null : `%${beginning(filter.text)}`,
  ];
  const [counted] = await db.query<{ total: number }>(`select count(*)::int as total ${MATCHING}`, values);
  const rows = await db.query<EntryRow>(
    `with page as (
       select audit.audit_id, audit.at, audit.operator_id, operator.name, action, subject, reason, before, after ${MATCHING}
       order by audit.audit_id desc limit $8 offset $9)
     select page.audit_id as "auditId", at, page.operator_id as "operatorId", page.name as "operatorName", action, subject,
            target.name as "subjectName", reason, before, after, seal.seq, seal.sealed_at as "sealedAt", seal.hash
     from page
     left join operator target on target.operator_id = case when subject ~ '^(operator|key):[0-9a-f-]{36}$'
                                                            then split_part(subject, ':', 2)::uuid end
     left join audit_seal seal on seal.market_id = $1 and seal.audit_id = page.audit_id
     order by page.audit_id desc`,
    [...values, pageSize, (page - 1) * pageSize],
  );
  return { total: counted?.total ?? 0, entries: rows.map(entryOf) };
}

function entryOf({ seq, sealedAt, hash, ...row }: EntryRow): AuditEntry {
  const seal =
    seq === null || sealedAt === null || hash === null
      ? null
      : { seq: Number(seq), sealedAt: sealedAt.toISOString(), hash: hash.toString('hex') };
  return { ...row, at: row.at.toISOString(), seal };
}
