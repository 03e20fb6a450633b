import type { Receipt, RouteQuery, Routes } from '@openprepay/contract';
import { assert, type Fen, inCapitals, negateFen } from '@openprepay/kernel';
import { inBuildings } from '../accounts/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { PaymentMethod } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { takeNumber } from './till.ts';
import type { CounterPurse, ReceiptFacts, ReceiptKind, StoredReceipt } from './types.ts';

const PAGE = 100;

/**
 * Gives the receipt of a transaction that was just posted, in that same database transaction. Its day is today in the
 * market's zone, or the day after the last closed one: a day that is closed gets nothing more. Post first, then this: purses are
 * locked before tills.
 */
export async function giveReceipt(tx: Tx, facts: ReceiptFacts): Promise<StoredReceipt> {
  const { marketId, txId, kind, accountId, operatorId, method, amountFen, purse, debtFen, at } = facts;
  const { series, number, shiftId } = await takeNumber(tx, marketId, operatorId, at);
  // A statement of its own, begun when the till was locked: it sees the close of a day that was waited for.
  const [given] = await tx.query<{ day: string }>(
    `insert into receipt (market_id, series, number, tx_id, kind, purse, at, day, operator_id, shift_id, account_id,
                          account_number, customer_name, stalls, method, amount_fen, debt_fen, balance_fen)
     select $1, $2, $3, $4, $5, $13, $6::timestamptz,
            greatest(($6::timestamptz at time zone market.time_zone)::date, book.closed_day + 1), $7, $8, $9, account.number,
            account.customer_name,
            array(select stall.code from tenancy join stall using (market_id, stall_id)
                  where tenancy.market_id = $1 and tenancy.account_id = $9 and tenancy.to_at is null order by stall.code),
            $10, $11, $12, coalesce(purse.balance_fen, 0)
     from account
     join market on market.market_id = $1
     left join counter_book book on book.market_id = $1
     left join purse on purse.market_id = $1 and purse.account_id = $9 and purse.kind = $13
     where account.market_id = $1 and account.account_id = $9
     returning day::text`,
    [marketId, series, number, txId, kind, at, operatorId, shiftId, accountId, method, amountFen, debtFen, purse],
  );
  assert(given, 'a receipt is given to an account that is there', { accountId });
  return { txId, kind, accountId, operatorId, shiftId, day: given.day, method, amountFen, purse, debtFen };
}

/** A receipt, locked: what becomes of its transaction is decided by one at a time. @throws counter.no_such_receipt */
export async function lockReceipt(tx: Tx, marketId: string, txId: string): Promise<StoredReceipt> {
  const [row] = await tx.query<StoredReceipt & Record<string, unknown>>(
    `select tx_id as "txId", kind, account_id as "accountId", operator_id as "operatorId", shift_id as "shiftId",
            day::text, method, amount_fen as "amountFen", purse, debt_fen as "debtFen"
     from receipt where market_id = $1 and tx_id = $2 for update`,
    [marketId, txId],
  );
  if (row === undefined) throw noSuchReceipt();
  return row;
}

/** @throws counter.no_such_receipt */
export async function receiptOf(db: Queryable, marketId: string, txId: string): Promise<Receipt> {
  const [receipt] = await select(db, marketId, 'receipt.tx_id = $2', [txId]);
  if (receipt === undefined) throw noSuchReceipt();
  return receipt;
}

type Filter = RouteQuery<Routes['receipts']>;

export interface ReceiptPage {
  readonly receipts: Receipt[];
  /** Asks for the next page; null after the last. */
  readonly nextBefore: string | null;
  readonly total: number;
  readonly netFen: number;
}

/** Newest first, with what all that fit come to; of accounts in some buildings alone where those are given. */
export async function listReceipts(
  db: Queryable,
  marketId: string,
  filter: Filter,
  buildingIds: readonly string[] | null = null,
): Promise<ReceiptPage> {
  const { limit = PAGE, before = null, offset = 0 } = filter;
  const values = [...filterValues(filter), buildingIds];
  const [receipts, [sum]] = await Promise.all([
    select(
      db,
      marketId,
      `${FITS} and ($11::uuid is null or receipt.tx_id < $11) order by receipt.tx_id desc limit $12 offset $13`,
      [...values, before, limit, offset],
    ),
    db.query<{ total: bigint; net: bigint }>(
      `select count(*) as total, coalesce(sum(amount_fen), 0)::bigint as net
       from receipt where market_id = $1 and ${FITS}`,
      [marketId, ...values],
    ),
  ]);
  return {
    receipts,
    nextBefore: receipts.length === limit ? (receipts.at(-1)?.txId ?? null) : null,
    total: Number(sum?.total ?? 0),
    netFen: Number(sum?.net ?? 0),
  };
}

