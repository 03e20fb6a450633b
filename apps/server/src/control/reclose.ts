import { enqueueSwitch, lastOnDueAt, type SwitchOrder } from '../commands/index.ts';
import type { Tx } from '../platform/database.ts';
import type { MeterFacts } from './plan.ts';

/*
 * After a mass outage or an emergency all of a market would close its relays in the same second, and the main breaker would
 * see the inrush of all of them. So relays close one after the other, at the market's rate. A turn is the command's own
 * `next_attempt_at`: a restart finds it where it was.
 */

/** `at_once`: one person stands before one meter, and does not wait behind a market that comes back. */
export type Pace = 'in_turn' | 'at_once';

/** What a meter is told. */
export interface NewOrder extends Pick<SwitchOrder, 'meterId' | 'wanted' | 'wantedSeq' | 'cause' | 'operatorId'> {
  /** As the plan says it. */
  readonly takesTurn: boolean;
}

/** Queues orders, those that take their turn one after the other at the market's rate. @returns how many */
export async function orderSwitches(
  tx: Tx,
  at: Date,
  marketId: string,
  market: MeterFacts['market'] | undefined,
  orders: readonly NewOrder[],
  pace: Pace = 'in_turn',
): Promise<number> {
  if (orders.length === 0 || !market) return 0;
  const waiting = pace === 'in_turn' && market.reclosePerS !== null ? orders.filter((order) => order.takesTurn) : [];
  const turns = await giveTurns(tx, at, marketId, market.reclosePerS ?? 1, waiting.length);
  const dueAt = new Map(waiting.map((order, n) => [order.meterId, turns[n]]));
  await enqueueSwitch(
    tx,
    orders.map(({ takesTurn: _, ...order }) => {
      const due = dueAt.get(order.meterId) ?? at;
      const expiresAt = new Date(due.getTime() + market.commandLimitS * 1000);
      return { ...order, marketId, createdAt: at, dueAt: due, expiresAt };
    }),
  );
  return orders.length;
}

/**
 * The next turns of a market, the first of them now where nobody waits. The market's row of turns is locked until the
 * transaction ends, last of all that control locks, so that evaluations that overlap share one rate.
 * @param perS relays that may close a second
 * @returns `count` instants, rising
 */
async function giveTurns(tx: Tx, at: Date, marketId: string, perS: number, count: number): Promise<Date[]> {
  if (count === 0) return [];
  const startMs = await lockTurns(tx, at, marketId, perS);
  const turns = Array.from({ length: count + 1 }, (_, n) => new Date(startMs + Math.ceil((n * 1000) / perS)));
  await tx.query('update reclose_turn set free_at = $2 where market_id = $1', [marketId, turns.at(-1)]);
  return turns.slice(0, count);
}

/**
 * When the next turn is. Turns whose commands were called back meanwhile are free again: the next one follows the last
 * that is still waited for.
 */
async function lockTurns(tx: Tx, at: Date, marketId: string, perS: number): Promise<number> {
  await tx.query('insert into reclose_turn (market_id, free_at) values ($1, $2) on conflict do nothing', [
    marketId,
    at,
  ]);
  const [turn] = await tx.query<{ free_at: Date }>('select free_at from reclose_turn where market_id = $1 for update', [
    marketId,
  ]);
  const lastDueAt = await lastOnDueAt(tx, marketId);
  const afterLast = Math.max(at.getTime(), lastDueAt?.getTime() ?? 0) + Math.ceil(1000 / perS);
  return Math.max(at.getTime(), Math.min(turn?.free_at.getTime() ?? 0, afterLast));
}
