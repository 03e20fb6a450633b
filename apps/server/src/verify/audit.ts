import { microseconds, sized } from './chain.ts';
import type { Rule } from './rule.ts';

const COUNT_LINKS = 'select count(*) from audit_seal where market_id = $1';

/** As the ledger's chain, of the audit of a market, or of the installation under the nil id. */
export const auditRules: readonly Rule[] = [
  {
    name: 'every sealed entry of the audit is as it was sealed, and no link is missing',
    counts: COUNT_LINKS,
    problems: `
      with link as (
        select *, row_number() over (order by seq) as place,
               lag(hash, 1, decode(repeat('00', 32), 'hex')) over (order by seq) as chained
        from audit_seal where market_id = $1
      )
      select format('link %s of the audit does not fit entry %s', seq, link.audit_id) as problem
      from link
      left join audit on audit.market_id = $1 and audit.audit_id = link.audit_id
      where audit.audit_id is null or seq <> place
        or hash <> sha256(convert_to(concat_ws(E'\\n', encode(chained, 'hex'), $1::uuid, seq, ${microseconds('sealed_at')},
             audit.audit_id, ${microseconds('at')}, coalesce(operator_id::text, '-'), ${sized('action')},
             ${sized('subject')}, ${sized('reason')}, ${sized('before::text')}, ${sized('after::text')}), 'UTF8'))
      order by seq`,
  },
  {
    name: 'the chain of the audit ends where it is said to end',
    counts: COUNT_LINKS,
    problems: `
      with last as (
        select seq, hash from audit_seal where market_id = $1 order by seq desc limit 1
      )
      select format('the audit ends at link %s, but is said to end at %s', last.seq, head.seq) as problem
      from (select seq, hash from audit_seal_head where market_id = $1 and seq > 0) head
      full join last on true
      where (head.seq, head.hash) is distinct from (last.seq, last.hash)`,
  },
  {
    // What is put in later bears a time at which the chain was already being made without it.
    name: 'whatever is in the audit was sealed within an hour of its time',
    counts: 'select count(*) from audit where market_id = $1',
    problems: `
      with sealed as (
        select audit_id, sealed_at,
               max(sealed_at) over (order by seq rows between unbounded preceding and 1 preceding) as sealed_before
        from audit_seal where market_id = $1
      )
      select format('entry %s was put into the audit long after its time', audit.audit_id) as problem
      from audit
      left join sealed on sealed.audit_id = audit.audit_id
      where market_id = $1
        and at < coalesce(sealed.sealed_before,
                          case when sealed.audit_id is null then (select max(sealed_at) from sealed) end) - interval '1 hour'`,
  },
];
