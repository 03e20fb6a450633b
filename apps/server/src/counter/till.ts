import { assert, type Fen, uuidV7, ZERO_FEN } from '@openprepay/kernel';
import type { Tx } from '../platform/database.ts';

/** The place a receipt takes in its cashier's series, and the shift it was given in. */
export interface TillPlace {
  readonly series: number;
  readonly number: bigint;
  readonly shiftId: string;
}

export interface Till {
  readonly operatorId: string;
  /** null between shifts. */
  readonly shiftId: string | null;
}

/**
 * Takes the next number of a cashier's series. His till stays locked until the transaction ends: a number that is not
 * used is given again, and no other cashier waits. One who has opened no shift has one from now, with an empty drawer:
 * nothing is sold outside a shift.
 */
export async function takeNumber(tx: Tx, marketId: string, operatorId: string, at: Date): Promise<TillPlace> {
  const taken = (await nextNumber(tx, marketId, operatorId)) ?? (await firstNumber(tx, marketId, operatorId));
  const shiftId = taken.shift_id ?? (await beginShift(tx, marketId, operatorId, ZERO_FEN, at));
  return { series: taken.series, number: taken.last_number, shiftId };
}

type Taken = Record<string, unknown> & {
  readonly series: number;
  readonly last_number: bigint;
  readonly shift_id: string | null;
};

async function nextNumber(tx: Tx, marketId: string, operatorId: string): Promise<Taken | undefined> {
  const [taken] = await tx.query<Taken>(
    `update till set last_number = last_number + 1 where market_id = $1 and operator_id = $2
     returning series, last_number, shift_id`,
    [marketId, operatorId],
  );
  return taken;
}

async function firstNumber(tx: Tx, marketId: string, operatorId: string): Promise<Taken> {
  await ensureTill(tx, marketId, operatorId);
  const taken = await nextNumber(tx, marketId, operatorId);
  assert(taken, 'a till that was made is there');
  return taken;
}

/** Gives a cashier a till and a series of his own, unless he has one. */
async function ensureTill(tx: Tx, marketId: string, operatorId: string): Promise<void> {
  await lockBook(tx, marketId);
  await tx.query(
    `with made as (
       insert into till (market_id, operator_id, series)
       select market_id, $2, last_series + 1 from counter_book where market_id = $1
       on conflict (market_id, operator_id) do nothing
       returning series
     )
     update counter_book set last_series = made.series from made where market_id = $1`,
    [marketId, operatorId],
  );
}

/** The market's book, locked: no cashier's first till and no close of a day beside this one. @returns the last closed day */
export async function lockBook(tx: Tx, marketId: string): Promise<string | null> {
  const [book] = await tx.query<{ closed_day: string | null }>(
    `insert into counter_book (market_id) values ($1)
     on conflict (market_id) do update set last_series = counter_book.last_series
     returning closed_day::text`,
    [marketId],
  );
  return book?.closed_day ?? null;
}

/** The till of a cashier, made where he had none, and locked. */
export async function lockTill(tx: Tx, marketId: string, operatorId: string): Promise<Till> {
  const select = 'select shift_id from till where market_id = $1 and operator_id = $2 for update';
  let [row] = await tx.query<{ shift_id: string | null }>(select, [marketId, operatorId]);
  if (row === undefined) {
    await ensureTill(tx, marketId, operatorId);
    [row] = await tx.query<{ shift_id: string | null }>(select, [marketId, operatorId]);
  }
  return { operatorId, shiftId: row?.shift_id ?? null };
}

/** All tills of a market: what was being sold is sold by then, and nothing is until the transaction ends. */
export async function lockTills(tx: Tx, marketId: string): Promise<void> {
  await tx.query('select from till where market_id = $1 order by operator_id for update', [marketId]);
}

/** Opens a shift at a till that is locked and has none. @returns its id */
export async function beginShift(
  tx: Tx,
  marketId: string,
  operatorId: string,
  floatFen: Fen,
  at: Date,
): Promise<string> {
  const shiftId = uuidV7(at);
  await tx.query(
    `with opened as (
       insert into shift (market_id, shift_id, operator_id, opened_at, float_fen) values ($1, $2, $3, $4, $5)
     )
     update till set shift_id = $2 where market_id = $1 and operator_id = $3`,
    [marketId, shiftId, operatorId, at, floatFen],
  );
  return shiftId;
}
