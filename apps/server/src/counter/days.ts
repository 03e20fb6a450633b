import type { CounterDay, DayPage, DayQuery } from '@openprepay/contract';
import { assert, businessDay } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import { sealHead } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { lockBook, lockTills } from './till.ts';
import { type Group, methodTotals, salesTotals } from './totals.ts';

const PAGE_SIZE = 50;

export interface DayClose {
  readonly marketId: string;
  /** `2026-03-02` */
  readonly day: string;
  readonly note: string | null;
  readonly operatorId: string;
}

/**
 * Closes a day of business: what its receipts came to is frozen, and whatever is given later belongs to a later day. Days
 * are closed in order, and not over the head of a cashier who has yet to count his drawer.
 * @throws counter.day_closed, counter.day_not_begun, counter.earlier_day_open, counter.shift_open
 */
export async function closeDay(ctx: Context, close: DayClose): Promise<CounterDay> {
  const { marketId, day, note, operatorId } = close;
  const at = ctx.clock.now();
  return ctx.db.tx(async (tx) => {
    const closedDay = await lockBook(tx, marketId);
    await lockTills(tx, marketId);
    await requireClosable(tx, marketId, day, closedDay, at);
    const totals = await groupsOf(tx, marketId, day);
    const seal = await sealHead(tx, marketId);
    await tx.query(
      `with frozen as (
         insert into counter_day (market_id, day, totals, closed_at, closed_by, note, seal_seq, seal_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
       )
       update counter_book set closed_day = $2 where market_id = $1`,
      [marketId, day, JSON.stringify(totals), at, operatorId, note, seal?.seq ?? null, seal?.hash ?? null],
    );
    await recordAudit(tx, {
      at,
      marketId,
      operatorId,
      action: 'counter.close_day',
      subject: `day:${day}`,
      reason: note,
      after: { totals, sealedTo: seal?.seq ?? null },
    });
    const { days } = await listDays(tx, marketId, { from: day, to: day });
    assert(days[0], 'a day that was closed is there');
    return days[0];
  });
}

async function requireClosable(
  tx: Tx,
  marketId: string,
  day: string,
  closedDay: string | null,
  at: Date,
): Promise<void> {
  const [market] = await tx.query<{ time_zone: string }>('select time_zone from market where market_id = $1', [
    marketId,
  ]);
  if (closedDay !== null && day <= closedDay) throw counterError('counter.day_closed', `closed up to ${closedDay}`);
  if (day > businessDay(at, market?.time_zone ?? 'UTC')) {
    throw counterError('counter.day_not_begun', 'a day that has not begun cannot end');
  }
  const [earlier] = await tx.query<{ day: string | null }>(
    `select min(day)::text as day from receipt
     where market_id = $1 and day < $2 and day > coalesce($3::date, '-infinity')`,
    [marketId, day, closedDay],
  );
  if (earlier?.day) throw counterError('counter.earlier_day_open', `close ${earlier.day} first`, { day: earlier.day });
  const open = await tx.query<{ name: string | null }>(
    `select distinct operator.name
     from shift
     join receipt using (market_id, shift_id)
     left join operator on operator.operator_id = shift.operator_id
     where shift.market_id = $1 and shift.closed_at is null and receipt.day <= $2`,
    [marketId, day],
  );
  if (open.length > 0) {
    const names = open.map(({ name }) => name ?? '?').join(', ');
    throw counterError('counter.shift_open', `shifts are under way: ${names}`, { names });
  }
}

/** Parts of a day as they are frozen. */
const GROUPS = `jsonb_agg(jsonb_build_object('operatorId', operator_id, 'kind', kind, 'method', method, 'count', count,
  'amountFen', amount_fen) order by operator_id, kind, method)`;

async function groupsOf(db: Queryable, marketId: string, day: string): Promise<Group[]> {
  const [row] = await db.query<{ groups: Group[] | null }>(
    `select ${GROUPS} as groups from (
       select day, operator_id, kind, method, count(*), sum(amount_fen)::bigint as amount_fen
       from receipt where market_id = $1 and day = $2 group by day, operator_id, kind, method) part`,
    [marketId, day],
  );
  return row?.groups ?? [];
}

const SORTS: Readonly<Record<NonNullable<DayQuery['sort']>, string>> = {
  day: 'day',
  net: `(select sum((part ->> 'amountFen')::bigint) from jsonb_array_elements(totals) part)`,
  closed: 'closed_at',
};

/** The days of business that something happened on, or that were closed: those that are not closed as they stand now. */
const MATCHING = `
  from (
    select day, totals, closed_at, closed_by, note, seal_seq, seal_hash from counter_day where market_id = $1
    union all
    select day, ${GROUPS}, null, null, null, null, null
    from (
      select receipt.day, receipt.operator_id, kind, method, count(*), sum(amount_fen)::bigint as amount_fen
      from receipt left join counter_book book on book.market_id = $1
      where receipt.market_id = $1 and receipt.day > coalesce(book.closed_day, '-infinity')
      group by receipt.day, receipt.operator_id, kind, method) part
    group by day
  ) one
  where ($2::boolean is null or (closed_at is null) = $2) and ($3::date is null or day >= $3) and ($4::date is null or day <= $4)`;

type DayRow = Record<string, unknown> & {
  readonly day: string;
  readonly totals: Group[];
  readonly closed_at: Date | null;
  readonly closed_by_name: string | null;
  readonly note: string | null;
  readonly seal_seq: bigint | null;
  readonly seal_hash: Buffer | null;
};

/** In the order asked, newest first where nothing is said, with how many there are in all. */
export async function listDays(db: Queryable, marketId: string, query: DayQuery): Promise<DayPage> {
  const { sort = 'day', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [marketId, query.open ?? null, query.from ?? null, query.to ?? null];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last, one.day desc`;
  const rows = await db.query<DayRow>(
    `select one.day::text, totals, closed_at, operator.name as closed_by_name, note, seal_seq, seal_hash
     from (select * ${MATCHING} order by ${order} limit $5 offset $6) one
     left join operator on operator.operator_id = closed_by
     order by ${order}`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return { total: Number(counted?.total ?? 0), days: rows.map(dayOf) };
}

const dayOf = ({ day, totals, closed_at, closed_by_name, note, seal_seq, seal_hash }: DayRow): CounterDay => ({
  day,
  totals: salesTotals(totals),
  takenFen: methodTotals(totals),
  closedAt: closed_at?.toISOString() ?? null,
  closedByName: closed_by_name,
  note,
  seal: seal_seq === null || seal_hash === null ? null : { seq: Number(seal_seq), hash: seal_hash.toString('hex') },
});