const FITS = `receipt.day >= coalesce($2::date, '-infinity') and receipt.day <= coalesce($3::date, 'infinity')
  and ($4::uuid is null or receipt.account_id = $4) and ($5::uuid is null or receipt.operator_id = $5)
  and ($6::text is null or receipt.method = $6) and ($7::text is null or receipt.kind = $7)
  and ($8::uuid is null or receipt.shift_id = $8)
  and ($9::text is null or strpos(receipt.label, $9) > 0 or strpos(lower(receipt.account_number), $9) > 0
       or strpos(lower(receipt.customer_name), $9) > 0
       or exists (select from unnest(receipt.stalls) as stall where strpos(lower(stall), $9) > 0))
  and ($10::uuid[] is null or exists (
         select from account
         where account.market_id = $1 and account.account_id = receipt.account_id and ${inBuildings('account', '$10')}))`;

const filterValues = (filter: Filter): readonly unknown[] => [
  filter.from ?? null,
  filter.to ?? null,
  filter.accountId ?? null,
  filter.operatorId ?? null,
  filter.method ?? null,
  filter.kind ?? null,
  filter.shiftId ?? null,
  filter.text?.trim().toLowerCase() || null,
];

/** Counts one more print. The number, the names and the balance are those of the first. @throws counter.no_such_receipt */
export async function reprint(ctx: Context, marketId: string, txId: string, operatorId: string): Promise<Receipt> {
  return ctx.db.tx(async (tx) => {
    const [counted] = await tx.query<{ reprints: number }>(
      'update receipt set reprints = reprints + 1 where market_id = $1 and tx_id = $2 returning reprints',
      [marketId, txId],
    );
    if (counted === undefined) throw noSuchReceipt();
    await recordAudit(tx, {
      at: ctx.clock.now(),
      marketId,
      operatorId,
      action: 'counter.reprint',
      subject: `receipt:${txId}`,
      after: counted,
    });
    return receiptOf(tx, marketId, txId);
  });
}

const noSuchReceipt = () => counterError('counter.no_such_receipt', 'this market has no such receipt');

type ReceiptRow = Record<string, unknown> & {
  readonly tx_id: string;
  readonly number: string;
  readonly kind: ReceiptKind;
  readonly at: Date;
  readonly day: string;
  readonly market_name: string;
  readonly operator_name: string | null;
  readonly account_id: string;
  readonly account_number: string;
  readonly customer_name: string;
  readonly stalls: string[];
  readonly method: PaymentMethod;
  readonly amount_fen: Fen;
  readonly purse: CounterPurse;
  readonly debt_fen: Fen;
  readonly balance_fen: Fen;
  readonly memo: string | null;
  readonly reprints: number;
  readonly reverses: string | null;
  readonly reversed_by: string | null;
};

async function select(db: Queryable, marketId: string, which: string, values: readonly unknown[]): Promise<Receipt[]> {
  const rows = await db.query<ReceiptRow>(
    `select receipt.tx_id, receipt.label as number, receipt.kind, receipt.at, receipt.day::text, market.name as market_name,
            operator.name as operator_name, receipt.account_id, receipt.account_number, receipt.customer_name,
            receipt.stalls, receipt.method, receipt.amount_fen, receipt.purse, receipt.debt_fen, receipt.balance_fen,
            tx.memo, receipt.reprints,
            sale.label as reverses, undone.label as reversed_by
     from receipt
     join market on market.market_id = $1
     join ledger_tx tx on tx.market_id = $1 and tx.tx_id = receipt.tx_id
     left join operator on operator.operator_id = receipt.operator_id
     left join receipt sale on sale.market_id = $1 and sale.tx_id = tx.reverses_tx_id
     left join ledger_tx undoing on undoing.market_id = $1 and undoing.reverses_tx_id = receipt.tx_id
     left join receipt undone on undone.market_id = $1 and undone.tx_id = undoing.tx_id
     where receipt.market_id = $1 and ${which}`,
    [marketId, ...values],
  );
  return rows.map(receiptOfRow);
}

const receiptOfRow = (row: ReceiptRow): Receipt => ({
  txId: row.tx_id,
  number: row.number,
  kind: row.kind,
  at: row.at.toISOString(),
  day: row.day,
  marketName: row.market_name,
  operatorName: row.operator_name ?? '',
  accountId: row.account_id,
  accountNumber: row.account_number,
  customerName: row.customer_name,
  stalls: row.stalls,
  method: row.method,
  amountFen: Number(row.amount_fen),
  amountInCapitals: inCapitals(row.amount_fen < 0n ? negateFen(row.amount_fen) : row.amount_fen),
  purse: row.purse,
  debtFen: Number(row.debt_fen),
  balanceFen: Number(row.balance_fen),
  memo: row.memo,
  reprints: row.reprints,
  reverses: row.reverses,
  reversedBy: row.reversed_by,
});
