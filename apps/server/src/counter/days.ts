import type { CounterDay } from '@openprepay/contract';
import { assert, businessDay } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import { sealHead } from '../ledger/index.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { counterError } from './errors.ts';
import { lockBook, lockTills } from './till.ts';
import { type Group, methodTotals, salesTotals } from './totals.ts';

const PAGE = 31;

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
    const [closed] = await closedDays(tx, marketId, 1);
    assert(closed, 'a day that was closed is there');
    return closed;
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

async function groupsOf(db: Queryable, marketId: string, day: string): Promise<Group[]> {
  const rows = await db.query<
    Omit<Group, 'count' | 'amountFen'> & Record<string, unknown> & { count: bigint; sum: bigint }
  >(
    `select operator_id as "operatorId", kind, method, count(*), sum(amount_fen)::bigint
     from receipt where market_id = $1 and day = $2
     group by operator_id, kind, method order by operator_id, kind, method`,
    [marketId, day],
  );
  return rows.map(({ operatorId, kind, method, count, sum }) => ({
    operatorId,
    kind,
    method,
    count: Number(count),
    amountFen: Number(sum),
  }));
}

/** The days of business that something happened on, newest first: those that are not closed as they stand now. */
export async function listDays(db: Queryable, marketId: string, limit = PAGE): Promise<CounterDay[]> {
  const open = await db.query<{ day: string }>(
    `select distinct receipt.day::text as day
     from receipt left join counter_book book on book.market_id = $1
     where receipt.market_id = $1 and receipt.day > coalesce(book.closed_day, '-infinity')
     order by day desc limit $2`,
    [marketId, limit],
  );
  const days: CounterDay[] = [];
  for (const { day } of open) {
    days.push({
      day,
      ...sums(await groupsOf(db, marketId, day)),
      closedAt: null,
      closedByName: null,
      note: null,
      seal: null,
    });
  }
  return [...days, ...(await closedDays(db, marketId, limit))].slice(0, limit);
}

type DayRow = Record<string, unknown> & {
  readonly day: string;
  readonly totals: Group[];
  readonly closed_at: Date;
  readonly closed_by_name: string | null;
  readonly note: string | null;
  readonly seal_seq: bigint | null;
  readonly seal_hash: Buffer | null;
};

async function closedDays(db: Queryable, marketId: string, limit: number): Promise<CounterDay[]> {
  const rows = await db.query<DayRow>(
    `select day::text as day, totals, closed_at, operator.name as closed_by_name, note, seal_seq, seal_hash
     from counter_day left join operator on operator.operator_id = closed_by
     where market_id = $1 order by counter_day.day desc limit $2`,
    [marketId, limit],
  );
  return rows.map(({ day, totals, closed_at, closed_by_name, note, seal_seq, seal_hash }) => ({
    day,
    ...sums(totals),
    closedAt: closed_at.toISOString(),
    closedByName: closed_by_name,
    note,
    seal: seal_seq === null || seal_hash === null ? null : { seq: Number(seal_seq), hash: seal_hash.toString('hex') },
  }));
}

const sums = (groups: readonly Group[]) => ({ totals: salesTotals(groups), takenFen: methodTotals(groups) });
