import type { Operator, Role, Shift, ShiftPage, ShiftQuery } from '@openprepay/contract';
import { type Fen, fen } from '@openprepay/kernel';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Queryable } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { counterError } from './errors.ts';
import { beginShift, lockTill } from './till.ts';

const PAGE_SIZE = 50;
/** Who ends a shift that is not his own: the cashier went home, and the day must be closed. */
const CLOSES_FOR_OTHERS: readonly Role[] = ['admin', 'manager', 'finance'];

/** @throws counter.shift_open when the cashier has one under way */
export async function openShift(ctx: Context, marketId: string, operatorId: string, floatFen: Fen): Promise<Shift> {
  return ctx.db.tx(async (tx) => {
    const till = await lockTill(tx, marketId, operatorId);
    if (till.shiftId !== null) throw counterError('counter.shift_open', 'end the shift under way first');
    const at = ctx.clock.now();
    const shiftId = await beginShift(tx, marketId, operatorId, floatFen, at);
    await recordAudit(tx, {
      at,
      marketId,
      operatorId,
      action: 'counter.open_shift',
      subject: `shift:${shiftId}`,
      after: { floatFen },
    });
    return shiftOf(tx, marketId, shiftId);
  });
}

export interface ShiftClose {
  readonly marketId: string;
  readonly shiftId: string;
  readonly countedFen: Fen;
  readonly note: string | null;
  readonly operator: Operator;
}

/**
 * Ends a shift with the cash that was counted. What was expected is written down with it, and a difference needs a note.
 * @throws counter.no_such_shift, counter.not_own_shift, counter.shift_closed, counter.difference_unexplained
 */
export async function closeShift(ctx: Context, close: ShiftClose): Promise<Shift> {
  const { marketId, shiftId, countedFen, note, operator } = close;
  return ctx.db.tx(async (tx) => {
    const found = await shiftOf(tx, marketId, shiftId);
    if (found.operatorId !== operator.operatorId && !CLOSES_FOR_OTHERS.includes(operator.role)) {
      throw counterError('counter.not_own_shift', 'only finance and managers end the shift of another');
    }
    // From here on the cashier sells nothing more in it: what is summed up now is all.
    await lockTill(tx, marketId, found.operatorId);
    const { closedAt, expectedFen } = await shiftOf(tx, marketId, shiftId);
    if (closedAt !== null) throw counterError('counter.shift_closed', 'this shift has ended already');
    if (fen(expectedFen) !== countedFen && note === null) {
      throw counterError('counter.difference_unexplained', 'what was counted is not what was expected: say why', {
        expectedFen,
        countedFen,
      });
    }
    const at = ctx.clock.now();
    await tx.query(
      `with closed as (
         update shift set closed_at = $3, expected_fen = $4, counted_fen = $5, closed_by = $6, note = $7
         where market_id = $1 and shift_id = $2
       )
       update till set shift_id = null where market_id = $1 and shift_id = $2`,
      [marketId, shiftId, at, expectedFen, countedFen, operator.operatorId, note],
    );
    await recordAudit(tx, {
      at,
      marketId,
      operatorId: operator.operatorId,
      action: 'counter.close_shift',
      subject: `shift:${shiftId}`,
      reason: note,
      after: { expectedFen, countedFen },
    });
    return shiftOf(tx, marketId, shiftId);
  });
}

/** The shift a cashier has under way. */
export async function currentShift(db: Queryable, marketId: string, operatorId: string): Promise<Shift | null> {
  const source = 'select * from shift where market_id = $1 and operator_id = $2 and closed_at is null';
  const [shift] = await select(db, source, [marketId, operatorId]);
  return shift ?? null;
}

const SORTS: Readonly<Record<NonNullable<ShiftQuery['sort']>, string>> = {
  opened: 'shift.opened_at',
  closed: 'shift.closed_at',
  operator: 'operator.name',
  difference: 'shift.counted_fen - shift.expected_fen',
};

