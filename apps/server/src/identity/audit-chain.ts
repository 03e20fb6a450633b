import { type Chain, seal, sized } from '../platform/chain.ts';
import type { Database } from '../platform/database.ts';

type Fact = Record<string, unknown> & {
  readonly audit_id: string;
  readonly at_us: bigint;
  readonly operator_id: string | null;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  /** As the database writes it. */
  readonly before: string | null;
  readonly after: string | null;
};

/** A link an entry, for each market and for what concerns none. */
export const auditChain: Chain<Fact> = {
  table: 'audit_seal',
  factId: 'audit_id',
  unsealed: (tx, owner, after, limit) =>
    tx.query<Fact>(
      `select audit_id, (extract(epoch from at) * 1000000)::bigint as at_us, operator_id, action, subject, reason,
              before::text as before, after::text as after
       from audit
       where market_id = $1 and audit_id > $2
         and not exists (select from audit_seal where audit_seal.market_id = $1 and audit_seal.audit_id = audit.audit_id)
       order by audit_id limit $3`,
      [owner, after, limit],
    ),
  idOf: (fact) => fact.audit_id,
  fieldsOf: (fact) => [
    fact.audit_id,
    fact.at_us,
    fact.operator_id ?? '-',
    sized(fact.action),
    sized(fact.subject),
    sized(fact.reason),
    sized(fact.before),
    sized(fact.after),
  ],
};

/** @param owner a market or INSTALLATION @returns how many entries were sealed */
export const sealAudit = (db: Database, owner: string, now: Date, among: 'recent' | 'everything'): Promise<number> =>
  seal(db, auditChain, owner, now, among);
