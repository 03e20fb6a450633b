import { withdrawCommands } from '../commands/index.ts';
import { type Act, leaveAddress, lockRegister, requireMeter, tellOfMeters } from '../devices/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { replacementError } from './errors.ts';

/**
 * Takes a meter that is bound nowhere out of service. Its readings and charges stay; its serial and address are free.
 * @throws devices.no_such_meter, devices.meter_retired, replacement.still_bound
 */
export async function retireMeter(ctx: Context, act: Act, meterId: string, note: string): Promise<void> {
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    await lockRegister(tx, act.marketId);
    const meter = await requireMeter(tx, act.marketId, meterId);
    if (meter.bindingId) {
      throw replacementError(
        'replacement.still_bound',
        `meter ${meter.serial} is at a stall: replace it or take it off`,
      );
    }
    await retire(tx, act.marketId, meterId, at);
    await recordAudit(tx, {
      ...act,
      at,
      action: 'replacement.retire_meter',
      subject: `meter:${meterId}`,
      reason: note,
      before: { serial: meter.serial, link: meter.link, linkKey: meter.linkKey, busAddress: meter.busAddress },
      after: { retiredAt: at },
    });
    await tellOfMeters(tx, act.marketId, [meterId]);
  });
}

/** Nothing is asked of the meter, sent to it or expected of it from now on. */
export async function retire(tx: Tx, marketId: string, meterId: string, at: Date): Promise<void> {
  await leaveAddress(tx, marketId, [meterId]);
  await withdrawCommands(tx, marketId, [meterId], at);
  await tx.query(
    'update device_exception set closed_at = $3 where market_id = $1 and meter_id = $2 and closed_at is null',
    [marketId, meterId, at],
  );
  await tx.query('update meter set retired_at = $3 where market_id = $1 and meter_id = $2', [marketId, meterId, at]);
}