const MATCHING = `
  from shift
  join market on market.market_id = $1
  left join operator on operator.operator_id = shift.operator_id
  where shift.market_id = $1
    and ($2::uuid is null or shift.operator_id = $2)
    and ($3::boolean is null or (shift.closed_at is null) = $3)
    and ($4::boolean is null or (shift.counted_fen <> shift.expected_fen) = $4)
    and ($5::date is null or shift.opened_at >= $5::date::timestamp at time zone market.time_zone)
    and ($6::date is null or shift.opened_at < ($6::date + 1)::timestamp at time zone market.time_zone)
    and ($7::text is null or operator.name ilike '%' || $7 || '%' or shift.note ilike '%' || $7 || '%')`;

/** In the order asked, newest first where nothing is said, with how many there are in all. */
export async function listShifts(db: Queryable, marketId: string, query: ShiftQuery): Promise<ShiftPage> {
  const { sort = 'opened', descending = query.sort === undefined, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    marketId,
    query.operatorId ?? null,
    query.open ?? null,
    query.differs ?? null,
    query.from ?? null,
    query.to ?? null,
    likeText(query.text),
  ];
  const [counted] = await db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last, shift.shift_id desc`;
  const shifts = await select(
    db,
    `select shift.*, row_number() over (order by ${order}) as n ${MATCHING} order by ${order} limit $8 offset $9`,
    [...filters, pageSize, (page - 1) * pageSize],
    'order by shift.n',
  );
  return { total: Number(counted?.total ?? 0), shifts };
}

async function shiftOf(db: Queryable, marketId: string, shiftId: string): Promise<Shift> {
  const source = 'select * from shift where market_id = $1 and shift_id = $2';
  const [shift] = await select(db, source, [marketId, shiftId]);
  if (shift === undefined) throw counterError('counter.no_such_shift', 'this market has no such shift');
  return shift;
}

type ShiftRow = Record<string, unknown> & {
  readonly shift_id: string;
  readonly operator_id: string;
  readonly operator_name: string | null;
  readonly opened_at: Date;
  readonly float_fen: bigint;
  readonly closed_at: Date | null;
  readonly counted_fen: bigint | null;
  readonly closed_by_name: string | null;
  readonly note: string | null;
  readonly receipts: bigint;
} & { readonly [K in 'cash' | 'bank' | 'pos']: bigint };

/** @param source a query of rows of shift; `$1` is the market */
async function select(db: Queryable, source: string, values: readonly unknown[], order = ''): Promise<Shift[]> {
  const rows = await db.query<ShiftRow>(
    `select shift.*, operator.name as operator_name, closer.name as closed_by_name, taken.*
     from (${source}) shift
     left join operator on operator.operator_id = shift.operator_id
     left join operator closer on closer.operator_id = shift.closed_by
     cross join lateral (
       select count(*) as receipts,
              coalesce(sum(amount_fen) filter (where method = 'cash'), 0)::bigint as cash,
              coalesce(sum(amount_fen) filter (where method = 'bank'), 0)::bigint as bank,
              coalesce(sum(amount_fen) filter (where method = 'pos'), 0)::bigint as pos
       from receipt where market_id = $1 and shift_id = shift.shift_id) taken
     ${order}`,
    values,
  );
  return rows.map(shiftOfRow);
}

function shiftOfRow(row: ShiftRow): Shift {
  const expectedFen = Number(row.float_fen + row.cash);
  const countedFen = row.counted_fen === null ? null : Number(row.counted_fen);
  return {
    shiftId: row.shift_id,
    operatorId: row.operator_id,
    operatorName: row.operator_name ?? '',
    openedAt: row.opened_at.toISOString(),
    floatFen: Number(row.float_fen),
    closedAt: row.closed_at?.toISOString() ?? null,
    receipts: Number(row.receipts),
    takenFen: { cash: Number(row.cash), bank: Number(row.bank), pos: Number(row.pos) },
    expectedFen,
    countedFen,
    differenceFen: countedFen === null ? null : countedFen - expectedFen,
    closedByName: row.closed_by_name,
    note: row.note,
  };
}
