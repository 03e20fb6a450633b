import type { AccountBalance, Statement } from '@openprepay/contract';
import type { Queryable } from '../platform/database.ts';
import { ledgerError } from './errors.ts';
import { describeLines, type LineRow, lineOf } from './lines.ts';
import type { PurseKind } from './types.ts';

/** More than a quarter of a year of a busy account; who wants more asks for less at a time. */
const MAX_LINES = 10_000;

export interface StatementSpan {
  readonly marketId: string;
  readonly accountId: string;
  readonly purse: PurseKind;
  readonly from: Date;
  /** Not included, so that one statement ends where the next begins. */
  readonly to: Date;
}

/**
 * What moved in a purse, by business time: opening balance, every line with the balance after it, closing balance.
 * @throws ledger.bad_range, ledger.no_such_account, ledger.too_many_lines
 */
export async function statement(db: Queryable, span: StatementSpan): Promise<Statement> {
  const { marketId, accountId, purse, from, to } = span;
  if (from >= to) throw ledgerError('ledger.bad_range', 'a statement ends after it begins');
  const account = await holderOf(db, marketId, accountId);
  const opening = await balancesBefore(db, marketId, accountId, from);
  const rows = await describeLines<LineRow>(
    db,
    `select posting.* from posting join ledger_tx using (market_id, tx_id)
     where posting.market_id = $1 and posting.account_id = $2 and posting.ledger_account = $3
       and ledger_tx.business_at >= $4 and ledger_tx.business_at < $5 limit ${MAX_LINES + 1}`,
    'tx.business_at, line.tx_id, line.line',
    [marketId, accountId, `purse.${purse}`, from, to],
  );
  if (rows.length > MAX_LINES) throw ledgerError('ledger.too_many_lines', `at most ${MAX_LINES} lines at once`);
  const receipts = await receiptNumbers(
    db,
    marketId,
    rows.map((row) => row.tx_id),
  );
  let balanceFen = opening[purse];
  const lines = rows.map((row) => {
    const line = lineOf(row);
    balanceFen += line.amountFen;
    return { ...line, balanceFen, receiptNumber: receipts.get(row.tx_id) ?? null };
  });
  const sum = (amounts: readonly { readonly amountFen: number }[]) =>
    amounts.reduce((total, { amountFen }) => total + amountFen, 0);
  return {
    accountId,
    ...account,
    purse,
    from: from.toISOString(),
    to: to.toISOString(),
    openingFen: opening[purse],
    inFen: sum(lines.filter(({ amountFen }) => amountFen > 0)),
    outFen: sum(lines.filter(({ amountFen }) => amountFen < 0)),
    closingFen: balanceFen,
    lines,
  };
}

/** What the purses held at an instant, everything of that instant included. @throws ledger.no_such_account */
export async function balanceAt(db: Queryable, marketId: string, accountId: string, at: Date): Promise<AccountBalance> {
  await holderOf(db, marketId, accountId);
  const purses = await balancesBefore(db, marketId, accountId, new Date(at.getTime() + 1));
  return { accountId, at: at.toISOString(), purses };
}

async function balancesBefore(
  db: Queryable,
  marketId: string,
  accountId: string,
  at: Date,
): Promise<Record<PurseKind, number>> {
  const rows = await db.query<{ ledger_account: string; sum: bigint }>(
    `select ledger_account, sum(amount_fen)::bigint
     from posting join ledger_tx using (market_id, tx_id)
     where posting.market_id = $1 and posting.account_id = $2 and ledger_tx.business_at < $3
     group by ledger_account`,
    [marketId, accountId, at],
  );
  const of = (kind: PurseKind) => Number(rows.find((row) => row.ledger_account === `purse.${kind}`)?.sum ?? 0n);
  return { utility: of('utility'), fees: of('fees'), deposit: of('deposit'), debt: of('debt') };
}

async function holderOf(
  db: Queryable,
  marketId: string,
  accountId: string,
): Promise<{ accountNumber: string; customerName: string }> {
  const rows = await db.query<{ accountNumber: string; customerName: string }>(
    `select number as "accountNumber", customer_name as "customerName" from account
     where market_id = $1 and account_id = $2`,
    [marketId, accountId],
  );
  if (rows[0] === undefined) throw ledgerError('ledger.no_such_account', 'this market has no such account');
  return rows[0];
}

async function receiptNumbers(
  db: Queryable,
  marketId: string,
  txIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ tx_id: string; label: string }>(
    'select tx_id, label from receipt where market_id = $1 and tx_id = any($2::uuid[])',
    [marketId, txIds],
  );
  return new Map(rows.map((row) => [row.tx_id, row.label]));
}
