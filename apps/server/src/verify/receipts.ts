import type { Rule } from './rule.ts';

const COUNT_RECEIPTS = 'select count(*) from receipt where market_id = $1';

export const receiptRules: readonly Rule[] = [
  {
    name: 'every series of receipts runs from one on without a gap',
    counts: COUNT_RECEIPTS,
    problems: `
      with placed as (
        select series, number, operator_id, row_number() over (partition by series order by number) as place
        from receipt where market_id = $1
      )
      select format('receipt %s of series %s stands at place %s', number, placed.series, place) as problem
      from placed left join till on till.market_id = $1 and till.series = placed.series
      where number <> place or till.operator_id is distinct from placed.operator_id
      union all
      select format('series %s ends at %s, its receipts at %s', till.series, last_number, coalesce(max(number), 0))
      from till left join receipt on receipt.market_id = $1 and receipt.series = till.series
      where till.market_id = $1
      group by till.series, last_number having last_number <> coalesce(max(number), 0)`,
  },
  {
    name: 'every receipt is its transaction: kind, account, till and amount',
    counts: COUNT_RECEIPTS,
    problems: `
      select format('receipt %s says %s of %s fen, transaction %s is a %s of %s fen', label, receipt.kind,
                    receipt.amount_fen, receipt.tx_id, tx.kind, -till.amount_fen) as problem
      from receipt
      left join ledger_tx tx on tx.market_id = $1 and tx.tx_id = receipt.tx_id
      left join posting till on till.market_id = $1 and till.tx_id = receipt.tx_id and till.account_id is null
        and till.ledger_account = receipt.method
      where receipt.market_id = $1
        and ((tx.kind, tx.operator_id, -till.amount_fen) is distinct from
             (receipt.kind, receipt.operator_id, receipt.amount_fen)
             or not exists (select from posting where posting.market_id = $1 and posting.tx_id = receipt.tx_id
                            and posting.account_id = receipt.account_id)
             or (receipt.purse = 'deposit') <> exists (
               select from posting where posting.market_id = $1 and posting.tx_id = receipt.tx_id
                 and ledger_account = 'purse.deposit'))`,
  },
  {
    name: 'every deposit, refund and reversal at the counter has its receipt',
    counts: `select count(*) from ledger_tx where market_id = $1 and kind in ('deposit', 'refund', 'reversal')`,
    problems: `
      select format('transaction %s is a %s without a receipt', tx_id, kind) as problem
      from ledger_tx
      where market_id = $1 and kind in ('deposit', 'refund', 'reversal')
        and not exists (select from receipt where receipt.market_id = $1 and receipt.tx_id = ledger_tx.tx_id)`,
  },
  {
    name: 'every reversal undoes its transaction, line by line',
    counts: `select count(*) from ledger_tx where market_id = $1 and kind = 'reversal'`,
    problems: `
      select distinct format('transaction %s does not undo %s', tx.tx_id, tx.reverses_tx_id) as problem
      from ledger_tx tx
      cross join lateral (
        select from (select line, ledger_account, account_id, -amount_fen as amount_fen from posting
                     where market_id = $1 and tx_id = tx.tx_id) undoing
        full join (select line, ledger_account, account_id, amount_fen from posting
                   where market_id = $1 and tx_id = tx.reverses_tx_id) undone using (line)
        where (undoing.ledger_account, undoing.account_id, undoing.amount_fen)
              is distinct from (undone.ledger_account, undone.account_id, undone.amount_fen)) wrong
      where tx.market_id = $1 and tx.kind = 'reversal'`,
  },
  {
    name: 'every closed day is the sum of its receipts, and every ended shift of its cash',
    counts: `select (select count(*) from counter_day where market_id = $1)
                  + (select count(*) from shift where market_id = $1 and closed_at is not null) as count`,
    problems: `
      with said as (
        select day, "operatorId"::uuid as operator_id, kind, method, count, "amountFen" as amount_fen
        from counter_day
        cross join lateral jsonb_to_recordset(totals)
          as one ("operatorId" text, kind text, method text, count bigint, "amountFen" bigint)
        where market_id = $1
      ), given as (
        select day, operator_id, kind, method, count(*) as count, sum(amount_fen) as amount_fen
        from receipt where market_id = $1 and day <= (select closed_day from counter_book where market_id = $1)
        group by day, operator_id, kind, method
      )
      select format('day %s: %s %s of %s: closed with %s of %s fen, has %s of %s fen', day, method, kind, operator_id,
                    said.count, said.amount_fen, given.count, given.amount_fen) as problem
      from said full join given using (day, operator_id, kind, method)
      where (said.count, said.amount_fen) is distinct from (given.count, given.amount_fen)
      union all
      select format('shift %s ended with %s fen expected, its receipts say %s', shift_id, expected_fen, cash_fen)
      from shift
      cross join lateral (
        select float_fen + coalesce(sum(amount_fen), 0) as cash_fen from receipt
        where receipt.market_id = $1 and receipt.shift_id = shift.shift_id and method = 'cash') counted
      where market_id = $1 and closed_at is not null and expected_fen <> cash_fen`,
  },
];
