import type { ReadNowResult } from '@openprepay/contract';
import { devicesOf, wakeTimes } from '../devices/index.ts';
import type { HeadendDesk } from '../headend/index.ts';
import { recordAudit } from '../identity/audit.ts';
import type { Context } from '../platform/context.ts';
import { collectionError } from './errors.ts';
import { viewsOf } from './frames.ts';

export interface ReadOrder {
  readonly marketId: string;
  readonly meterId: string;
  readonly operatorId: string;
  readonly reason: string | null;
}

/**
 * Asks a meter now, before the sweep and after commands, and tells what came over the wire. What it shows goes through
 * intake like any other reading. The audit is written first: what was sent was asked for by somebody.
 * @throws collection.no_such_meter
 */
export async function readByHand(ctx: Context, desk: HeadendDesk, order: ReadOrder): Promise<ReadNowResult> {
  const { marketId, meterId, operatorId, reason } = order;
  const [device] = await devicesOf(ctx.db, marketId, [meterId]);
  if (!device) throw collectionError('collection.no_such_meter', `this market has no meter ${meterId} in use`);
  await recordAudit(ctx.db, {
    at: ctx.clock.now(),
    marketId,
    operatorId,
    action: 'collection.read_now',
    subject: `meter:${meterId}`,
    reason,
  });
  const sinceMs = performance.now();
  const said = await desk.readNow(marketId, meterId);
  const { wakeExpectedAt } = await wakeTimes(ctx.db, marketId, meterId);
  return {
    outcome: said.outcome === 'not_connected' && device.link === 'nb' ? 'asleep' : said.outcome,
    problem: said.problem,
    at: ctx.clock.now().toISOString(),
    tookMs: Math.round(performance.now() - sinceMs),
    wakeExpectedAt: wakeExpectedAt?.toISOString() ?? null,
    reading: said.reading && {
      readAt: said.reading.readAt.toISOString(),
      total: Number(said.reading.total),
      tariffs: said.reading.tariffs?.map((value) => (value === null ? null : Number(value))) ?? null,
      origin: 'on_demand',
      switchState: said.reading.switchState,
      batteryLow: said.reading.batteryLow,
      clockDriftS: said.reading.clockDriftS,
      details: [...said.reading.details],
    },
    frames: await viewsOf(ctx.db, marketId, said.frames),
  };
}
