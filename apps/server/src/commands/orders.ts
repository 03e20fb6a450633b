import { uuidV7 } from '@openprepay/kernel';
import type { Queryable, Tx } from '../platform/database.ts';
import type { CommandKind, CommandRow, SettingOrder, SettingValue, SwitchOrder, Wanted } from './types.ts';

/** A notification carries at most 8,000 bytes; a meter id takes 37 of them. */
const METERS_PER_SIGNAL = 100;

/**
 * Queues commands, at most one a meter in one call. An open command of the meter is superseded: only the latest wanted
 * state is ever sent. Called by control, inside the transaction that writes the wanted state.
 * @returns the ids of the new commands, in the order given
 */
export const enqueueSwitch = (tx: Tx, orders: readonly SwitchOrder[]): Promise<string[]> =>
  enqueue(
    tx,
    orders.map((order) => ({ ...order, kind: 'switch', value: null })),
  );

/**
 * Queues settings, at most one of a kind and meter in one call. An open one of the same kind is superseded; a switch and
 * settings of other kinds go their own way.
 * @returns the ids of the new commands, in the order given
 */
export const enqueueSetting = (tx: Tx, orders: readonly SettingOrder[]): Promise<string[]> =>
  enqueue(
    tx,
    orders.map((order) => ({ ...order, wanted: null, wantedSeq: 0n })),
  );

interface NewCommand extends Omit<SwitchOrder, 'wanted'> {
  readonly kind: CommandKind;
  readonly wanted: Wanted | null;
  readonly value: SettingValue | null;
}

async function enqueue(tx: Tx, orders: readonly NewCommand[]): Promise<string[]> {
  const ids = new Map(orders.map((order) => [order, uuidV7(order.createdAt)]));
  for (const [marketId, ofMarket] of Map.groupBy(orders, (order) => order.marketId)) {
    await supersede(tx, marketId, ofMarket);
    await insertQueued(tx, marketId, ofMarket, ids);
    for (let at = 0; at < ofMarket.length; at += METERS_PER_SIGNAL) {
      const meterIds = ofMarket.slice(at, at + METERS_PER_SIGNAL).map((order) => order.meterId);
      await tx.notify('command', [marketId, ...meterIds].join(' '));
    }
    await tx.notify('grid', marketId);
  }
  return [...ids.values()];
}

async function supersede(tx: Tx, marketId: string, orders: readonly NewCommand[]): Promise<void> {
  await tx.query(
    `with open as (
       select command_id, finished.at
       from command
       join unnest($2::uuid[], $3::text[], $4::timestamptz[]) as finished (meter_id, kind, at) using (meter_id, kind)
       where market_id = $1 and finished_at is null
       order by meter_id, kind for update of command)
     update command set state = 'superseded', finished_at = open.at
     from open where command.market_id = $1 and command.command_id = open.command_id`,
    [
      marketId,
      orders.map((order) => order.meterId),
      orders.map((order) => order.kind),
      orders.map((order) => order.createdAt),
    ],
  );
}

async function insertQueued(
  tx: Tx,
  marketId: string,
  orders: readonly NewCommand[],
  ids: ReadonlyMap<NewCommand, string>,
): Promise<void> {
  await tx.query(
    `insert into command (market_id, command_id, meter_id, kind, wanted, value, wanted_seq, cause, operator_id, state,
                          created_at, expires_at, next_attempt_at)
     select $1, command_id, meter_id, kind, wanted, value, wanted_seq, cause, operator_id, 'queued',
            created_at, expires_at, due_at
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::bigint[], $8::text[], $9::uuid[],
                 $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
       as t (command_id, meter_id, kind, wanted, value, wanted_seq, cause, operator_id, created_at, expires_at, due_at)`,
    [
      marketId,
      orders.map((order) => ids.get(order)),
      orders.map((order) => order.meterId),
      orders.map((order) => order.kind),
      orders.map((order) => order.wanted),
      orders.map((order) => order.value && JSON.stringify(order.value)),
      orders.map((order) => order.wantedSeq),
      orders.map((order) => order.cause),
      orders.map((order) => order.operatorId),
      orders.map((order) => order.createdAt),
      orders.map((order) => order.expiresAt),
      orders.map((order) => order.dueAt ?? order.createdAt),
    ],
  );
}

/** The latest commands of each meter, newest first, at most `limit` a meter. */
export async function recentCommands(
  db: Queryable,
  marketId: string,
  meterIds: readonly string[],
  limit: number,
): Promise<CommandRow[]> {
  return db.query<CommandRow & Record<string, unknown>>(
    `select latest.command_id as "commandId", latest.meter_id as "meterId", kind, wanted, value, cause, state,
            created_at as "createdAt", sent_at as "sentAt", acknowledged_at as "acknowledgedAt",
            finished_at as "finishedAt", expires_at as "expiresAt", expected_at as "expectedAt", attempts, outcome
     from unnest($2::uuid[]) as asked (meter_id)
     cross join lateral (
       select * from command
       where command.market_id = $1 and command.meter_id = asked.meter_id
       order by created_at desc, command_id desc limit $3) latest
     order by created_at desc, command_id desc`,
    [marketId, meterIds, limit],
  );
}
