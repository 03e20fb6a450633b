import type { Rule } from './rule.ts';

const COUNT_LINKS = 'select count(*) from ledger_seal where market_id = $1';
/** A field of free text has its length before it; one that is not there is a dash. */
export const sized = (column: string) => `coalesce(octet_length(${column}) || ':' || ${column}, '-')`;
export const microseconds = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** Each link is looked at beside the stored link before it: if every one holds, the chain does. */
export const chainRules: readonly Rule[] = [
  {
    name: 'every sealed transaction is as it was sealed, and no link is missing',
    counts: COUNT_LINKS,
    problems: `
      with link as (
        select *, row_number() over (order by seq) as place,
               lag(hash, 1, decode(repeat('00', 32), 'hex')) over (order by seq) as before
        from ledger_seal where market_id = $1
      )
      select format('link %s of the chain does not fit transaction %s', seq, link.tx_id) as problem
      from link
      left join ledger_tx tx on tx.market_id = $1 and tx.tx_id = link.tx_id
      left join lateral (
        select string_agg(format('%s %s %s %s', line, ledger_account, coalesce(account_id::text, '-'), amount_fen),
                          E'\\n' order by line) as text
        from posting where posting.market_id = $1 and posting.tx_id = link.tx_id) lines on true
      where tx.tx_id is null or seq <> place
        or hash <> sha256(convert_to(concat_ws(E'\\n', encode(before, 'hex'), $1::uuid, seq, ${microseconds('sealed_at')},
             tx.tx_id, kind, ${microseconds('business_at')}, ${microseconds('recorded_at')},
             coalesce(operator_id::text, '-'), coalesce(reverses_tx_id::text, '-'), ${sized('idempotency_key')},
             ${sized('memo')}, coalesce(lines.text, '-')), 'UTF8'))
      order by seq`,
  },
  {
    name: 'the chain ends where it is said to end, and where closed days say it stood',
    counts: COUNT_LINKS,
    problems: `
      with last as (
        select seq, hash from ledger_seal where market_id = $1 order by seq desc limit 1
      )
      select format('the chain ends at link %s, but is said to end at %s', last.seq, head.seq) as problem
      from (select seq, hash from ledger_seal_head where market_id = $1 and seq > 0) head
      full join last on true
      where (head.seq, head.hash) is distinct from (last.seq, last.hash)
      union all
      select format('day %s was closed at link %s of another chain', day, seal_seq)
      from counter_day
      left join ledger_seal link on link.market_id = $1 and link.seq = seal_seq
      where counter_day.market_id = $1 and seal_seq is not null and link.hash is distinct from seal_hash`,
  },
  {
    name: 'whatever was posted an hour before the last seal is sealed',
    counts: 'select count(*) from ledger_tx where market_id = $1',
    problems: `
      select format('transaction %s is in no link of the chain', tx_id) as problem
      from ledger_tx
      where market_id = $1
        and recorded_at < (select max(sealed_at) from ledger_seal where market_id = $1) - interval '1 hour'
        and not exists (select from ledger_seal where ledger_seal.market_id = $1 and ledger_seal.tx_id = ledger_tx.tx_id)`,
  },
];
