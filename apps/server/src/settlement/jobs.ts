import type { Context } from '../platform/context.ts';
import { type Loop, startLoop } from '../platform/loop.ts';
import { settleMarket } from './service.ts';
import { listMarkets } from './store.ts';

const EVERY_MS = 5_000;
/** Readings come in bursts; what comes within this time is settled in one go. */
const COALESCE_MS = 150;
const MAX_SHOWN = 10;

/** Settles whenever readings came in, and every five seconds whatever was heard. */
export function startSettlement(ctx: Context): Loop {
  const lastSkipped = new Map<string, string>();

  const settle = async (marketId: string) => {
    const { skipped } = await settleMarket(ctx, marketId);
    const summary = skipped.map(({ meterId, code }) => `${meterId} ${code}`).join();
    if (summary === (lastSkipped.get(marketId) ?? '')) return;
    lastSkipped.set(marketId, summary);
    const detail = { marketId, count: skipped.length, meters: skipped.slice(0, MAX_SHOWN) };
    if (skipped.length > 0) ctx.log.warn(detail, 'meters that cannot be settled');
    else ctx.log.info(detail, 'all meters can be settled again');
  };

  const run = async (payloads: ReadonlySet<string> | null) => {
    const all = (await listMarkets(ctx.db)).map(({ marketId }) => marketId);
    for (const marketId of payloads === null ? all : all.filter((one) => payloads.has(one))) {
      try {
        await settle(marketId);
      } catch (error) {
        ctx.log.error({ err: error, marketId }, 'a market could not be settled; it will be tried again');
      }
    }
  };

  return startLoop(
    { name: 'settlement', everyMs: EVERY_MS, wakeOn: ['readings'], coalesceMs: COALESCE_MS, run },
    ctx.signals,
    ctx.log,
  );
}
