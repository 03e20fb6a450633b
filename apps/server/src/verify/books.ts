import type { Rule } from './rule.ts';

export const bookRules: readonly Rule[] = [
  {
    name: 'every transaction sums to zero',
    counts: 'select count(*) from ledger_tx where market_id = $1',
    problems: `
      select format('transaction %s has %s lines that sum to %s fen', tx.tx_id, count(line.line), sum(line.amount_fen))
        as problem
      from ledger_tx tx
      left join posting line on line.market_id = $1 and line.tx_id = tx.tx_id
      where tx.market_id = $1
      group by tx.tx_id
      having count(line.line) < 2 or sum(line.amount_fen) <> 0`,
  },
  {
    name: 'every purse is the sum of its postings',
    counts: 'select count(*) from purse where market_id = $1',
    problems: `
      with posted as (
        select account_id, split_part(ledger_account, '.', 2) as kind, sum(amount_fen) as balance_fen
        from posting where market_id = $1 and account_id is not null
        group by account_id, ledger_account
      ), held as (
        select account_id, kind, balance_fen from purse where market_id = $1
      )
      select format('purse %s of account %s holds %s fen, its postings say %s', kind, account_id,
                    coalesce(held.balance_fen, 0), coalesce(posted.balance_fen, 0)) as problem
      from held full join posted using (account_id, kind)
      where coalesce(held.balance_fen, 0) <> coalesce(posted.balance_fen, 0)`,
  },
  {
    name: 'all purses together are what was paid in less what was charged',
    counts: 'select count(*) from posting where market_id = $1 and account_id is null',
    problems: `
      with total as (
        select (select coalesce(sum(balance_fen), 0) from purse where market_id = $1) as held_fen,
               coalesce(-sum(amount_fen) filter (where ledger_account not like 'revenue.%'), 0) as paid_fen,
               coalesce(sum(amount_fen) filter (where ledger_account like 'revenue.%'), 0) as charged_fen
        from posting where market_id = $1 and account_id is null
      )
      select format('the purses hold %s fen, but %s came in and %s was charged', held_fen, paid_fen, charged_fen) as problem
      from total where held_fen <> paid_fen - charged_fen`,
  },
  {
    name: 'every charge and correction is posted once, to its own account',
    counts: `select (select count(*) from charge where market_id = $1)
                  + (select count(*) from charge_correction where market_id = $1) as count`,
    problems: `
      with posted as (
        select tx.tx_id, tx.kind, max(purse.account_id::text) as account_id, sum(purse.amount_fen) as purse_fen,
               count(*) as purses
        from ledger_tx tx
        join posting purse on purse.market_id = $1 and purse.tx_id = tx.tx_id and purse.ledger_account = 'purse.utility'
        where tx.market_id = $1 and tx.kind in ('charge', 'correction')
        group by tx.tx_id, tx.kind
      ), charged as (
        select 'charge' as kind, charge_id, account_id::text, amount_fen, tx_id from charge where market_id = $1
        union all
        select 'correction', correction_id, account_id::text, amount_fen, tx_id from charge_correction where market_id = $1
      )
      select format('%s %s of %s fen is posted as %s fen in transaction %s', coalesce(charged.kind, posted.kind),
                    charged.charge_id, charged.amount_fen, -posted.purse_fen, posted.tx_id) as problem
      from charged full join posted on posted.tx_id = charged.charge_id
      where (charged.charge_id is null or posted.tx_id is null or charged.tx_id is distinct from charged.charge_id
             or posted.purses <> 1 or posted.account_id <> charged.account_id or posted.kind <> charged.kind
             or posted.purse_fen <> -charged.amount_fen)
        and not (posted.tx_id is null and charged.amount_fen = 0)`,
  },
];
