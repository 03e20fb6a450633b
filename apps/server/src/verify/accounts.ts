import type { Rule } from './rule.ts';

export const accountRules: readonly Rule[] = [
  {
    name: 'every closed account gave its stalls back and held nothing when it was closed',
    counts: `select count(*) from account where market_id = $1 and state = 'closed'`,
    problems: `
      select format('account %s is closed and has stall %s', account.number, stall.code) as problem
      from account
      join tenancy on tenancy.market_id = $1 and tenancy.account_id = account.account_id and tenancy.to_at is null
      join stall on stall.market_id = $1 and stall.stall_id = tenancy.stall_id
      where account.market_id = $1 and account.state = 'closed'
      union all
      select format('account %s was closed with %s fen in its %s', account.number, sum(line.amount_fen), line.ledger_account)
      from account
      join posting line on line.market_id = $1 and line.account_id = account.account_id
      join ledger_tx tx on tx.market_id = $1 and tx.tx_id = line.tx_id and tx.recorded_at <= account.closed_at
      where account.market_id = $1 and account.state = 'closed'
      group by account.account_id, account.number, line.ledger_account
      having sum(line.amount_fen) <> 0`,
  },
  {
    name: 'an account that is closed has an end, and one that is not has none',
    counts: 'select count(*) from account where market_id = $1',
    problems: `
      select format('account %s is %s, opened %s, closed %s', number, state, opened_at, closed_at) as problem
      from account
      where market_id = $1
        and ((state = 'closed') <> (closed_at is not null) or (state = 'open' and opened_at is null)
             or (state = 'prepared' and opened_at is not null))`,
  },
  {
    name: 'no stall is two accounts’ at once',
    counts: 'select count(*) from tenancy where market_id = $1',
    problems: `
      select format('stall %s is of account %s and of account %s at %s', one.stall_id, one.account_id, other.account_id,
                    other.from_at) as problem
      from tenancy one
      join tenancy other on other.market_id = $1 and other.stall_id = one.stall_id and other.tenancy_id <> one.tenancy_id
        and other.from_at >= one.from_at and other.from_at < coalesce(one.to_at, 'infinity')
      where one.market_id = $1`,
  },
  {
    name: 'an old debt is never the tenant’s credit, and never of a purse that was not short of it',
    counts: `select count(*) from ledger_tx where market_id = $1 and kind = 'debt'`,
    problems: `
      select format('account %s has %s fen in its old debt', account_id, balance_fen) as problem
      from purse where market_id = $1 and kind = 'debt' and balance_fen > 0
      union all
      select format('debt %s moves other than from one purse of an account into its old debt', tx.tx_id)
      from ledger_tx tx
      join posting line on line.market_id = $1 and line.tx_id = tx.tx_id
      where tx.market_id = $1 and tx.kind = 'debt'
      group by tx.tx_id
      having count(*) <> 2 or count(distinct line.account_id) <> 1
          or coalesce(sum(amount_fen) filter (where ledger_account = 'purse.utility'), 0) <= 0
          or coalesce(sum(amount_fen) filter (where ledger_account = 'purse.debt'), 0) >= 0`,
  },
  {
    name: 'every receipt says what of it repaid an old debt',
    counts: 'select count(*) from receipt where market_id = $1',
    problems: `
      select format('receipt %s says %s fen of old debt, its transaction %s', label, debt_fen, posted.fen) as problem
      from receipt
      cross join lateral (
        select coalesce(sum(amount_fen), 0) as fen from posting
        where posting.market_id = $1 and posting.tx_id = receipt.tx_id and ledger_account = 'purse.debt') posted
      where receipt.market_id = $1 and debt_fen <> posted.fen`,
  },
];

/** One row a meter of a statement. */
const METERS = `
  select move_out_id, account_id, move_out.at, drawn_at, (meter ->> 'meterId')::uuid as meter_id,
         (meter -> 'from' ->> 'readAt')::timestamptz as from_at, (meter -> 'to' ->> 'readAt')::timestamptz as to_at,
         (meter -> 'from' ->> 'total')::bigint as from_total, (meter -> 'to' ->> 'total')::bigint as to_total,
         (meter ->> 'use')::bigint as use, (meter ->> 'chargedFen')::bigint as charged_fen
  from move_out cross join lateral jsonb_array_elements(statement -> 'meters') as meter
  where move_out.market_id = $1`;

export const moveOutRules: readonly Rule[] = [
  {
    name: 'every move-out statement adds up: what moved in the purses is what they held',
    counts: 'select count(*) from move_out where market_id = $1 and statement is not null',
    problems: `
      select format('move-out %s: %s fen moved, the purses held %s', move_out_id, moved.fen, held.fen) as problem
      from move_out
      cross join lateral (
        select coalesce(sum(("amountFen")::bigint), 0) as fen
        from jsonb_to_recordset(statement -> 'movements') as one ("amountFen" bigint)) moved
      cross join lateral (
        select sum(value::bigint) as fen from jsonb_each_text(statement -> 'purses')) held
      where market_id = $1 and statement is not null and moved.fen <> held.fen`,
  },
  {
    name: 'every meter of a move-out statement was charged from its first reading to its last',
    counts: `select count(*) from (${METERS}) meter`,
    problems: `
      with stated as (${METERS}), charged as (
        select stated.move_out_id, stated.meter_id,
               sum(charge.amount_fen + coalesce(corrected.fen, 0)) as fen, sum(charge.to_value - charge.from_value) as use,
               bool_or(corrected.fen is not null) as is_corrected
        from stated
        join charge on charge.market_id = $1 and charge.meter_id = stated.meter_id
          and charge.account_id = stated.account_id and charge.from_at >= stated.from_at and charge.to_at <= stated.to_at
        left join lateral (
          select sum(amount_fen) as fen from charge_correction
          where charge_correction.market_id = $1 and charge_correction.charge_id = charge.charge_id
            and charge_correction.created_at <= stated.drawn_at) corrected on true
        group by stated.move_out_id, stated.meter_id
      )
      select format('move-out %s: meter %s used %s from %s to %s for %s fen, its charges say %s for %s', move_out_id,
                    meter_id, stated.use, from_total, to_total, charged_fen, charged.use, charged.fen) as problem
      from stated left join charged using (move_out_id, meter_id)
      where stated.use <> to_total - from_total or charged_fen <> coalesce(charged.fen, 0)
         or (not coalesce(charged.is_corrected, false) and stated.use <> coalesce(charged.use, 0))`,
  },
  {
    name: 'every hand-over left the stalls of the one to the other at one instant',
    counts: 'select count(*) from move_out where market_id = $1',
    problems: `
      select format('move-out %s: stall %s was not handed over at %s', move_out_id, asked.stall_id, move_out.at) as problem
      from move_out cross join unnest(stall_ids) as asked (stall_id)
      where market_id = $1
        and (not exists (
               select from tenancy where tenancy.market_id = $1 and tenancy.stall_id = asked.stall_id
                 and tenancy.account_id = move_out.account_id and tenancy.to_at = move_out.at)
             or next_account_id is not null and not exists (
               select from tenancy where tenancy.market_id = $1 and tenancy.stall_id = asked.stall_id
                 and tenancy.account_id = next_account_id and tenancy.from_at = move_out.at))`,
  },
];
