import { uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { lockMeters } from '../readings/index.ts';
import { devicesError } from './errors.ts';
import type { RegisteredMeter } from './register.ts';

/*
 * Which stall a meter is at, and when: dated, never overlapping, never in the future.
 */

/** @throws devices.no_such_stall */
export async function requireStall(tx: Queryable, marketId: string, stallId: string): Promise<{ code: string }> {
  const rows = await tx.query<{ code: string }>('select code from stall where market_id = $1 and stall_id = $2', [
    marketId,
    stallId,
  ]);
  if (!rows[0]) throw devicesError('devices.no_such_stall', `no stall ${stallId} in this market`);
  return rows[0];
}

/** @throws devices.in_future */
export function mustNotBeAhead(at: Date, now: Date): void {
  if (at > now) throw devicesError('devices.in_future', `${at.toISOString()} has not come yet`);
}

/** @throws devices.already_bound, devices.before_last_binding */
export function mustBeFreeAt(meter: RegisteredMeter, at: Date): void {
  if (meter.bindingId) throw devicesError('devices.already_bound', `meter ${meter.serial} is bound to a stall`);
  if (meter.lastBoundTo && at < meter.lastBoundTo) {
    const end = meter.lastBoundTo.toISOString();
    throw devicesError('devices.before_last_binding', `meter ${meter.serial} was at a stall until ${end}`, { end });
  }
}

export async function openBindings(
  tx: Queryable,
  marketId: string,
  at: Date,
  bindings: readonly { readonly meterId: string; readonly stallId: string }[],
): Promise<void> {
  await tx.query(
    `insert into meter_binding (market_id, binding_id, meter_id, stall_id, from_at)
     select $1, binding_id, meter_id, stall_id, $2 from unnest($3::uuid[], $4::uuid[], $5::uuid[])
       as given (binding_id, meter_id, stall_id)`,
    [
      marketId,
      at,
      bindings.map(() => uuidV7(at)),
      bindings.map((binding) => binding.meterId),
      bindings.map((binding) => binding.stallId),
    ],
  );
}

/**
 * Ends the meter's binding; what was charged by then must not lie behind its end. From here until the end of the
 * transaction no reading of the meter comes in and nothing of it is charged: its state is locked, and then its cursor.
 * @throws devices.not_bound, devices.before_last_binding, devices.before_settled
 */
export async function closeBinding(
  tx: Queryable,
  marketId: string,
  meter: RegisteredMeter,
  at: Date,
): Promise<{ stallId: string }> {
  if (!meter.bindingId || !meter.stallId || !meter.boundFrom) {
    throw devicesError('devices.not_bound', `meter ${meter.serial} is bound to no stall`);
  }
  if (at <= meter.boundFrom) {
    const since = meter.boundFrom.toISOString();
    throw devicesError('devices.before_last_binding', `meter ${meter.serial} came to its stall at ${since}`, { since });
  }
  await lockMeters(tx, marketId, [meter.meterId]);
  const [settled] = await tx.query<{ settled_at: Date }>(
    'select settled_at from meter_settlement where market_id = $1 and meter_id = $2 for update',
    [marketId, meter.meterId],
  );
  if (settled && settled.settled_at > at) {
    const until = settled.settled_at.toISOString();
    throw devicesError('devices.before_settled', `meter ${meter.serial} is settled until ${until}`, { until });
  }
  await tx.query('update meter_binding set to_at = $3 where market_id = $1 and binding_id = $2', [
    marketId,
    meter.bindingId,
    at,
  ]);
  return { stallId: meter.stallId };
}
